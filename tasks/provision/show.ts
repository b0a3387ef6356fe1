import { join } from 'node:path';
import type { Engine } from '../engines/engine.ts';
import type { Lab } from '../lab/lab.ts';
import type { Machine } from '../topology/model.ts';
import { type Job, showJobs } from '../ui/progress.ts';
import { say } from '../ui/text.ts';
import { afterOf, bootInTurn } from './boots.ts';
import type { LabFacts } from './context.ts';
import { type MachineResult, provisionLab, type Scope } from './provision.ts';

/** Provisions machines (all of the lab by default) and shows it, a line each. Throws the first error once all have ended. */
export async function showProvisioning(
  engine: Engine,
  lab: Lab,
  facts: LabFacts,
  options: { machines?: Machine[]; scope?: Scope; quiet: boolean },
): Promise<MachineResult[]> {
  const machines = options.machines ?? lab.topology.machines;
  const shown = new Map<string, (line: string) => void>();
  const results = provisionLab(
    engine,
    facts,
    join(lab.folder, 'logs'),
    machines,
    (machine, line) => shown.get(machine)?.(line),
    options.scope,
  );
  const jobs: Job[] = machines.map((machine) => ({
    title: machine.name,
    run: async (report) => {
      shown.set(machine.name, report);
      const result = await results.get(machine.name);
      return result ? describe(result) : undefined;
    },
  }));
  await showJobs(jobs, { parallel: true, quiet: options.quiet });
  return Promise.all(results.values());
}

/** Starts machines without provisioning them and shows it. Throws the first error once all have ended. */
export async function showBoots(
  engine: Engine,
  lab: Lab,
  machines: Machine[],
  quiet: boolean,
): Promise<void> {
  const run = async (report: (line: string) => void): Promise<undefined> => {
    await bootInTurn(engine, machines, afterOf(lab.root), {
      tell: (machine, line) => report(`${machine}: ${line}`),
    });
  };
  const title = say({ en: 'machines', fr: 'machines' });
  await showJobs([{ title, run }], { parallel: false, quiet });
}

/** One machine's result as a line. */
export function describe(result: MachineResult): string {
  const parts = result.applied.map(({ role, changes }) =>
    changes > 0 ? `${role} (${changes})` : `${role} (${say({ en: 'unchanged', fr: 'inchangé' })})`,
  );
  if (result.unchanged.length > 0) {
    parts.push(`${result.unchanged.join(', ')} ${say({ en: 'unchanged', fr: 'inchangé' })}`);
  }
  if (result.started) parts.unshift(say({ en: 'started', fr: 'démarrée' }));
  return parts.join(' · ');
}
