import type { Engine } from '../engines/engine.ts';
import { openEngine } from '../engines/open.ts';
import type { Lab } from '../lab/lab.ts';
import { type LabFacts, readService } from '../provision/context.ts';
import { labFacts } from '../provision/facts.ts';
import { hostNamed } from '../remote/ssh.ts';
import { type Machine, machinesOf, type RoleName } from '../topology/model.ts';
import { LabError } from '../ui/errors.ts';
import { type Budgets, readBudgets } from './budgets.ts';
import { collectFacts, type Facts } from './facts.ts';
import type { Tools } from './faults.ts';
import { missingRedundancy } from './redundancy.ts';
import type { SamplerSettings } from './sampler.ts';

/** A lab as a drill sees it. */
export interface DrillLab extends Tools {
  lab: Lab;
  facts: LabFacts;
  budgets: Budgets;
  /** Where the sampler runs: no fault is done to it. */
  client: Machine;
}

/** Opens a lab for drills. LabError when it has no client machine or no front address. */
export async function openDrillLab(lab: Lab): Promise<DrillLab> {
  const engine: Engine = await openEngine(lab);
  const facts = await labFacts(lab);
  const [client] = machinesOf(lab.topology, 'client');
  if (!client || !lab.topology.floating.front) {
    throw new LabError(
      {
        en: `The topology ${lab.topology.name} has no ${client ? 'front address' : 'client machine'}, which a drill measures from.`,
        fr: `La topologie ${lab.topology.name} n'a pas ${client ? "d'adresse d'entrée" : 'de machine cliente'}, d'où un exercice mesure.`,
      },
      {
        en: 'add it to the topology (docs/topology.md).',
        fr: 'ajoutez-la à la topologie (docs/topology.md).',
      },
    );
  }
  return {
    lab,
    engine,
    facts,
    topology: lab.topology,
    nic: facts.nic,
    ...(facts.factor === undefined ? {} : { factor: facts.factor }),
    budgets: readBudgets(lab.root, facts),
    client,
  };
}

/** What the sampler is told about this lab. `prefix`: marks what this drill writes. */
export function samplerSettings(
  { facts, budgets }: Pick<DrillLab, 'facts' | 'budgets'>,
  prefix: string,
): SamplerSettings {
  const { kinds, size, largeSize, largeRate } = budgets;
  return {
    ...{ kinds, size, largeSize, largeRate },
    app: facts.app,
    url: `https://${readService(facts.root).host}`,
    user: 'student',
    password: String(facts.secrets.appPassword),
    prefix,
  };
}

export async function clientHost(lab: DrillLab) {
  return hostNamed(await lab.engine.sshHosts(), lab.client.name);
}

/** Asks all machines. */
export async function lookAt(lab: DrillLab): Promise<Facts> {
  const [states, hosts] = await Promise.all([lab.engine.states(), lab.engine.sshHosts()]);
  return collectFacts(lab.topology.machines, states, hosts, lab.facts);
}

/** What is missing to full redundancy by these facts. */
export const missingIn = (lab: DrillLab, facts: Facts): string[] =>
  missingRedundancy(lab.topology, facts, (role: RoleName) => lab.facts.roles.has(role));

/**
 * Waits until nothing is missing, at most `seconds`. Returns the last facts, what was missing then, and when the asking
 * that found nothing missing began (ms): redundancy was there by then.
 */
export async function waitForRedundancy(
  lab: DrillLab,
  seconds: number,
  report: (missing: string[]) => void,
  signal?: AbortSignal,
): Promise<{ facts: Facts; missing: string[]; at: number }> {
  const until = Date.now() + seconds * 1000;
  for (;;) {
    const at = Date.now();
    const facts = await lookAt(lab);
    const missing = missingIn(lab, facts);
    if (missing.length === 0 || Date.now() > until || signal?.aborted) return { facts, missing, at };
    report(missing);
    // Each look costs every machine a few processes: more often would slow down what is waited for.
    await new Promise((resolve) => setTimeout(resolve, 1000));
  }
}
