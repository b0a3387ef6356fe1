import { DEFAULT_ENVIRONMENT, nameOption } from '../../../base/paths.ts';
import { label, say } from '../../../base/text.ts';
import {
  type CheckResult,
  type LabResult,
  pointsOf,
  rootCauses,
  type StepResult,
  stepsOf,
} from '../result.ts';

export interface TextOptions {
  colour: boolean;
  /** Passed expectations too. */
  details?: boolean;
  /** Name of the lab, for the commands that are proposed. */
  lab?: string;
}

const MARK = { passed: '✓', failed: '✗', 'not-judged': '·', skipped: '·' };
const COLOUR = { passed: 32, failed: 31, 'not-judged': 33, skipped: 2 };

const paint = (text: string, code: number, options: TextOptions) =>
  options.colour ? `\x1b[${code}m${text}\x1b[0m` : text;

const LABELS = {
  expected: { en: 'expected', fr: 'attendu' },
  found: { en: 'found', fr: 'trouvé' },
  look: { en: 'look', fr: 'à voir' },
  hint: { en: 'hint', fr: 'indice' },
};

/** A proposed command as it works for this lab: `lab ssh web1 --name other -- …`. */
const withName = (command: string, { lab = DEFAULT_ENVIRONMENT }: TextOptions) =>
  command.replace(/^lab (?:ssh|hint) \S+/, `$&${nameOption(lab)}`);

function stepLines(step: StepResult, options: TextOptions): string[] {
  const points = `${step.earned}/${step.points}`;
  const mark = paint(MARK[step.outcome], COLOUR[step.outcome], options);
  const head = `  ${mark} ${step.id.padEnd(6)}${say(step.title).padEnd(52)} ${points.padStart(5)}`;
  if (step.outcome === 'not-judged' && step.cause) {
    const waits = say({ en: 'not judged because', fr: 'non évaluée car' });
    return [head.trimEnd(), paint(`      ${waits} ${step.cause.id}: ${say(step.cause.text)}`, 2, options)];
  }
  const lines = [head];
  for (const finding of step.findings) {
    if (finding.outcome === 'passed' && !options.details) continue;
    const skipped =
      finding.outcome === 'skipped'
        ? ` (${say({ en: 'only with --trials', fr: 'seulement avec --trials' })})`
        : '';
    if (finding.outcome === 'skipped' && !options.details) continue;
    lines.push(
      `      ${paint(MARK[finding.outcome], COLOUR[finding.outcome], options)} ${say(finding.title)}${skipped}`,
    );
    for (const name of ['expected', 'found', 'look'] as const) {
      const text = finding[name];
      const shown = text && (name === 'look' ? withName(say(text), options) : say(text));
      if (shown) lines.push(`          ${label(LABELS[name]).padEnd(10)} ${shown}`);
    }
  }
  if (step.outcome === 'failed')
    lines.push(`          ${label(LABELS.hint).padEnd(10)} ${withName(`lab hint ${step.id}`, options)}`);
  return lines;
}

export function labLines(lab: LabResult, options: TextOptions): string[] {
  const { earned, possible } = pointsOf(lab.steps);
  const head = `${lab.id} ${say(lab.title)} (${earned}/${possible})`;
  return [paint(head, 1, options), ...lab.steps.flatMap((step) => stepLines(step, options)), ''];
}

/** What others wait for, in one line each. */
export function causeLines(result: Pick<CheckResult, 'labs'>): string[] {
  return rootCauses(result).map(({ cause, waiting }) => {
    const count = waiting.length;
    return say({
      en: `${count} ${count === 1 ? 'step waits' : 'steps wait'} for ${cause.id}: ${cause.text.en}`,
      fr: `${count} ${count === 1 ? 'étape attend' : 'étapes attendent'} ${cause.id} : ${cause.text.fr}`,
    });
  });
}

/** The last line. */
export function summaryLine(result: CheckResult): string {
  const steps = stepsOf(result);
  const count = (outcome: string) => steps.filter((step) => step.outcome === outcome).length;
  const { earned, possible } = pointsOf(steps);
  const time = (result.timing.total ?? 0).toFixed(1);
  return say({
    en: `${count('passed')} passed, ${count('failed')} failed, ${count('not-judged')} not judged: ${earned} of ${possible} points, in ${time} s.`,
    fr: `${count('passed')} réussies, ${count('failed')} échouées, ${count('not-judged')} non évaluées : ${earned} points sur ${possible}, en ${time} s.`,
  });
}

/** Everything, root causes first. */
export function renderText(result: CheckResult, options: TextOptions): string {
  const causes = causeLines(result).map((line) => paint(`→ ${line}`, 33, options));
  return [
    ...causes,
    ...(causes.length > 0 ? [''] : []),
    ...result.labs.flatMap((lab) => labLines(lab, { ...options, lab: result.lab })),
    summaryLine(result),
  ].join('\n');
}
