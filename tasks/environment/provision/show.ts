import { join } from 'node:path';
import { type Job, showJobs } from '../../base/progress.ts';
import { type Language, say, type Text } from '../../base/text.ts';
import type { Engine } from '../../engines/engine.ts';
import type { Machine } from '../../topology/model.ts';
import type { Environment } from '../record.ts';
import { afterOf, bootInTurn } from './boots.ts';
import type { EnvironmentFacts } from './context.ts';
import { type MachineResult, provisionEnvironment, type Scope } from './provision.ts';
import type { Recorder } from './timeline/recorder.ts';

/** Provisions machines (all of the lab by default) and shows it, a line each. Throws the first error once all have ended. */
export async function showProvisioning(
  engine: Engine,
  environment: Environment,
  facts: EnvironmentFacts,
  options: {
    machines?: Machine[];
    scope?: Scope;
    quiet: boolean;
    recorder?: Recorder;
    /** Told when a machine has all that was wanted. */
    ended?: (result: MachineResult) => void;
  },
): Promise<MachineResult[]> {
  const machines = options.machines ?? environment.topology.machines;
  const shown = new Map<string, (line: string) => void>();
  const results = provisionEnvironment(
    engine,
    facts,
    join(environment.folder, 'logs'),
    machines,
    (machine, line) => shown.get(machine)?.(line),
    options.scope,
    options.recorder,
  );
  const jobs: Job[] = machines.map((machine) => ({
    title: machine.name,
    run: async (report) => {
      shown.set(machine.name, report);
      const result = await results.get(machine.name);
      if (!result) return undefined;
      options.ended?.(result);
      return describeResult(result);
    },
  }));
  await showJobs(jobs, { parallel: true, quiet: options.quiet });
  return Promise.all(results.values());
}

/** Starts machines without provisioning them, lets those that stand still go on, and shows it. Throws the first error once all have ended. */
export async function showBoots(
  engine: Engine,
  environment: Environment,
  machines: Machine[],
  quiet: boolean,
  recorder?: Recorder,
): Promise<void> {
  const run = async (report: (line: string) => void): Promise<undefined> => {
    const states = await engine.states();
    for (const machine of machines) if (states.get(machine.name) === 'frozen') await engine.thaw(machine);
    await bootInTurn(engine, machines, afterOf(environment.root), {
      tell: (machine, line) => report(`${machine}: ${line}`),
      ...(recorder ? { recorder } : {}),
    });
  };
  const title = say({ en: 'machines', fr: 'machines' });
  await showJobs([{ title, run }], { parallel: false, quiet });
}

/** One machine's result as a line. */
export const describeResult = (result: MachineResult): string => say(resultWords(result));

/** What was done to a machine. */
export function resultWords({ started, applied, unchanged }: MachineResult): Text {
  const text = (language: Language) => {
    const same = { en: 'unchanged', fr: 'inchangé' }[language];
    return [
      ...(started ? [{ en: 'started', fr: 'démarrée' }[language]] : []),
      ...applied.map(({ role, changes }) => `${role} (${changes > 0 ? changes : same})`),
      ...(unchanged.length > 0 ? [`${unchanged.join(', ')} ${same}`] : []),
    ].join(' · ');
  };
  return { en: text('en'), fr: text('fr') };
}
