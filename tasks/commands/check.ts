import { type Output, parseFormats, writeOutputs } from '../checks/format/index.ts';
import { causeLines, labLines, summaryLine } from '../checks/format/text.ts';
import type { Facts } from '../checks/probe.ts';
import { allPassed, type CheckResult, pointsOf, stepsOf } from '../checks/result.ts';
import { ROOT } from '../lab/paths.ts';
import { timeoutFactorOf } from '../lab/timers.ts';
import { remember } from '../labs/history.ts';
import { labNames } from '../labs/names.ts';
import type { LabSession } from '../labs/session.ts';
import { changeState } from '../labs/state.ts';
import { LabError } from '../ui/errors.ts';
import { say } from '../ui/text.ts';

export interface CheckOptions {
  name: string;
  format: string;
  watch?: boolean;
  trials?: boolean;
  timeout?: string;
  bundle?: string;
}

/** Seconds between two checks of --watch. */
const WATCH_INTERVAL = 2;

/** `lab check [N[.S]]`. Exit code 0 when all that was asked for passed. */
export async function check(wish: string | undefined, options: CheckOptions): Promise<number> {
  const outputs = parseFormats(options.format);
  const printed = outputs.find((one) => one.file === undefined)?.format;
  // Something to read while everything else is loaded, and the labs and the machines are looked at.
  if (printed === 'text' || printed === undefined) {
    const what =
      wish ??
      labNames(ROOT)
        .map((name) => name.slice(0, 2))
        .join(', ');
    console.log(say({ en: `Checking ${what} …`, fr: `Vérification de ${what} …` }));
  }
  const timeout = timeoutOf(options.timeout);
  const [{ contextOf, openSession }, { stepsNamed }, { runChecks }] = await Promise.all([
    import('../labs/session.ts'),
    import('../labs/load.ts'),
    import('../checks/run.ts'),
  ]);
  const session = await openSession(options.name);
  const asked = wish
    ? [stepsNamed(session.labs, wish)]
    : session.labs.map((lab) => ({ lab, step: undefined }));
  const once = async () => {
    const context = contextOf(session);
    const { makeTrials } = await import('../labs/trials.ts');
    const trials = options.trials
      ? (facts: Facts) => makeTrials(session, asked, facts, tellTrial)
      : undefined;
    return runChecks(session.lab.name, session.engine, session.labs, asked, context, {
      ...(timeout === undefined ? {} : { timeout }),
      timeoutFactor: timeoutFactorOf(session.lab),
      ...(trials ? { trials } : {}),
    });
  };
  if (options.watch) return watch(once);
  const { result, facts } = await once();
  await keep(session, wish, result);
  if (options.bundle) {
    const { writeBundle } = await import('../grading/bundle.ts');
    await writeBundle(options.bundle, session, result, facts, asked);
  }
  await show(outputs, result, options.bundle);
  return allPassed(result) ? 0 : 1;
}

/** On standard error: what is printed may be for a program. */
const tellTrial = (fault: string, seconds: number): void =>
  console.error(
    say({
      en: `Trial, ${seconds} s and until it is mended: ${fault} …`,
      fr: `Essai, ${seconds} s puis le temps de réparer : ${fault} …`,
    }),
  );

function timeoutOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const seconds = Number(text);
  if (seconds >= 1 && seconds <= 120) return seconds;
  throw new LabError(
    { en: `"${text}" is not a time limit.`, fr: `« ${text} » n'est pas une limite de temps.` },
    { en: 'use 1 to 120 seconds.', fr: 'utilisez de 1 à 120 secondes.' },
  );
}

async function show(outputs: Output[], result: CheckResult, bundle: string | undefined): Promise<void> {
  await writeOutputs(outputs, result);
  const files = [...outputs.flatMap((one) => one.file ?? []), ...(bundle ? [bundle] : [])];
  const printed = outputs.find((one) => one.file === undefined)?.format;
  // What a program reads stays free of sentences.
  if (files.length > 0 && (printed === 'text' || printed === undefined))
    console.log(say({ en: `Written: ${files.join(', ')}.`, fr: `Écrit : ${files.join(', ')}.` }));
}

async function keep(session: LabSession, wish: string | undefined, result: CheckResult): Promise<void> {
  const steps = stepsOf(result);
  await changeState(session, (state) =>
    remember(state, {
      kind: 'check',
      what: wish ?? 'all',
      ...pointsOf(steps),
      passed: steps.filter((step) => step.outcome === 'passed').map((step) => step.id),
    }),
  );
}

/** Checks again and again and shows what changed, until Ctrl-C. */
async function watch(once: () => Promise<{ result: CheckResult }>): Promise<number> {
  const colour = process.stdout.isTTY ?? false;
  let last = '';
  for (;;) {
    const { result } = await once();
    const state = JSON.stringify(result.labs);
    if (state !== last) {
      last = state;
      if (colour) process.stdout.write('\x1b[2J\x1b[H');
      const causes = causeLines(result).map((line) => `→ ${line}`);
      const time = new Date().toLocaleTimeString();
      console.log(
        [
          time,
          ...causes,
          ...result.labs.flatMap((lab) => labLines(lab, { colour, lab: result.lab })),
          summaryLine(result),
        ].join('\n'),
      );
      if (allPassed(result)) return 0;
    }
    await new Promise((resolve) => setTimeout(resolve, WATCH_INTERVAL * 1000));
  }
}
