import { computed, effect, signal } from '@preact/signals';
import type { FaultKind, Holder, Target } from '../../measure/drill/names.ts';
import { ask as askFor, NO_ANSWER, post, refusalOf } from './post.ts';
import type { Act, Forecast, Refusal } from './protocol.ts';
import { language, offer, work } from './store.ts';

/** What is being chosen; undefined: nothing is to be broken. */
export interface Choice {
  /** A machine, `holder:NAME`, or NETWORK. */
  who: string;
  kind: FaultKind;
  /** The service that is killed, the machine that it is cut from, or the switch. */
  more?: string;
}
/** What no machine is called: faults that are done to the network. */
export const NETWORK = ':network';
export const choice = signal<Choice | undefined>(undefined);
/** The longest outage that the reader expects, as typed. */
export const own = signal('');
/** What the design says of the choice, or why not; undefined while it is asked. */
export const forecast = signal<Forecast | Refusal | undefined>(undefined);
/** Why the last wish was not taken. */
export const refused = signal<Refusal | undefined>(undefined);

const holderOf = (who: string) =>
  who.startsWith('holder:') ? (who.slice('holder:'.length) as Holder) : undefined;
const targets = () => offer.value?.targets ?? [];

/** Targets that a machine, or the holder of something, has. */
const targetsFor = (who: string): Target[] => {
  if (who === NETWORK) return targets().filter(({ machine }) => machine === undefined);
  if (!holderOf(who)) return targets().filter(({ machine }) => machine === who);
  // Which of its cables is said of a machine by its name only.
  const ofAny = targets().filter((one) => one.machine !== undefined && one.switch === undefined);
  return [...new Set(ofAny.map(({ kind }) => kind))].map((kind) => ({ kind }));
};

/** Faults that can be made there. */
export const kindsFor = (who: string): FaultKind[] => [...new Set(targetsFor(who).map(({ kind }) => kind))];

/** What a fault must be told besides; empty where nothing. */
export const moreFor = ({ who, kind }: Pick<Choice, 'who' | 'kind'>): string[] =>
  targetsFor(who).flatMap((one) => (one.kind === kind ? (one.service ?? one.peer ?? one.switch ?? []) : []));

/** The same choice with another part, and what no longer fits replaced. */
export function choose(change: Partial<Choice>): void {
  const who = change.who ?? choice.value?.who ?? targets()[0]?.machine ?? '';
  const kinds = kindsFor(who);
  const wish = change.kind ?? choice.value?.kind;
  const kind = wish && kinds.includes(wish) ? wish : (kinds[0] ?? 'power');
  const list = moreFor({ who, kind });
  const more = change.more ?? choice.value?.more;
  const fits = more !== undefined && list.includes(more) ? more : list[0];
  choice.value = { who, kind, ...(fits === undefined ? {} : { more: fits }) };
}

/** What a fault is told besides, by its kind. */
function partOf(kind: FaultKind, more: string | undefined): Pick<Target, 'service' | 'peer' | 'switch'> {
  if (more === undefined) return {};
  if (kind === 'kill') return { service: more };
  return kind === 'pair' ? { peer: more } : { switch: more as NonNullable<Target['switch']> };
}

/** What the choice is for the kit. */
export const target = computed<Target | undefined>(() => {
  const { value } = choice;
  if (!value) return undefined;
  const { who, kind, more } = value;
  const holder = holderOf(who);
  if (holder) return { kind, holder };
  return { kind, ...(who === NETWORK ? {} : { machine: who }), ...partOf(kind, more) };
});

/** Seconds that the reader said; undefined for anything that is none. */
export const expected = computed(() => {
  const text = own.value.trim().replace(',', '.');
  const seconds = Number(text);
  return text !== '' && seconds >= 0 && seconds <= 3600 ? seconds : undefined;
});

/** The prediction for what is chosen, asked for whenever that changes. */
effect(() => {
  const wanted = target.value;
  forecast.value = undefined;
  refused.value = undefined;
  if (!wanted) return;
  void askFor<Forecast>('/predict', wanted).then((said) => {
    if (target.peek() === wanted) forecast.value = said;
  });
});

/** What was asked for and is not confirmed yet: shown at once. */
export const asked = signal<Act['do'] | undefined>(undefined);

/** Has the kit do something. */
export async function begin(act: Act): Promise<void> {
  asked.value = act.do;
  refused.value = undefined;
  work.value = work.value?.state === 'failed' ? undefined : work.value;
  try {
    const answer = await post('/act', act);
    if (answer.ok) choice.value = act.do === 'fault' || act.do === 'drill' ? undefined : choice.value;
    else refused.value = await refusalOf(answer);
  } catch {
    refused.value = NO_ANSWER;
  } finally {
    asked.value = undefined;
  }
}

/** Breaks what is chosen: with visitors who measure it, or until it is undone. */
export function breakIt(how: 'drill' | 'fault'): void {
  const { value } = target;
  if (!value) return;
  const said = how === 'drill' && expected.value !== undefined ? { expect: expected.value } : {};
  void begin({ do: how, target: value, language: language.value, ...said } as Act);
}

export const undoAll = (): void => void begin({ do: 'undo', language: language.value });
export const stop = (): void => void begin({ do: 'stop', language: language.value });
