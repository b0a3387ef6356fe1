import { computed, signal } from '@preact/signals';
import type { Places } from '../../architecture/places.ts';
import type { Language } from '../../base/text.ts';
import { apply, applyAll } from '../../watch/model/apply.ts';
import type { LabEvent } from '../../watch/model/event.ts';
import { type LabState, NOTHING } from '../../watch/model/state.ts';
import type { Checks, Offer, Output, ServerMessage, Shell, Work } from './protocol.ts';

/** `login`: the page has no token, or one that does not count any more. */
export type Connection = 'waiting' | 'live' | 'stopped' | 'login';

export const language = signal<Language>('en');
export const connection = signal<Connection>('waiting');
export const state = signal<LabState>(NOTHING);
export const places = signal<Record<Language, Places> | undefined>(undefined);
export const selected = signal<string | undefined>(undefined);

/** What this page may break; undefined: it only shows. */
export const offer = signal<Offer | undefined>(undefined);
/** What the kit does, or did last, because a page asked. */
export const work = signal<Work | undefined>(undefined);

/** The latest lines of what it says. */
export const log = signal<{ at: number; line: string }[]>([]);
const LOG = 14;
/** What the checks of a lab found last. */
export const checks = signal<Checks | undefined>(undefined);
/** What commands of a guide's block print on this computer. */
export const output = signal<Output | undefined>(undefined);
/** Terminals that are open. */
export const shells = signal<Shell[]>([]);
/** What stands beside the picture. */
export const opened = signal({
  ...{ guide: false, terminals: false, door: false },
  ...(JSON.parse(sessionStorage.getItem('opened') ?? '{}') as { guide?: boolean; door?: boolean }),
});
export const open = (part: Partial<typeof opened.value>): void => {
  opened.value = { ...opened.value, ...part };
  sessionStorage.setItem('opened', JSON.stringify(opened.value));
};
/** There is room for two columns beside the picture. */
export const WIDE = '(min-width: 88rem)';

/** A recording that is replayed instead of a lab. */
export const recording = signal<{ name: string; events: LabEvent[] } | undefined>(undefined);
/** How many of its events have happened at the moment that is shown. */
export const position = signal(0);
export const playing = signal(false);

/** Events between two states that are kept, so that any moment of a recording is near one. */
const KEPT = 500;
const kept = computed(() => {
  const states: LabState[] = [NOTHING];
  let now = NOTHING;
  (recording.value?.events ?? []).forEach((event, index) => {
    now = apply(now, event);
    if ((index + 1) % KEPT === 0) states.push(now);
  });
  return states;
});

/** The state to show: the lab's, or the recording's at the chosen moment. */
export const shown = computed<LabState>(() => {
  const { value } = recording;
  if (!value) return state.value;
  const at = Math.min(position.value, value.events.length);
  const before = Math.floor(at / KEPT);
  return applyAll(value.events.slice(before * KEPT, at), kept.value[before] ?? NOTHING);
});

/** Takes in what the server says. Returns true when events are missing and a snapshot must be asked for. */
export function receive(message: ServerMessage): boolean {
  if (message.kind === 'places') places.value = message.places;
  else if (message.kind === 'offer') offer.value = message.offer;
  else if (message.kind === 'work') hear(message.work);
  else if (message.kind === 'checks') checks.value = message.checks;
  else if (message.kind === 'output') output.value = message.output;
  else if (message.kind === 'shells') shells.value = message.shells;
  else if (message.kind === 'gone') {
    state.value = NOTHING;
    selected.value = undefined;
  } else if (message.kind === 'recording') {
    recording.value = { name: message.name, events: message.events };
    position.value = firstPicture(message.events);
  } else {
    const before = state.value.missed;
    state.value = applyAll(message.events, state.value);
    return state.value.missed && !before;
  }
  return false;
}

/** What the kit says of its work; a new command begins a new log. */
function hear(now: Work): void {
  const before = work.value?.state === 'running' && work.value.command === now.command ? log.value : [];
  const at = (before.at(-1)?.at ?? 0) + 1;
  // The last word of a command that is done was said before.
  if (now.state === 'done') {
    work.value = now;
    return;
  }
  log.value = [...before, ...now.said.map((line, index) => ({ at: at + index, line }))].slice(-LOG);
  work.value = now;
}

/** The number of events after which a recording shows something. */
const firstPicture = (events: LabEvent[]): number =>
  events.findIndex(({ what }) => what === 'snapshot' || what === 'plan') + 1;

/** The position after which everything up to `t` (ms since 1970) has happened. */
export function positionAt(events: LabEvent[], t: number, from = 0): number {
  let at = from;
  while ((events[at]?.t ?? Number.POSITIVE_INFINITY) <= t) at += 1;
  return at;
}
