import { say } from '../../base/text.ts';
import { existingEnvironment } from '../../environment/record.ts';
import type { Verdict } from '../../measure/drill/model.ts';
import { renderOutcomes } from '../../measure/drill/outcome-table.ts';
import {
  allTargets,
  faultLimit,
  pairTargets,
  parseDuration,
  randomTargets,
} from '../../measure/drill/plan.ts';
import { renderDrill } from '../../measure/drill/render.ts';
import {
  type Done,
  nameOfTarget,
  Progress,
  runSequence,
  type SequenceOptions,
} from '../../measure/drill/sequence.ts';
import { type DrillSite, openDrillSite } from '../../measure/drill/site.ts';
import { requireTarget } from '../../measure/drill/standing.ts';
import { renderSequence, renderSpreads, spreads, verdictOf } from '../../measure/drill/summary.ts';
import type { Target } from '../../measure/drill/target.ts';
import { overallOfRepeated } from '../../measure/drill/verdict.ts';
import { stepText } from '../../measure/drill/words.ts';
import { optionError, type TargetOptions, targetFrom } from './fault-target.ts';

export interface DrillOptions extends TargetOptions {
  name: string;
  hold?: string;
  expect?: string;
  repeat?: string;
  all?: boolean;
  pairs?: boolean;
  again?: boolean;
  random?: boolean;
  seed?: string;
  for?: string;
  json?: boolean;
}

/** Exit code: 0 every budget kept, 1 one was not, 3 it cannot be told. */
const CODES: Record<Verdict, number> = { pass: 0, fail: 1, unknown: 3 };
const RANDOM_FOR = '30m';

/** Drills a lab. Exit code by the verdict. */
export async function drill(machine: string | undefined, options: DrillOptions): Promise<number> {
  const plain = planned(machine, options);
  const site = await openDrillSite(await existingEnvironment(options.name));
  if (plain.mode === 'some') requireTarget(site, plain.target);
  return run(site, plain);
}

/** What the command line asks for, checked. */
interface Plan {
  mode: 'some' | 'all' | 'pairs' | 'random';
  target: Target;
  repeat: number;
  again: boolean;
  json: boolean;
  seed: number;
  seconds: number;
  hold: number | undefined;
  said: number | undefined;
}

function planned(machine: string | undefined, options: DrillOptions): Plan {
  const number = (name: 'repeat' | 'seed' | 'hold', least: number) => {
    const text = options[name];
    if (text === undefined) return undefined;
    if (/^\d+$/.test(text) && Number(text) >= least) return Number(text);
    throw optionError(
      `--${name} ${text}`,
      `a whole number from ${least} on`,
      `un nombre entier à partir de ${least}`,
    );
  };
  const seconds = parseDuration(options.for ?? RANDOM_FOR);
  if (seconds === undefined) throw optionError(`--for ${options.for}`, '90s, 30m or 2h', '90s, 30m ou 2h');
  const modes = [
    options.all && '--all',
    options.pairs && '--pairs',
    options.random && '--random',
    (machine || options.fault || options.holder) && 'X',
  ];
  if (modes.filter(Boolean).length > 1) {
    throw optionError(
      '--all, --pairs, --random',
      'only one of them, without a fault',
      'un seul d’entre eux, sans panne',
    );
  }
  return {
    mode: options.all ? 'all' : options.pairs ? 'pairs' : options.random ? 'random' : 'some',
    target: targetFrom(machine, options),
    repeat: number('repeat', 1) ?? 1,
    again: options.again ?? false,
    json: options.json ?? false,
    seed: number('seed', 0) ?? Math.floor(Math.random() * 1e6),
    seconds,
    hold: number('hold', 1),
    said: saidIn(options.expect),
  };
}

function saidIn(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (/^\d+([.,]\d+)?$/.test(text)) return Number(text.replace(',', '.'));
  throw optionError(`--expect ${text}`, 'seconds, for example 2.5', 'des secondes, par exemple 2,5');
}

async function run(site: DrillSite, plan: Plan): Promise<number> {
  const show = plan.json ? () => undefined : (text: string) => console.log(text);
  const options: SequenceOptions = {
    begin: (name, number, of) => show(`\n${number}${of ? `/${of}` : ''} ${name}`),
    end: ({ result, refused }) => show(result ? `\n${renderDrill(result)}` : (refused ?? '')),
    tell: changes((step) => show(stepText(step))),
    ...(plan.hold === undefined ? {} : { hold: plan.hold }),
    ...(plan.said === undefined ? {} : { said: plan.said }),
  };
  let all: Done[];
  if (plan.mode === 'all') all = await everything(site, plan, options, allTargets(site.topology));
  else if (plan.mode === 'pairs') all = await everything(site, plan, options, pairTargets(site.topology));
  else if (plan.mode === 'random') {
    show(say({ en: `Seed ${plan.seed}.`, fr: `Graine ${plan.seed}.` }));
    const possible = (target: Target) => !faultLimit(site.engine, target);
    const until = Date.now() + plan.seconds * 1000;
    all = await runSequence(site, randomTargets(site.topology, plan.seed, possible), {
      ...options,
      until,
      seed: plan.seed,
    });
  } else {
    const targets = Array.from({ length: plan.repeat }, () => plan.target);
    // Asked for alone: a lab that is not fit for it is the user's to mend.
    all = await runSequence(site, targets, { ...options, count: plan.repeat, strict: plan.repeat === 1 });
  }
  const results = all.flatMap((drill) => drill.result ?? []);
  const repeated = plan.mode === 'some' && results.length > 2 && results.length === all.length;
  const verdict = repeated ? overallOfRepeated(results) : verdictOf(all);
  const seed = plan.mode === 'random' ? plan.seed : undefined;
  if (plan.json) {
    const [only] = results;
    const single = plan.mode === 'some' && plan.repeat === 1 && only;
    console.log(JSON.stringify(single || { verdict, seed, spreads: spreads(results), drills: all }, null, 2));
  } else if (plan.mode === 'pairs') console.log(`\n${renderOutcomes(all, verdict)}`);
  else if (plan.mode !== 'some') console.log(`\n${renderSequence(all, verdict, seed)}`);
  else if (plan.repeat > 1) console.log(`\n${renderSequence(all, verdict)}\n\n${renderSpreads(results)}`);
  return CODES[verdict];
}

/** All of these that the engine can do, without those that are done already. */
async function everything(
  site: DrillSite,
  plan: Plan,
  options: SequenceOptions,
  wanted: Target[],
): Promise<Done[]> {
  const targets = wanted.filter((target) => !faultLimit(site.engine, target));
  const progress = await Progress.open(site.environment.folder, site.topology.name, plan.again);
  const left = targets.filter((target) => progress.done[nameOfTarget(target)] === undefined);
  const waits: Promise<void>[] = [];
  const fresh = await runSequence(site, left, {
    ...options,
    count: left.length,
    end: (done) => {
      if (done.result) waits.push(progress.add(done.name, done.result.id));
      options.end(done);
    },
  });
  await Promise.all(waits);
  const refused = fresh.filter((drill) => drill.refused !== undefined);
  return [...(await progress.results(site.environment.folder, targets)), ...refused];
}

/** Tells each thing once. */
function changes<T>(tell: (value: T) => void): (value: T) => void {
  let last = '';
  return (value) => {
    const text = JSON.stringify(value);
    if (text !== last) tell(value);
    last = text;
  };
}
