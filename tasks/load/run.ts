import { cpus } from 'node:os';
import type { Engine, SshHost } from '../engines/engine.ts';
import { timeoutFactor } from '../lab/timers.ts';
import type { LabFacts } from '../provision/context.ts';
import { hostNamed, runRemote } from '../remote/ssh.ts';
import { type Machine, machinesOf } from '../topology/model.ts';
import { LabError } from '../ui/errors.ts';
import { bottleneckOf, resourcesOf } from './bottleneck.ts';
import { type Generated, generatedSchema, type LoadRun, type StreamPlan } from './model.ts';
import { machineUse, parseUsage, serverUse, type Usage, usageCommand } from './usage.ts';

/** What a load is run on. */
export interface LoadLab {
  engine: Engine;
  facts: LabFacts;
  hosts: SshHost[];
  client: Machine;
  web: Machine[];
  balancers: SshHost[];
}

/** Once a second: seconds since the start, and how many were answered, failed or wait. */
export interface Tick {
  second: number;
  served: number;
  failed: number;
  waiting: number;
}

/** Seconds beyond the load's own after which the generator is given up. */
const BEYOND = 30;

/** Finds the machines that a load needs. LabError when the topology has none of them. */
export async function loadLab(engine: Engine, facts: LabFacts): Promise<LoadLab> {
  const { topology } = facts;
  const [client] = machinesOf(topology, 'client');
  const balancers = machinesOf(topology, 'lb');
  const web = machinesOf(topology, 'web');
  if (!client || balancers.length === 0 || web.length === 0) {
    throw new LabError(
      {
        en: `The topology ${topology.name} has no client, no load balancer or no web machine: nothing can be loaded.`,
        fr: `La topologie ${topology.name} n'a pas de client, de répartiteur ou de machine web : rien à charger.`,
      },
      { en: 'use a topology that has all three.', fr: 'utilisez une topologie qui a les trois.' },
    );
  }
  const hosts = await engine.sshHosts();
  const states = await engine.states();
  const off = [client, ...balancers, ...web].find(({ name }) => states.get(name) !== 'running');
  if (off) {
    throw new LabError(
      { en: `${off.name} does not run.`, fr: `${off.name} ne tourne pas.` },
      { en: 'start it with `lab up`.', fr: 'démarrez-la avec `lab up`.' },
    );
  }
  return {
    engine,
    facts,
    hosts,
    client,
    web,
    balancers: balancers.map(({ name }) => hostNamed(hosts, name)),
  };
}

/** Ticks of the computer's processors: busy and all. */
function computerTicks(): { busy: number; all: number } {
  const times = cpus().map(({ times }) => times);
  const sum = (pick: (one: (typeof times)[number]) => number) =>
    times.reduce((total, one) => total + pick(one), 0);
  const idle = sum((one) => one.idle);
  return {
    busy: sum((one) => one.user + one.nice + one.sys + one.irq),
    all: sum((one) => one.user + one.nice + one.sys + one.irq) + idle,
  };
}

/** Counters of all machines that answer. */
async function usages(lab: LoadLab): Promise<Map<string, Usage>> {
  const all = await Promise.all(
    lab.facts.topology.machines.map(async (machine): Promise<[string, Usage | undefined]> => {
      const host = lab.hosts.find((one) => one.Host === machine.name);
      if (!host) return [machine.name, undefined];
      const { stdout } = await runRemote(host, usageCommand(machine), {
        timeout: 10 * timeoutFactor(lab.facts),
      });
      return [machine.name, parseUsage(stdout)];
    }),
  );
  return new Map(all.flatMap(([name, usage]) => (usage ? [[name, usage]] : [])));
}

/** One load of `seconds` on the web machines named in `web`; `tell` hears of it once a second. */
export async function measure(
  lab: LoadLab,
  plan: { streams: StreamPlan[]; url: string; seconds: number; timeout: number; connections: number },
  web: string[],
  tell: (tick: Tick) => void,
): Promise<LoadRun> {
  const before = await usages(lab);
  const taken = lab.engine.processorTime?.();
  const computer = computerTicks();
  const since = Date.now();
  const generated = await generate(
    hostNamed(lab.hosts, lab.client.name),
    plan,
    BEYOND * timeoutFactor(lab.facts),
    tell,
  );
  const seconds = (Date.now() - since) / 1000;
  const ticks = computerTicks();
  const takenAfter = lab.engine.processorTime?.();
  const after = await usages(lab);
  const machines = lab.facts.topology.machines.flatMap((machine) => {
    const earlier = taken?.get(machine.name);
    const later = takenAfter?.get(machine.name);
    const own = earlier === undefined || later === undefined ? undefined : later - earlier;
    return machineUse(machine, before.get(machine.name), after.get(machine.name), own, seconds) ?? [];
  });
  const serversOf = (all: Map<string, Usage>) =>
    machinesOf(lab.facts.topology, 'lb').map(({ name }) => all.get(name)?.servers ?? []);
  const servers = serverUse(serversOf(before), serversOf(after), seconds).filter(({ server }) =>
    web.includes(server),
  );
  const busy = (ticks.busy - computer.busy) / Math.max(1, ticks.all - computer.all);
  const resources = resourcesOf({
    generated,
    machines,
    servers,
    computer: { busy },
    connections: plan.connections,
  });
  return {
    web,
    generated,
    machines,
    servers,
    computer: { processors: cpus().length, busy },
    resources,
    bottleneck: bottleneckOf(resources),
  };
}

/** Runs the generator on the client machine. LabError when it cannot. */
async function generate(
  host: SshHost,
  plan: { streams: StreamPlan[]; url: string; seconds: number; timeout: number },
  beyond: number,
  tell: (tick: Tick) => void,
): Promise<Generated> {
  // The plan goes through the standard input: its password does not belong on a command line.
  const { url, seconds, timeout, streams } = plan;
  const ran = await runRemote(host, 'lab-load --plan', {
    input: JSON.stringify({ url, seconds, timeout, streams }),
    timeout: seconds + timeout + beyond,
    onLine: (line) => {
      if (line.startsWith('{"second"')) tell(JSON.parse(line) as Tick);
    },
  });
  const last = ran.stdout.trimEnd().split('\n').at(-1) ?? '';
  const parsed = ran.code === 0 ? generatedSchema.safeParse(parse(last)) : undefined;
  if (parsed?.success) return parsed.data.result;
  throw new LabError(
    {
      en: `The load generator on ${host.Host} failed (exit code ${ran.code}).`,
      fr: `Le générateur de charge sur ${host.Host} a échoué (code ${ran.code}).`,
    },
    {
      en: 'run `lab up`, which brings the machine up to date, and try again.',
      fr: 'lancez `lab up`, qui met la machine à jour, et recommencez.',
    },
    ran.stderr.trim().split('\n').filter(Boolean).slice(-4),
  );
}

function parse(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
