import type { Engine } from '../engines/engine.ts';
import { openEngine } from '../engines/open.ts';
import type { Lab } from '../lab/lab.ts';
import { takeTopology } from '../lab/own-topology.ts';
import { timeoutFactor, timeoutFactorOf } from '../lab/timers.ts';
import { readService } from '../provision/context.ts';
import { labFacts } from '../provision/facts.ts';
import { type AnyRole, COMMON } from '../provision/roles.ts';
import { showProvisioning } from '../provision/show.ts';
import { hostNamed } from '../remote/ssh.ts';
import { requireRunning } from '../status/power.ts';
import { type Machine, machinesOf, ROLE_NAMES } from '../topology/model.ts';
import type { Scaled } from '../topology/scale.ts';
import { showJobs } from '../ui/progress.ts';
import { say } from '../ui/text.ts';
import { drain, waitHealthy } from './balancers.ts';

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
export function requireWholeLab(engine: Engine, lab: Lab): Promise<void> {
  return requireRunning(
    engine,
    lab.topology.machines.filter(({ roles }) => roles.length > 1 || roles[0] !== 'web'),
  );
}

/**
 * Adds machines (none: completes what was interrupted). The lab's topology is changed first, so that `lab up` completes it
 * too; the load balancers are told when the new machines pass their health check.
 */
export async function grow(lab: Lab, scaled: Scaled, quiet: boolean): Promise<Lab> {
  const grown = scaled.added.length > 0 ? await takeTopology(lab, scaled.text) : lab;
  const engine = await openEngine(grown);
  await engine.prepare(() => undefined);
  const facts = await labFacts(grown);
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
        void (await waitHealthy(
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
export async function shrink(lab: Lab, engine: Engine, scaled: Scaled, quiet: boolean): Promise<Lab> {
  const names = scaled.removed.map((machine) => machine.name);
  const hosts = await engine.sshHosts();
  const balancers = machinesOf(lab.topology, 'lb');
  if (balancers.length > 0) {
    const title = say({ en: `requests to ${names.join(', ')}`, fr: `requêtes vers ${names.join(', ')}` });
    const ways = balancers.map((machine) => hostNamed(hosts, machine.name));
    await showJobs(
      [{ title, run: async (report) => void (await drain(ways, names, report, timeoutFactorOf(lab))) }],
      {
        parallel: false,
        quiet,
      },
    );
    const facts = await labFacts({ ...lab, topology: scaled.topology });
    await showProvisioning(engine, lab, facts, { machines: balancers, scope: { only: FRONT }, quiet });
  }
  await showJobs(
    scaled.removed.map((machine) => removal(engine, machine, HALT_SECONDS * timeoutFactorOf(lab))),
    { parallel: true, quiet },
  );
  const shrunk = await takeTopology(lab, scaled.text);
  const rest = await openEngine(shrunk);
  await rest.prepare(() => undefined);
  await showProvisioning(rest, shrunk, await labFacts(shrunk), { quiet });
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
