import { effect, signal } from '@preact/signals';
import { TOKEN, WEBSOCKETS } from './connection.ts';
import { ask, isRefusal, post } from './post.ts';
import { PROTOCOL, type Refusal, TOKEN_PREFIX } from './protocol.ts';
import { open, opened, shells } from './store.ts';
import type { View } from './terminal/main.ts';

/** Where the server has what terminals are made of. */
const SCRIPT = '/terminal.js';

/** The terminal that is in front. */
export const front = signal<string | undefined>(sessionStorage.getItem('shell') ?? undefined);
/** What a terminal says of itself, beside what it shows. */
export const saidOf = signal<Record<string, 'open' | 'lost' | 'gone' | 'waits' | 'long'>>({});
/** The machine whose terminal is being opened: it may be starting. */
export const opening = signal<string | undefined>(undefined);
export const refusedShell = signal<Refusal | undefined>(undefined);

/** Terminals that this page shows, with what they are drawn in. */
const views = new Map<string, { view: View; element: HTMLElement }>();
/** The terminal that is to take the keyboard, once it is in sight. */
let toFocus: string | undefined;
/** What is to be typed in a terminal once it is shown. */
const toType = new Map<string, string>();

export function bring(id: string): void {
  front.value = id;
  sessionStorage.setItem('shell', id);
}

/** What was put at a prompt, until the reader presses Enter. */
let typed: { id: string; machine: string; text: string } | undefined;

/** Brings a terminal to the front and gives it the keyboard. */
function take(id: string): void {
  toFocus = id;
  bring(id);
  // Where it is there already nothing is drawn anew.
  focusWanted(id);
}

/** Gives the keyboard to the terminal that was wished for, if this is it and it can be seen: nothing else takes a focus. */
export function focusWanted(id: string): void {
  const known = views.get(id);
  if (toFocus !== id || !known?.element.checkVisibility()) return;
  toFocus = undefined;
  known.view.focus();
}

/** Opens one more terminal on a machine; its name, or undefined with the reason said. */
export async function openShell(machine: string): Promise<string | undefined> {
  open({ terminals: true });
  if (opening.value === machine) return undefined;
  opening.value = machine;
  refusedShell.value = undefined;
  const said = await ask<{ id: string }>('/act', { do: 'shell', machine, cols: 100, rows: 24 });
  if (opening.value === machine) opening.value = undefined;
  refusedShell.value = isRefusal(said) ? said : undefined;
  if (isRefusal(said)) return undefined;
  take(said.id);
  return said.id;
}

export function closeShell(id: string): void {
  void post('/act', { do: 'close-shell', id }).catch(() => undefined);
}

/** Puts text at the prompt of a terminal on a machine: that in front, else the latest one, else a new one. */
export async function typeIn(machine: string, text: string): Promise<void> {
  const own = shells.value.filter((one) => one.machine === machine && !one.ended);
  const id = (own.find((one) => one.id === front.value) ?? own.at(-1))?.id ?? (await openShell(machine));
  if (id === undefined) return;
  typed = { id, machine, text };
  open({ terminals: true });
  const known = views.get(id);
  if (known) known.view.type(text);
  else toType.set(id, text);
  take(id);
}

const leave = () => document.querySelector<HTMLElement>(`[role=tab][aria-selected=true]`)?.focus();

/** Draws a terminal in an element; what xterm is made of is loaded with the first one. */
export async function show(id: string, element: HTMLElement): Promise<void> {
  const { openTerminal } = (await import(SCRIPT)) as typeof import('./terminal/main.ts');
  if (!element.isConnected || views.has(id)) return;
  const view = openTerminal(element, {
    open: (from) =>
      new WebSocket(`${WEBSOCKETS}//${location.host}/shell/${id}?from=${from}`, [
        PROTOCOL,
        `${TOKEN_PREFIX}${sessionStorage.getItem(TOKEN)}`,
      ]),
    told: (state) => {
      saidOf.value = { ...saidOf.value, [id]: state };
    },
    entered: () => {
      if (typed?.id === id) typed = undefined;
    },
    leave,
  });
  views.set(id, { view, element });
  const text = toType.get(id);
  toType.delete(id);
  if (text !== undefined) view.type(text);
  focusWanted(id);
}

export function hide(id: string): void {
  views.get(id)?.view.close();
  views.delete(id);
}

export const focusShell = (id: string): void => views.get(id)?.view.focus();
export const repaint = (): void => {
  for (const { view } of views.values()) view.paint();
};

/** One that is there is in front. */
effect(() => {
  const all = shells.value;
  if (all.length > 0 && !all.some(({ id }) => id === front.value)) front.value = all.at(-1)?.id;
});
/** The machine may have lost its power before the terminal knew: what waited at its prompt is put at another one. */
effect(() => {
  const gone = shells.value.find(({ id, ended }) => ended && id === typed?.id);
  if (!gone || !typed) return;
  const { machine, text } = typed;
  typed = undefined;
  void typeIn(machine, text);
});
/** Those of before are shown again after a reload. */
let met = false;
effect(() => {
  if (met || shells.value.length === 0) return;
  met = true;
  if (!opened.peek().terminals) open({ terminals: true });
});
