import { LabError } from '../../base/errors.ts';
import { ROOT } from '../../base/paths.ts';
import { sleep } from '../../base/poll.ts';
import { say } from '../../base/text.ts';
import { type Output, parseFormats, writeOutputs } from '../../exercises/checks/format/index.ts';
import { causeLines, labLines, summaryLine } from '../../exercises/checks/format/text.ts';
import { type Facts, factsDigest } from '../../exercises/checks/probe.ts';
import { allPassed, type CheckResult, pointsOf, stepsOf } from '../../exercises/checks/result.ts';
import { labIn } from '../../exercises/guides/ids.ts';
import { labNames } from '../../exercises/guides/names.ts';
import type { PaperSession } from '../../exercises/session/session.ts';
import { firstPassed } from '../../exercises/state/answers.ts';
import { incidentsOf } from '../../exercises/state/incident-order.ts';
import { anchorOf, changeState, remember } from '../../exercises/state/state.ts';
import { timeoutFactorOf } from '../../roles/timers.ts';

export interface CheckOptions {
  name: string;
  format: string;
  watch?: boolean;
  trials?: boolean;
  timeout?: string;
  bundle?: string;
}

interface Checked {
  result: CheckResult;
  facts: Facts;
}

/** Seconds between two checks of --watch. */
const WATCH_INTERVAL = 2;

/** `lab check [N[.S]]`. Exit code 0 when all that was asked for passed. */
export async function check(wish: string | undefined, options: CheckOptions): Promise<number> {
  const outputs = parseFormats(options.format);
  const printed = outputs.find((output) => output.file === undefined)?.format;
  // Something to read while everything else is loaded, and the labs and the machines are looked at.
  if (printed === 'text' || printed === undefined) {
    const what =
      wish ??
      labNames(ROOT)
        .map((name) => labIn(name))
        .join(', ');
    console.log(say({ en: `Checking ${what} …`, fr: `Vérification de ${what} …` }));
  }
  const timeout = timeoutOf(options.timeout);
  const [{ contextOf, openPaperSession, openSession }, { readLabs, stepsNamed }, { runChecks }] =
    await Promise.all([
      import('../../exercises/session/session.ts'),
      import('../../exercises/guides/load.ts'),
      import('../../exercises/checks/run.ts'),
    ]);
  const onPaper = wish !== undefined && stepsNamed(readLabs(ROOT), wish).lab.needs.machines === 'none';
  const machines = onPaper ? undefined : await openSession(options.name);
  const session = machines ?? (await openPaperSession(options.name));
  const asked = wish
    ? [stepsNamed(session.labs, wish)]
    : session.labs.map((lab) => ({ lab, step: undefined }));
  const last = session.state.history.at(-1);
  // A bundle is for somebody who wants to know how the service behaves.
  const withTrials = options.trials ?? options.bundle !== undefined;
  const once = async () => {
    const context = contextOf(session);
    const { makeTrials } = await import('../../exercises/session/trials.ts');
    const trials =
      withTrials && machines ? (facts: Facts) => makeTrials(machines, asked, facts, tellTrial) : undefined;
    return runChecks(session.environment.name, session.engine, session.labs, asked, context, {
      ...(timeout === undefined ? {} : { timeout }),
      timeoutFactor: timeoutFactorOf(session.environment),
      ...(trials ? { trials } : {}),
      ...(session.state.student !== undefined && last ? { anchor: anchorOf(last) } : {}),
    });
  };
  if (options.watch) return watch(once, (checked) => keep(session, wish, checked), printed === 'json');
  const { result, facts } = await once();
  // Before the record names these facts by their digest.
  if (options.bundle && machines) {
    const { carryFiles } = await import('../../exercises/session/carry.ts');
    await carryFiles(machines, [...new Set(asked.map(({ lab }) => lab))], facts);
  }
  const before = firstPassed(session.state.history);
  await keep(session, wish, { result, facts });
  if (options.bundle) {
    const { writeBundle } = await import('../../exercises/grading/bundle.ts');
    await writeBundle(options.bundle, session, result, facts, asked);
    const { notesOf, openQuestions } = await import('../../exercises/grading/notes.ts');
    // A check of everything is of labs that were not begun, too.
    const labs = wish === undefined ? [] : asked.map(({ lab }) => lab);
    const notes = [...notesOf(session.state, labs), ...openQuestions(session.state, labs)];
    for (const note of notes) console.error(say(note));
  }
  await show(outputs, result, options.bundle);
  if (printed === 'text' || printed === undefined) await tellAnswers(session, result, before);
  return allPassed(result) ? 0 : 1;
}

/** Of steps that hold for the first time: where the model answers to their questions are. */
async function tellAnswers(
  { labs }: PaperSession,
  result: CheckResult,
  before: ReadonlyMap<string, string>,
): Promise<void> {
  const { questionsAsked } = await import('../../exercises/guides/asked.ts');
  for (const { id, steps } of result.labs) {
    const fresh = steps.filter((step) => step.outcome === 'passed' && !before.has(step.id));
    const lab = labs.find((other) => other.id === id);
    const asked = new Set(
      lab && fresh.length > 0 ? questionsAsked(lab, 'en').map(({ step }) => `${id}.${step}`) : [],
    );
    const due = fresh.filter((step) => asked.has(step.id)).map((step) => step.id);
    if (due.length === 0) continue;
    console.log(
      say({
        en: `Model answers to the questions of ${due.join(', ')}: \`lab guide ${id} --answers\`.`,
        fr: `Réponses modèles aux questions de ${due.join(', ')} : \`lab guide ${id} --answers\`.`,
      }),
    );
  }
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
  const files = [...outputs.flatMap((output) => output.file ?? []), ...(bundle ? [bundle] : [])];
  const printed = outputs.find((output) => output.file === undefined)?.format;
  // What a program reads stays free of sentences.
  if (files.length > 0 && (printed === 'text' || printed === undefined))
    console.log(say({ en: `Written: ${files.join(', ')}.`, fr: `Écrit : ${files.join(', ')}.` }));
}

/** Writes down a check before anything of it is shown: what it tells can be had only by what is in the record. */
async function keep(
  session: PaperSession,
  wish: string | undefined,
  { result, facts }: Checked,
): Promise<void> {
  const { reportsIn } = await import('../../exercises/checks/reports.ts');
  const steps = stepsOf(result);
  const asked = session.labs.filter((lab) => result.labs.some(({ id }) => id === lab.id));
  await changeState(session, (state) => {
    const reports = Object.assign(
      {},
      ...asked.map((lab) => reportsIn(facts, lab, incidentsOf(state.history, lab.id))),
    ) as Record<string, string>;
    remember(state, {
      kind: 'check',
      what: wish ?? 'all',
      ...pointsOf(steps),
      passed: steps.filter((step) => step.outcome === 'passed').map((step) => step.id),
      facts: factsDigest(facts),
      ...(Object.keys(reports).length > 0 ? { reports } : {}),
    });
  });
}

/** Checks again and again and shows what changed, until Ctrl-C; as `lines`, each result is a line of JSON. */
async function watch(
  once: () => Promise<Checked>,
  keepIt: (checked: Checked) => Promise<void>,
  lines: boolean,
): Promise<number> {
  const colour = process.stdout.isTTY ?? false;
  let last = '';
  for (;;) {
    const checked = await once();
    const { result } = checked;
    const state = JSON.stringify(result.labs);
    if (state !== last) {
      last = state;
      await keepIt(checked);
      if (lines) {
        console.log(JSON.stringify(result));
        if (allPassed(result)) return 0;
        await sleep(WATCH_INTERVAL);
        continue;
      }
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
    await sleep(WATCH_INTERVAL);
  }
}
