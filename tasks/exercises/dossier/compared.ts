import { label, say, type Text } from '../../base/text.ts';
import { wrongOnes } from './compare.ts';
import type { Alarms } from './picture.ts';
import type { Agreement, Row } from './seen.ts';
import type { Cell, Part, Table } from './view.ts';

const WHAT: Record<Row['what'], Text> = {
  place: { en: 'in the lab', fr: 'dans le lab' },
  address: { en: 'address', fr: 'adresse' },
  runs: { en: 'runs on', fr: 'tourne sur' },
  'takes-over': { en: 'takes over', fr: 'prend le relais' },
  outage: { en: 'outage', fr: 'interruption' },
  noticed: { en: 'noticed', fr: 'remarqué par' },
  writes: { en: 'acknowledged writes', fr: 'écritures confirmées' },
  missing: { en: 'listed', fr: 'listé' },
};

const AGREEMENT: Record<Agreement, Text> = {
  holds: { en: 'holds', fr: 'confirmé' },
  wrong: { en: 'WRONG', fr: 'FAUX' },
  open: { en: 'not seen', fr: 'pas vu' },
  read: { en: 'read both', fr: 'à lire' },
};

const MARKS: Partial<Record<Agreement, Cell['mark']>> = { holds: 'well', wrong: 'wrong', open: 'open' };

/** Claims beside what was seen. */
export function comparedTable(rows: Row[]): Table {
  const head: Text[] = [
    { en: 'element', fr: 'élément' },
    { en: 'what', fr: 'quoi' },
    { en: 'claimed', fr: 'annoncé' },
    { en: 'seen', fr: 'vu' },
    { en: 'result', fr: 'résultat' },
    { en: 'drills', fr: 'exercices' },
  ];
  return {
    head: head.map(say),
    rows: rows.map(({ element, what, claimed, seen, agreement, drills }) => {
      const mark = MARKS[agreement];
      const result = { text: say(AGREEMENT[agreement]), ...(mark ? { mark } : {}) };
      const latest = drills.at(-1) ?? '';
      const from = drills.length > 1 ? `${latest} (+${drills.length - 1})` : latest;
      return [
        { text: element },
        { text: say(WHAT[what]) },
        { text: say(claimed) },
        { text: say(seen) },
        result,
        { text: from },
      ];
    }),
  };
}

/** How many claims hold, and which are wrong. */
export function comparedSum(rows: Row[]): string {
  const count = (agreement: Agreement) => rows.filter((row) => row.agreement === agreement).length;
  const wrong = [...wrongOnes(rows)].join(', ');
  const told = say({
    en: `Of the claims ${count('holds')} hold, ${count('wrong')} are wrong, and of ${count('open')} nothing was seen.`,
    fr: `Affirmations confirmées : ${count('holds')} ; fausses : ${count('wrong')} ; dont rien n'a été vu : ${count('open')}.`,
  });
  return wrong === '' ? told : `${told} ${label({ en: 'Wrong', fr: 'Fausses' })} ${wrong}.`;
}

/** The part of the page that says what came of the claims. */
export const comparedPart = (rows: Row[]): Part => ({
  title: say({ en: 'What was claimed, and what was seen', fr: 'Ce qui était annoncé, et ce qui a été vu' }),
  text: comparedSum(rows),
  table: comparedTable(rows),
});

const NOT_HELD: Text = { en: 'a claim was not held', fr: 'une affirmation est fausse' };

/** Elements whose claims were seen to be wrong stand out in the picture. */
export const comparedAlarms = (rows: Row[]): Alarms =>
  new Map([...wrongOnes(rows)].map((name) => [name, NOT_HELD]));
