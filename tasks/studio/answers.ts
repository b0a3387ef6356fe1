import { LabError } from '../base/errors.ts';
import { type Acts, readAct, readTarget } from './acts.ts';
import type { Refusal } from './page/protocol.ts';

/** Code and body of an answer. */
type Said = [code: number, body: unknown];
const NOT_OFFERED: Refusal = {
  what: { en: 'This lab has nothing of that kind.', fr: "Ce lab n'a rien de tel." },
};

/** What the design says of a fault that a page asks for. */
export async function predict(acts: Acts, body: unknown): Promise<Said> {
  const target = readTarget(body, acts.offer);
  if (!target) return [400, NOT_OFFERED];
  try {
    return [200, await acts.predict(target)];
  } catch (error) {
    if (error instanceof LabError) return [409, refusalOf(error)];
    throw error;
  }
}

/** Has something done that a page asks for. */
export async function act(acts: Acts, body: unknown): Promise<Said> {
  const wanted = readAct(body, acts.offer);
  if (!wanted) return [400, NOT_OFFERED];
  return acts.begin(wanted) ? [202, {}] : [409, BUSY];
}

const BUSY: Refusal = {
  what: {
    en: 'Another command of this page is at work.',
    fr: 'Une autre commande de cette page est en cours.',
  },
  fix: { en: 'wait for it, or stop it.', fr: 'attendez-la, ou arrêtez-la.' },
};

const refusalOf = ({ what, fix }: LabError): Refusal => ({ what, ...(fix ? { fix } : {}) });
