import { type Expectation, plain } from '../tasks/exercises/checks/expectation.ts';
import type { CheckedMachine, Vocabulary } from '../tasks/exercises/checks/vocabulary/index.ts';

const DRBD = { kind: 'command', command: 'cat /proc/drbd' } as const;

/** Labs 07 and 07b: the two disks are one, and one of the machines may write, never both. */
export function mirrorOf(lab: Vocabulary, pair: CheckedMachine[]): Expectation[] {
  const whole = pair.map((db) =>
    db
      .command(DRBD.command, {
        title: { en: `the disks as ${db.name} sees them`, fr: `les disques vus par ${db.name}` },
      })
      .prints(/cs:Connected .*ds:UpToDate\/UpToDate/),
  );
  const oneWriter = lab.that(
    { en: 'at most one machine may write the disk', fr: 'une machine au plus peut écrire sur le disque' },
    pair.map((db) => ({ machine: db.name, probe: DRBD })),
    (facts) => {
      const writers = pair.filter((db) => /ro:Primary/.test(facts.answer(db.name, DRBD).out));
      if (writers.length <= 1) return;
      throw lab.unmet(
        { en: 'one primary', fr: 'un primaire' },
        plain(writers.map((db) => db.name).join(', ')),
        plain('lab ssh db1 -- cat /proc/drbd'),
      );
    },
  );
  return [...whole, oneWriter];
}
