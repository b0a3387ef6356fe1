import { type Expectation, plain, seen } from '../../tasks/exercises/checks/expectation.ts';
import type { Vocabulary } from '../../tasks/exercises/checks/vocabulary/index.ts';
import {
  ASKED_WITHIN,
  CLOCK,
  clockOf,
  figuresOf,
  lastOf,
  MEASURED,
  missingOf,
  PREDICTED,
  RECEIPTS,
  ROWS,
  rangesOf,
} from './shop.ts';

/** Seconds by which what was noted and what is measured may differ. */
const NOTED = 2;
const NAMES = ['rows', 'files', 'rto'] as const;

/** The disaster: foretold, brought back alike to both databases, and measured. */
export function disaster(lab: Vocabulary): Expectation[] {
  const databases = [lab.machine('db1'), lab.machine('db2')];
  const clock = { machine: 'web1', probe: CLOCK };
  const receipts = { machine: 'web1', probe: RECEIPTS };
  const rowsOn = databases.map(({ name }) => ({ machine: name, probe: ROWS }));

  const predicted = lab.that(
    {
      en: '/root/predicted says rows, files and rto, and was written before the shop stood still',
      fr: "/root/predicted donne rows, files et rto, et a été écrit avant l'arrêt de la boutique",
    },
    [{ machine: 'client', probe: PREDICTED }, clock],
    (facts) => {
      const { out } = facts.answer('client', PREDICTED);
      const said = figuresOf(out);
      const { at, outage } = clockOf(facts.answer('web1', CLOCK).out);
      const before = (said.get('at') ?? Number.POSITIVE_INFINITY) <= at + NOTED + 1;
      if (outage > 0 && before && NAMES.every((name) => said.has(name))) return;
      throw lab.unmet(
        { en: 'rows, files, rto, from before the outage', fr: "rows, files, rto, d'avant l'interruption" },
        outage > 0 ? seen(out) : { en: 'no outage yet', fr: "pas encore d'interruption" },
        plain('lab ssh client -- cat /root/predicted'),
      );
    },
  );
  const alike = lab.that(
    { en: 'both databases have the same sales', fr: 'les deux bases ont les mêmes ventes' },
    rowsOn,
    (facts) => {
      const [one = [], other = []] = databases.map(({ name }) =>
        rangesOf(facts.answer(name, ROWS).out.trim()),
      );
      const edge = Math.min(lastOf(one), lastOf(other));
      const differ = missingOf(one, other, edge) + missingOf(other, one, edge);
      if (edge > 0 && differ === 0) return;
      throw lab.unmet(
        plain('0'),
        { en: `${differ} rows that only one has`, fr: `${differ} lignes que l'une seule possède` },
        plain("lab ssh db1 -- mariadb -e 'SELECT COUNT(*) FROM shop.sale'"),
      );
    },
  );
  const measured = lab.that(
    {
      en: '/root/measured says what is lost of the acknowledged sales, and how long none was possible',
      fr: "/root/measured dit ce qui est perdu des ventes confirmées, et combien de temps aucune n'a été possible",
    },
    [{ machine: 'client', probe: MEASURED }, clock, receipts, ...rowsOn],
    (facts) => {
      const noted = figuresOf(facts.answer('client', MEASURED).out);
      const { sold, outage } = clockOf(facts.answer('web1', CLOCK).out);
      const edge = lastOf(sold) - ASKED_WITHIN;
      const rows = Math.max(
        ...databases.map(({ name }) => missingOf(sold, rangesOf(facts.answer(name, ROWS).out.trim()), edge)),
      );
      const files = missingOf(sold, rangesOf(facts.answer('web1', RECEIPTS).out.trim()), edge);
      const near = Math.abs((noted.get('rto') ?? Number.POSITIVE_INFINITY) - outage) <= NOTED;
      if (outage > 0 && near && noted.get('rows') === rows && noted.get('files') === files) return;
      throw lab.unmet(
        plain(`rows ${rows}, files ${files}, rto ${outage}`),
        plain(NAMES.map((name) => `${name} ${noted.get(name) ?? '-'}`).join(', ')),
        plain('lab ssh web1 -- lost'),
      );
    },
  );

  return [predicted, alike, measured];
}
