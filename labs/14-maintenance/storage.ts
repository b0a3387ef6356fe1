import { type Expectation, plain, seen } from '../../tasks/exercises/checks/expectation.ts';
import type { Vocabulary } from '../../tasks/exercises/checks/vocabulary/index.ts';
import { planned, plansOf, quiet, RUNBOOK, VISITS, visitsOf } from './visitors.ts';
import { DATABASE, entriesOf, pausesOf, times } from './works.ts';

/** Seconds after a move, and after a return, for which nothing may fail. */
const AFTER = 15;
/** Seconds by which the storage had moved before its machine went down. */
const BEFORE = 5;

/** Constraints that a move left, and machines on standby. */
const LEFT = {
  kind: 'command',
  command: `# what was left in the cluster
cibadmin --query --scope constraints | grep -o 'id="cli-[^"]*"'
cibadmin --query --scope nodes | grep -o 'name="standby" value="[^"]*"' | grep -E '"(on|true)"'
crmadmin --quiet --dc_lookup`,
} as const;

/** The storage moved by hand, its former machine restarted, and nothing left behind. */
export function storage(lab: Vocabulary): Expectation[] {
  const dbs = lab.machines('storage');
  const moved = lab.that(
    {
      en: 'the storage was moved first, then its former machine was shut down and came back, planned in the runbook, and no request failed',
      fr: "le stockage a d'abord été déplacé, puis son ancienne machine arrêtée et revenue, avec sa ligne du runbook, sans requête en échec",
    },
    [
      { machine: 'client', probe: VISITS },
      { machine: 'client', probe: RUNBOOK },
      ...dbs.map((db) => ({ machine: db.name, probe: DATABASE })),
    ],
    (facts) => {
      const visits = visitsOf(facts.answer('client', VISITS).out);
      const plans = plansOf(facts.answer('client', RUNBOOK).out);
      const told = new Map(dbs.map(({ name }) => [name, facts.answer(name, DATABASE).out]));
      const shut = dbs.flatMap(({ name }) => {
        const own = entriesOf(told.get(name) ?? '');
        const others = [...told].filter(([other]) => other !== name).flatMap(([, text]) => entriesOf(text));
        return pausesOf(told.get(name) ?? '').map(([off, on]) => {
          const down = times(own, /^Stopping pacemaker/).findLast((at) => at < off) ?? Number.NaN;
          const gone = times(own, /^Stopped nfs-server/).findLast((at) => at < off) ?? Number.NaN;
          const taken = times(others, /^Finished nfs-server/).find((at) => at > gone) ?? Number.NaN;
          const back = times(own, /Synchronized with group/).find((at) => at > on) ?? Number.NaN;
          const inOrder = gone < taken && taken + BEFORE <= down && planned(plans, name, gone);
          return (
            inOrder &&
            [gone, down].every((at) => quiet(visits, [at - 2, Math.max(taken, at) + AFTER])) &&
            quiet(visits, [down, back + AFTER])
          );
        });
      });
      if (shut.includes(true)) return;
      throw lab.unmet(
        { en: 'moved, then shut down, then back', fr: 'déplacé, puis arrêtée, puis revenue' },
        {
          en: `${shut.length} shutdowns of a storage machine, none like this`,
          fr: `${shut.length} arrêts d'une machine de stockage, aucun ainsi`,
        },
        plain('lab ssh db1 -- journalctl -u nfs-server -u pacemaker'),
      );
    },
  );
  const left = lab.that(
    {
      en: 'the cluster is free again: no constraint of a move, no machine on standby',
      fr: "le cluster est de nouveau libre : pas de contrainte d'un déplacement, pas de machine en standby",
    },
    [{ machine: 'db1', probe: LEFT }],
    (facts) => {
      const lines = facts.answer('db1', LEFT).out.trim().split('\n');
      if (lines.length === 1 && /^db\d+$/.test(lines[0] ?? '')) return;
      throw lab.unmet(
        { en: 'nothing', fr: 'rien' },
        seen(lines.join(', ')),
        plain('lab ssh db1 -- crm configure show type:location'),
      );
    },
  );
  const mirrored = dbs.map((db) =>
    db
      .command('cat /proc/drbd', {
        title: { en: `${db.name} has both disks up to date`, fr: `${db.name} voit les deux disques à jour` },
      })
      .prints('ds:UpToDate/UpToDate'),
  );
  return [moved, left, ...mirrored];
}
