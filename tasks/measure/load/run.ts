import { cpus } from 'node:os';
import { LabError } from '../../base/errors.ts';
import type { Engine } from '../../engines/engine.ts';
import type { EnvironmentFacts } from '../../environment/provision/context.ts';
import { hostNamed, runRemote, type SshHost } from '../../remote/ssh.ts';
import { timeoutFactor } from '../../roles/timers.ts';
import { type Machine, machinesOf } from '../../topology/model.ts';
import { bottleneckOf, resourcesOf } from './bottleneck.ts';
import { type Generated, generatedSchema, type LoadRun, type StreamPlan } from './model.ts';
import { machineUse, parseUsage, serverUse, type Usage, usageCommand } from './usage.ts';

/** What a load is run on. */
export interface LoadSite {
  engine: Engine;
  facts: EnvironmentFacts;
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
export async function openLoadSite(engine: Engine, facts: EnvironmentFacts): Promise<LoadSite> {
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
  const sum = (pick: (entry: (typeof times)[number]) => number) =>
    times.reduce((total, time) => total + pick(time), 0);
  const idle = sum((times) => times.idle);
  return {
    busy: sum((times) => times.user + times.nice + times.sys + times.irq),
    all: sum((times) => times.user + times.nice + times.sys + times.irq) + idle,
  };
}

/** Counters of all machines that answer. */
async function usages(site: LoadSite): Promise<Map<string, Usage>> {
  const all = await Promise.all(
    site.facts.topology.machines.map(async (machine): Promise<[string, Usage | undefined]> => {
      const host = site.hosts.find((host) => host.Host === machine.name);
      if (!host) return [machine.name, undefined];
      const { stdout } = await runRemote(host, usageCommand(machine), {
        timeout: 10 * timeoutFactor(site.facts),
      });
      return [machine.name, parseUsage(stdout)];
    }),
  );
  return new Map(all.flatMap(([name, usage]) => (usage ? [[name, usage]] : [])));
}

/** One load of `seconds` on the web machines named in `web`; `tell` hears of it once a second. */
export async function measure(
  site: LoadSite,
  plan: { streams: StreamPlan[]; url: string; seconds: number; timeout: number; connections: number },
  web: string[],
  tell: (tick: Tick) => void,
): Promise<LoadRun> {
  const before = await usages(site);
  const taken = site.engine.processorTime?.();
  const computer = computerTicks();
  const since = Date.now();
  const generated = await generate(
    hostNamed(site.hosts, site.client.name),
    plan,
    BEYOND * timeoutFactor(site.facts),
    tell,
  );
  const seconds = (Date.now() - since) / 1000;
  const ticks = computerTicks();
  const takenAfter = site.engine.processorTime?.();
  const after = await usages(site);
  const machines = site.facts.topology.machines.flatMap((machine) => {
    const earlier = taken?.get(machine.name);
    const later = takenAfter?.get(machine.name);
    const own = earlier === undefined || later === undefined ? undefined : later - earlier;
    return machineUse(machine, before.get(machine.name), after.get(machine.name), own, seconds) ?? [];
  });
  const serversOf = (all: Map<string, Usage>) =>
    machinesOf(site.facts.topology, 'lb').map(({ name }) => all.get(name)?.servers ?? []);
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
      en: 'run `lab apply client`, which brings the machine up to date, and try again.',
      fr: 'lancez `lab apply client`, qui met la machine à jour, et recommencez.',
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
