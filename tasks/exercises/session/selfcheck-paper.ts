import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { judge } from '../checks/judge.ts';
import { type CheckContext, checksOf } from '../checks/plan.ts';
import { type Facts, HOST, type Probe, probeKey } from '../checks/probe.ts';
import { type Outcome, stepsOf } from '../checks/result.ts';
import type { WrittenDossier } from '../dossier/exercise.ts';
import { DOSSIER } from '../dossier/read.ts';
import type { LabGuide } from '../guides/model.ts';
import { faultProblems, independent, proofOf, type SelfcheckLab } from './selfcheck.ts';

/** Facts of a lab that was begun and whose dossier says this. */
export function paperFacts(lab: Pick<LabGuide, 'id'>, text: string | null): Facts {
  const dossier: WrittenDossier = { file: DOSSIER, text };
  const said = (what: Extract<Probe, { kind: 'kit' }>['what'], answer: unknown) =>
    [probeKey({ kind: 'kit', what, lab: lab.id }), { code: 0, out: JSON.stringify(answer) }] as const;
  const answers = Object.fromEntries([said('started', true), said('dossier', dossier)]);
  return { collected: '', machines: { [HOST]: { state: 'answered', took: 0, identity: {}, answers } } };
}

/**
 * Proves the checks of a lab without machines: they fail on what the student begins with, pass on the model dossier, and fail on each of its
 * faults, which are edits of that.
 */
export async function selfcheckPaper(lab: LabGuide, context: CheckContext): Promise<SelfcheckLab> {
  const since = Date.now();
  const problems: string[] = [];
  const read = (name: string) => readFileSync(join(lab.folder, name), 'utf8');
  const ask = async (text: string, which = lab): Promise<Map<string, Outcome>> => {
    const labs = judge([await checksOf(which, context)], paperFacts(lab, text));
    return new Map(stepsOf({ labs }).map((step) => [step.id, step.outcome]));
  };
  const start = await ask(read('dossier.en.yaml'), independent(lab));
  for (const [id, outcome] of start)
    if (outcome !== 'failed') problems.push(`${id} does not fail at the start (${outcome})`);
  const model = read('model.yaml');
  const solved = await ask(model);
  for (const [id, outcome] of solved)
    if (outcome !== 'passed') problems.push(`${id} does not pass on the model (${outcome})`);
  const underFault = new Map<string, Map<string, Outcome>>();
  for (const [name, { edit, breaks }] of Object.entries(lab.faults)) {
    const changed = edit ? model.replace(edit.from, () => edit.to) : model;
    if (changed === model) problems.push(`fault ${name}: it changes nothing`);
    const outcomes = await ask(changed);
    underFault.set(name, outcomes);
    const ids = breaks.map((number) => `${lab.id}.${number}`);
    problems.push(...faultProblems(lab, ids, outcomes).map((line) => `fault ${name}: ${line}`));
  }
  return proofOf(lab, { since, problems, start, solved, underFault });
}
