import { LabError } from '../base/errors.ts';
import { type Acts, readAct, readTarget } from './acts.ts';
import type { Refusal, Wish } from './page/protocol.ts';
import type { Shells } from './shells.ts';
import { type Practice, readAsk, readWish, type Study } from './study.ts';

/** What a server has besides the picture and the faults. */
export interface Parts {
  study?: Study;
  practice?: Practice;
  shells?: Shells;
  /** Told, again and again, that somebody uses the page. */
  used?: () => void;
}

/** Code and body of an answer. */
type Said = [code: number, body: unknown];
const NOT_OFFERED: Refusal = {
  what: { en: 'This lab has nothing of that kind.', fr: "Ce lab n'a rien de tel." },
};

/** What answers the body that a page sends to an address; undefined: nothing does, here. */
export function answererOf(
  url: string | undefined,
  acts: Acts | undefined,
  parts: Parts,
): ((body: unknown) => Promise<Said>) | undefined {
  const { study } = parts;
  if (url === '/ask') return study && ((body) => tell(study, body));
  if (!acts) return undefined;
  return url === '/act' ? (body) => act(acts, parts, body) : (body) => predict(acts, body);
}

/** What the design says of a fault that a page asks for. */
async function predict(acts: Acts, body: unknown): Promise<Said> {
  const target = readTarget(body, acts.offer);
  if (!target) return [400, NOT_OFFERED];
  return orRefusal(async () => [200, await acts.predict(target)]);
}

/** Has something done that a page asks for. */
async function act(acts: Acts, parts: Parts, body: unknown): Promise<Said> {
  const wish = readWish(body);
  if (wish) return orRefusal(() => grant(wish, parts));
  const wanted = readAct(body, acts.offer);
  if (!wanted) return [400, NOT_OFFERED];
  return acts.begin(wanted) ? [202, {}] : [409, BUSY];
}

async function grant(wish: Wish, { practice, shells }: Parts): Promise<Said> {
  switch (wish.do) {
    case 'check':
      practice?.check(wish.lab, wish.language);
      break;
    case 'hint':
      await practice?.hint(wish.step);
      break;
    case 'run':
      if (!practice) return [400, NOT_OFFERED];
      await practice.run(wish.lab, wish.text, wish.language);
      break;
    case 'stop-run':
      practice?.stopRun();
      break;
    case 'shell':
      if (!shells) return [400, NOT_OFFERED];
      return [200, { id: await shells.open(wish.machine, wish.cols, wish.rows) }];
    case 'close-shell':
      shells?.close(wish.id);
  }
  return [202, {}];
}

/** What a page asks to be told. */
async function tell(study: Study, body: unknown): Promise<Said> {
  const ask = readAsk(body);
  if (!ask) return [400, NOT_OFFERED];
  return orRefusal(async () => {
    if (ask.ask === 'guide') return [200, await study.guide(ask.lab, ask.language)];
    return [200, ask.ask === 'labs' ? await study.labs() : await study.snapshots()];
  });
}

/** What the kit says no to is said to the page. */
async function orRefusal(work: () => Promise<Said>): Promise<Said> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof LabError) return [409, refusalOf(error)];
    throw error;
  }
}

const BUSY: Refusal = {
  what: {
    en: 'Another command of this page is at work.',
    fr: 'Une autre commande de cette page est en cours.',
  },
  fix: { en: 'wait for it, or stop it.', fr: 'attendez-la, ou arrêtez-la.' },
};

const refusalOf = ({ what, fix }: LabError): Refusal => ({ what, ...(fix ? { fix } : {}) });
