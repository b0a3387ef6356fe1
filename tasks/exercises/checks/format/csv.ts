import { say } from '../../../base/text.ts';
import { type CheckResult, type StepResult, stepsOf } from '../result.ts';

/** A field of CSV, quoted where needed. */
export const quoted = (value: string): string =>
  /[",\n\r;]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value;

/** A field that spreadsheets read back as it was: quoted where needed, and never a formula. */
export function field(value: string | number): string {
  if (typeof value === 'number') return String(value);
  const safe = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return quoted(safe);
}

export const row = (values: (string | number)[]): string => values.map(field).join(',');

/** The first reason why a step has not passed, in one line. */
export function reasonOf(step: StepResult): string {
  if (step.cause) return `${step.cause.id}: ${say(step.cause.text)}`;
  const failed = step.findings.find((finding) => finding.outcome === 'failed');
  if (!failed) return '';
  return `${say(failed.title)}: ${failed.found ? say(failed.found) : ''}`;
}

/** A line for each step. */
export function renderCsv(result: CheckResult): string {
  return [
    row(['step', 'title', 'outcome', 'points', 'earned', 'reason']),
    ...stepsOf(result).map((step) =>
      row([step.id, say(step.title), step.outcome, step.points, step.earned, reasonOf(step)]),
    ),
  ].join('\n');
}
