import { LabError } from '../base/errors.ts';
import { showJobs } from '../base/progress.ts';
import { say } from '../base/text.ts';
import type { Engine } from '../engines/engine.ts';
import { requireRunning } from '../engines/power.ts';
import { openEngine } from '../environment/open-engine.ts';
import { takeTopology } from '../environment/own-topology.ts';
import { environmentFacts } from '../environment/provision/facts.ts';
import { showProvisioning } from '../environment/provision/show.ts';
import type { Environment } from '../environment/record.ts';
import { readComputer } from '../host/computer.ts';
import { hostNamed } from '../remote/ssh.ts';
import { type AnyRole, COMMON } from '../roles/roles.ts';
import { readService } from '../roles/service.ts';
import { timeoutFactor, timeoutFactorOf } from '../roles/timers.ts';
import { type Machine, machinesOf, ROLE_NAMES } from '../topology/model.ts';
import type { Scaled } from '../topology/scale.ts';
import { drain, waitForHealthCheck } from './balancers.ts';

/** Seconds that a new web machine may take to be healthy once its roles are applied. */
const HEALTHY_SECONDS = 60;

/** Seconds an orderly shutdown may take before the power is cut. */
const HALT_SECONDS = 60;

/** Everything but the load balancers, which come to know a web machine last and forget it first. */
const BEHIND: ReadonlySet<AnyRole> = new Set([COMMON, ...ROLE_NAMES.filter((role) => role !== 'lb')]);
const FRONT: ReadonlySet<AnyRole> = new Set(['lb']);

/**
 * Machines that must run before a lab is scaled. Those that only serve need not: an interrupted `scale` may have left one
 * half made, and the next one completes it.
 */
export function requireWholeEnvironment(engine: Engine, environment: Environment): Promise<void> {
  return requireRunning(
    engine,
    environment.topology.machines.filter(({ roles }) => roles.length > 1 || roles[0] !== 'web'),
  );
}

/**
 * Adds machines (none: completes what was interrupted). The lab's topology is changed first, so that `lab up` completes it
 * too; the load balancers are told when the new machines pass their health check.
 */
export async function grow(environment: Environment, scaled: Scaled, quiet: boolean): Promise<Environment> {
  const grown = scaled.added.length > 0 ? await takeTopology(environment, scaled.text) : environment;
  const engine = await openEngine(grown);
  await engine.prepare(() => undefined);
  const facts = await environmentFacts(grown);
  await showProvisioning(engine, grown, facts, { scope: { only: BEHIND }, quiet });
  const hosts = await engine.sshHosts();
  const balancers = machinesOf(grown.topology, 'lb');
  const [asker] = balancers;
  if (!asker) return grown;
  const service = readService(grown.root);
  await showJobs(
    machinesOf(grown.topology, 'web').map((machine) => ({
      title: say({ en: `health of ${machine.name}`, fr: `santé de ${machine.name}` }),
      run: async () =>
        void (await waitForHealthCheck(
          hostNamed(hosts, asker.name),
          machine,
          service,
          HEALTHY_SECONDS * timeoutFactor(facts),
        )),
    })),
    { parallel: true, quiet },
  );
  await showProvisioning(engine, grown, facts, { machines: balancers, scope: { only: FRONT }, quiet });
  return grown;
}

/**
 * Removes machines: no new requests for them, those in work end, the load balancers forget them, then they are shut down
 * and deleted, and the rest follows. Until they are deleted the lab is still the larger one, and `lab up` makes it so again.
 */
export async function shrink(
  environment: Environment,
  engine: Engine,
  scaled: Scaled,
  quiet: boolean,
): Promise<Environment> {
  const names = scaled.removed.map((machine) => machine.name);
  const hosts = await engine.sshHosts();
  const balancers = machinesOf(environment.topology, 'lb');
  if (balancers.length > 0) {
    const title = say({ en: `requests to ${names.join(', ')}`, fr: `requêtes vers ${names.join(', ')}` });
    const ways = balancers.map((machine) => hostNamed(hosts, machine.name));
    await showJobs(
      [
        {
          title,
          run: async (report) => void (await drain(ways, names, report, timeoutFactorOf(environment))),
        },
      ],
      {
        parallel: false,
        quiet,
      },
    );
    const facts = await environmentFacts({ ...environment, topology: scaled.topology });
    await showProvisioning(engine, environment, facts, {
      machines: balancers,
      scope: { only: FRONT },
      quiet,
    });
  }
  await showJobs(
    scaled.removed.map((machine) => removal(engine, machine, HALT_SECONDS * timeoutFactorOf(environment))),
    { parallel: true, quiet },
  );
  const shrunk = await takeTopology(environment, scaled.text);
  const rest = await openEngine(shrunk);
  await rest.prepare(() => undefined);
  await showProvisioning(rest, shrunk, await environmentFacts(shrunk), { quiet });
  return shrunk;
}

const removal = (engine: Engine, machine: Machine, seconds: number) => ({
  title: machine.name,
  run: async () => {
    await engine.halt(machine, seconds);
    await engine.remove(machine);
    return say({ en: 'removed', fr: 'retirée' });
  },
});

/** LabError when the computer has not the memory that more machines were given. */
export function requireMemory(added: Machine[], available = readComputer().memory.available): void {
  const wanted = added.reduce((sum, machine) => sum + machine.memory, 0);
  if (wanted <= available) return;
  throw new LabError(
    {
      en: `${added.length} more machines have ${wanted} MiB of memory; this computer has ${available} MiB free.`,
      fr: `${added.length} machines de plus ont ${wanted} Mio de mémoire ; cet ordinateur a ${available} Mio libres.`,
    },
    {
      en: 'ask for fewer machines, or close other programs.',
      fr: "demandez moins de machines, ou fermez d'autres programmes.",
    },
  );
}
