import { decimal, type Text } from '../../base/text.ts';
import type { DrillHead } from '../../watch/model/drill.ts';
import { Telling } from '../../watch/telling.ts';
import type { DrillResult, Fault, Judgement } from './model.ts';
import { faultWords, JUDGED_WORDS, KIND_WORDS } from './names.ts';
import type { Expected } from './predict.ts';
import { saidWords } from './said.ts';
import type { Sampler } from './sampler.ts';
import { toLine } from './samples.ts';
import { effectWords } from './signs.ts';
import type { DrillSite } from './site.ts';

/** ms between two tellings of requests. */
const EVERY = 200;

/** Tells those who look at the lab what a drill does, while it does it. */
export class DrillTelling {
  private readonly telling: Telling;
  private readonly timer: NodeJS.Timeout;
  private head: Omit<DrillHead, 'begun'>;
  private told = 0;

  /** From when the sampler measures on. */
  constructor(
    private readonly sampler: Sampler,
    { environment, budgets }: Pick<DrillSite, 'environment' | 'budgets'>,
    { id, said }: { id: string; said?: number },
  ) {
    this.telling = new Telling(environment.folder);
    const kinds = Object.entries(budgets.kinds).map(([kind, { interval, limit }]) => [
      kind,
      { interval, limit },
    ]);
    this.head = {
      ...{ id, step: 'steady', times: {}, expected: [], kinds: Object.fromEntries(kinds) },
      ...(said === undefined ? {} : { said }),
    };
    this.change({});
    this.timer = setInterval(() => this.visits(), EVERY);
  }

  change({ times, ...change }: Partial<Omit<DrillHead, 'begun'>>): void {
    this.head = { ...this.head, ...change, times: { ...this.head.times, ...times } };
    this.telling.drill({ ...this.head, begun: this.sampler.axis.begun.getTime() });
  }

  /** What is done now, and what the timers say of it. */
  fault(fault: Fault, expected: Expected[]): void {
    this.change({
      ...{ step: 'fault', machine: fault.machine, words: faultWords(fault) },
      expected: expected.map(({ kind, seconds, atLeast }) => ({ kind, seconds, atLeast })),
    });
  }

  result(result: DrillResult): void {
    this.visits();
    const { redundant } = result.times;
    this.change({
      ...{ step: 'ended', verdict: result.verdict, notes: notesOf(result) },
      times: redundant === null ? {} : { redundant },
    });
  }

  /** Ends it, with or without a result. */
  async end(): Promise<void> {
    clearInterval(this.timer);
    if (this.head.step !== 'ended') this.change({ step: 'stopped' });
    await this.telling.end();
  }

  private visits(): void {
    const fresh = this.sampler.samples.slice(this.told);
    this.told += fresh.length;
    this.telling.visits(fresh.map(toLine));
  }
}

/** Why a drill is not passed, and what was said before it. */
function notesOf(result: DrillResult): Text[] {
  return [
    effectWords(result.fault, result.effect),
    saidWords(result),
    ...result.judgements.map(broken),
  ].filter((words) => words !== undefined);
}

/** A budget that was not kept, or of which that cannot be told. */
function broken({ budget, what, kind, limit, unit, measured, verdict, why }: Judgement): Text | undefined {
  if (verdict === 'pass') return undefined;
  const text = (language: 'en' | 'fr') => {
    const about = [JUDGED_WORDS[what][language], kind ? KIND_WORDS[kind][language] : '']
      .filter(Boolean)
      .join(', ');
    const amount = (value: number) => (unit === 's' ? `${decimal(value, language)} s` : String(value));
    const allowed = { en: 'allowed', fr: 'permis' }[language];
    const found = measured === null ? '?' : amount(measured);
    return `${budget}, ${about}: ${found} (${allowed} ${amount(limit)})${why ? `; ${why}` : ''}`;
  };
  return { en: text('en'), fr: text('fr') };
}
