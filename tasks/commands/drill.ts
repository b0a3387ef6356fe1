import { type DrillLab, openDrillLab } from '../drill/lab.ts';
import type { FaultKind, Holder, Verdict } from '../drill/model.ts';
import { allTargets, parseDuration, randomTargets } from '../drill/plan.ts';
import { renderDrill } from '../drill/render.ts';
import { type Done, nameOfTarget, Progress, runSequence, type SequenceOptions } from '../drill/sequence.ts';
import { stepText } from '../drill/steps.ts';
import { renderSequence, renderSpreads, spreads, verdictOf } from '../drill/summary.ts';
import type { Target } from '../drill/target.ts';
import { overallOfRepeated } from '../drill/verdict.ts';
import { existingLab, machineNamed } from '../lab/lab.ts';
import { LabError } from '../ui/errors.ts';
import { say } from '../ui/text.ts';

export interface DrillOptions {
  name: string;
  fault?: FaultKind;
  holder?: Holder;
  service?: string;
  from?: string;
  hold?: string;
  repeat?: string;
  all?: boolean;
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
  const lab = await openDrillLab(await existingLab(options.name));
  if (machine) machineNamed(lab.topology, machine);
  if (machine === lab.client.name) throw clientError(machine);
  return run(lab, plain);
}

/** What the command line asks for, checked. */
interface Plan {
  mode: 'some' | 'all' | 'random';
  target: Target;
  repeat: number;
  again: boolean;
  json: boolean;
  seed: number;
  seconds: number;
  hold: number | undefined;
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
    options.random && '--random',
    (machine || options.fault || options.holder) && 'X',
  ];
  if (modes.filter(Boolean).length > 1) {
    throw optionError('--all, --random', 'only one of them, without a fault', 'un seul des deux, sans panne');
  }
  if (machine && options.holder)
    throw optionError('--holder', 'no machine as well', 'pas de machine en plus');
  return {
    mode: options.all ? 'all' : options.random ? 'random' : 'some',
    target: {
      kind: options.fault ?? 'power',
      ...(machine ? { machine } : { holder: options.holder ?? 'front' }),
      ...(options.service ? { service: options.service } : {}),
      ...(options.from ? { peer: options.from } : {}),
    },
    repeat: number('repeat', 1) ?? 1,
    again: options.again ?? false,
    json: options.json ?? false,
    seed: number('seed', 0) ?? Math.floor(Math.random() * 1e6),
    seconds,
    hold: number('hold', 1),
  };
}

async function run(lab: DrillLab, plan: Plan): Promise<number> {
  const show = plan.json ? () => undefined : (text: string) => console.log(text);
  const options: SequenceOptions = {
    begin: (name, number, of) => show(`\n${number}${of ? `/${of}` : ''} ${name}`),
    end: ({ result, refused }) => show(result ? `\n${renderDrill(result)}` : (refused ?? '')),
    tell: changes((step) => show(stepText(step))),
    ...(plan.hold === undefined ? {} : { hold: plan.hold }),
  };
  let all: Done[];
  if (plan.mode === 'all') all = await everything(lab, plan, options);
  else if (plan.mode === 'random') {
    show(say({ en: `Seed ${plan.seed}.`, fr: `Graine ${plan.seed}.` }));
    const until = Date.now() + plan.seconds * 1000;
    all = await runSequence(lab, randomTargets(lab.topology, plan.seed), {
      ...options,
      until,
      seed: plan.seed,
    });
  } else {
    const targets = Array.from({ length: plan.repeat }, () => plan.target);
    // Asked for alone: a lab that is not fit for it is the user's to mend.
    all = await runSequence(lab, targets, { ...options, count: plan.repeat, strict: plan.repeat === 1 });
  }
  const results = all.flatMap((one) => one.result ?? []);
  const repeated = plan.mode === 'some' && results.length > 2 && results.length === all.length;
  const verdict = repeated ? overallOfRepeated(results) : verdictOf(all);
  const seed = plan.mode === 'random' ? plan.seed : undefined;
  if (plan.json) {
    const [only] = results;
    const single = plan.mode === 'some' && plan.repeat === 1 && only;
    console.log(JSON.stringify(single || { verdict, seed, spreads: spreads(results), drills: all }, null, 2));
  } else if (plan.mode !== 'some') console.log(`\n${renderSequence(all, verdict, seed)}`);
  else if (plan.repeat > 1) console.log(`\n${renderSequence(all, verdict)}\n\n${renderSpreads(results)}`);
  return CODES[verdict];
}

/** Every machine and every fault, without those that are done already. */
async function everything(lab: DrillLab, plan: Plan, options: SequenceOptions): Promise<Done[]> {
  const targets = allTargets(lab.topology);
  const progress = await Progress.open(lab.lab.folder, lab.topology.name, plan.again);
  const left = targets.filter((target) => progress.done[nameOfTarget(target)] === undefined);
  const waits: Promise<void>[] = [];
  const fresh = await runSequence(lab, left, {
    ...options,
    count: left.length,
    end: (done) => {
      if (done.result) waits.push(progress.add(done.name, done.result.id));
      options.end(done);
    },
  });
  await Promise.all(waits);
  const refused = fresh.filter((one) => one.refused !== undefined);
  return [...(await progress.results(lab.lab.folder, targets)), ...refused];
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

const optionError = (what: string, en: string, fr: string): LabError =>
  new LabError(
    { en: `${what} cannot be understood.`, fr: `${what} ne peut pas être compris.` },
    { en: `give ${en}.`, fr: `donnez ${fr}.` },
  );

const clientError = (machine: string): LabError =>
  new LabError(
    {
      en: `${machine} is where a drill measures from, so nothing can be done to it.`,
      fr: `${machine} est d'où l'exercice mesure : rien ne peut lui être fait.`,
    },
    { en: 'choose another machine.', fr: 'choisissez une autre machine.' },
  );
