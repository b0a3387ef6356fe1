import { begin } from './acting.ts';
import type { Act } from './protocol.ts';
import { language, shown, work } from './store.ts';

/** An act without the language, which is the page's. */
type Bare<T> = T extends Act ? Omit<T, 'language'> : never;
/** Has the kit do something with the lab as a whole. */
export const act = (what: Bare<Act>): void => void begin({ ...what, language: language.value } as Act);
/** Whether something is at work that changes the lab. */
export const isBusy = () => work.value?.state === 'running' || shown.value.command !== undefined;
