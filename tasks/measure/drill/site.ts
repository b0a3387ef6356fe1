import { LabError } from '../../base/errors.ts';
import { poll } from '../../base/poll.ts';
import type { Engine } from '../../engines/engine.ts';
import { openEngine } from '../../environment/open-engine.ts';
import type { EnvironmentFacts } from '../../environment/provision/context.ts';
import { environmentFacts } from '../../environment/provision/facts.ts';
import type { Environment } from '../../environment/record.ts';
import { collectFacts, type Inspections } from '../../inspect/facts.ts';
import { missingRedundancy } from '../../inspect/redundancy.ts';
import { hostNamed } from '../../remote/ssh.ts';
import { readService } from '../../roles/service.ts';
import { type Machine, machinesOf, type RoleName } from '../../topology/model.ts';
import { type Budgets, readBudgets } from './budgets.ts';
import type { Tools } from './faults.ts';
import type { SamplerSettings } from './sampler.ts';

/** A lab as a drill sees it. */
export interface DrillSite extends Tools {
  environment: Environment;
  facts: EnvironmentFacts;
  budgets: Budgets;
  /** Where the sampler runs: no fault is done to it. */
  client: Machine;
}

/** Opens a lab for drills. LabError when it has no client machine or no front address. */
export async function openDrillSite(environment: Environment): Promise<DrillSite> {
  const engine: Engine = await openEngine(environment);
  const facts = await environmentFacts(environment);
  const [client] = machinesOf(environment.topology, 'client');
  if (!client || !environment.topology.floating.front) {
    throw new LabError(
      {
        en: `The topology ${environment.topology.name} has no ${client ? 'front address' : 'client machine'}, which a drill measures from.`,
        fr: `La topologie ${environment.topology.name} n'a pas ${client ? "d'adresse d'entrée" : 'de machine cliente'}, d'où un exercice mesure.`,
      },
      {
        en: 'add it to the topology (docs/topology.md).',
        fr: 'ajoutez-la à la topologie (docs/topology.md).',
      },
    );
  }
  return {
    environment,
    engine,
    facts,
    topology: environment.topology,
    nic: facts.nic,
    ...(facts.factor === undefined ? {} : { factor: facts.factor }),
    budgets: readBudgets(environment.root, facts),
    client,
  };
}

/** What the sampler is told about this lab. `prefix`: marks what this drill writes. */
export function samplerSettings(
  { facts, budgets }: Pick<DrillSite, 'facts' | 'budgets'>,
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

export async function clientHost(site: DrillSite) {
  return hostNamed(await site.engine.sshHosts(), site.client.name);
}

/** Asks all machines. */
export async function lookAt(site: DrillSite): Promise<Inspections> {
  const [states, hosts] = await Promise.all([site.engine.states(), site.engine.sshHosts()]);
  return collectFacts(site.topology.machines, states, hosts, site.facts);
}

/** What is missing to full redundancy by these facts. */
export const missingIn = (site: DrillSite, facts: Inspections): string[] =>
  missingRedundancy(site.topology, facts, (role: RoleName) => site.facts.roles.has(role));

/**
 * Waits until nothing is missing, at most `seconds`. Returns the last facts, what was missing then, and when the asking
 * that found nothing missing began (ms): redundancy was there by then.
 */
export async function waitForRedundancy(
  site: DrillSite,
  seconds: number,
  report: (missing: string[]) => void,
): Promise<{ facts: Inspections; missing: string[]; at: number }> {
  const look = async () => {
    const at = Date.now();
    const facts = await lookAt(site);
    const missing = missingIn(site, facts);
    if (missing.length > 0) report(missing);
    return { facts, missing, at };
  };
  // Each look costs every machine a few processes: more often would slow down what is waited for.
  return poll(look, ({ missing }) => missing.length === 0, { every: 1, seconds });
}
