import { plain, seen } from '../../tasks/exercises/checks/expectation.ts';
import type { Checks } from '../../tasks/exercises/checks/vocabulary/index.ts';
import { mirrorOf } from '../mirror.ts';
import { POLICIES, policiesOf, WANTED } from './split-brain.ts';

/** What the witness of web1 wrote down, and how many lines there are now. The log outlives a restart of the machine. */
const WITNESS = 'cat /var/tmp/by-hand.log; timeout 5 cat /srv/shared/by-hand | wc -l';
/** Both names, where the split brain was left as it was; one, where somebody has chosen. */
const ALONE = "timeout 5 ls /srv/shared | grep -E '^db[12]-alone$'";

export default ((lab) => {
  const pair = [lab.machine('db1'), lab.machine('db2')];
  const web1 = lab.machine('web1');
  const address = lab.topology.floating.storage?.address ?? '';

  /** From the first boot on: the journal outlives a restart. */
  const kernelSaid = (db: (typeof pair)[number], words: string, title: { en: string; fr: string }) =>
    db
      .command(`journalctl --no-pager --quiet -o cat _TRANSPORT=kernel | grep -cF '${words}'`, {
        title,
        timeout: 10,
      })
      .prints(/^[1-9]/);

  const witness = { kind: 'command', command: WITNESS, as: 'www-data' } as const;
  const nothingLost = lab.that(
    {
      en: 'every line that was acknowledged to web1 while the files moved is there',
      fr: 'chaque ligne confirmée à web1 pendant le déplacement des fichiers est là',
    },
    [{ machine: 'web1', probe: witness }],
    (facts) => {
      const { out } = facts.answer('web1', witness);
      const [, acknowledged] = /^acknowledged (\d+),/m.exec(out) ?? [];
      const lines = out.trim().split('\n').at(-1);
      if (Number(acknowledged) > 0 && acknowledged === lines) return;
      throw lab.unmet(
        { en: `${acknowledged ?? 'some'} lines`, fr: `${acknowledged ?? 'des'} lignes` },
        seen(out),
        plain('lab ssh web1 -- cat /var/tmp/by-hand.log'),
      );
    },
  );

  const chosen = { kind: 'command', command: ALONE, as: 'www-data' } as const;
  const oneLost = lab.that(
    {
      en: 'of what the two machines wrote apart one side was kept, and one thrown away',
      fr: "de ce que les deux machines ont écrit chacune de son côté, l'un a été gardé et l'autre jeté",
    },
    [{ machine: 'web1', probe: chosen }],
    (facts) => {
      const names = facts.answer('web1', chosen).out.trim().split('\n').filter(Boolean);
      if (names.length === 1) return;
      throw lab.unmet(
        plain('db1-alone | db2-alone'),
        plain(names.join(', ') || '-'),
        plain('lab ssh web1 -- sudo -u www-data ls /srv/shared'),
      );
    },
  );

  const mends = pair.map((db) =>
    lab.that(
      {
        en: `${db.name} settles a split brain by itself where nothing acknowledged is lost, and no other one`,
        fr: `${db.name} règle de lui-même un cerveau divisé où rien de confirmé ne se perd, et aucun autre`,
      },
      [{ machine: db.name, probe: POLICIES }],
      (facts) => {
        const { runs, written } = policiesOf(facts.answer(db.name, POLICIES).out);
        if ([runs, written].every((policies) => policies?.join() === WANTED.join())) return;
        throw lab.unmet(
          {
            en: 'with none, one and two of them primary: what loses nothing acknowledged, in the kernel and in the file',
            fr: 'avec aucun, un et deux primaires : ce qui ne perd rien de confirmé, dans le noyau et dans le fichier',
          },
          {
            en: `kernel: ${runs?.join(', ') ?? '-'}; file: ${written?.join(', ') ?? '-'}`,
            fr: `noyau : ${runs?.join(', ') ?? '-'} ; fichier : ${written?.join(', ') ?? '-'}`,
          },
          plain(`lab ssh ${db.name} -- drbdsetup show shared`),
        );
      },
    ),
  );

  return {
    1: [
      ...mirrorOf(lab, pair),
      ...lab.own(
        ...pair.map((db) =>
          db
            .file('/etc/drbd.d/shared.res')
            .contains(new RegExp(`^\\s*shared-secret\\s+"?${lab.vary('key')}"?\\s*;`, 'm')),
        ),
      ),
    ],
    2: [
      lab.floating('storage').isHeldByOne(pair.map((db) => db.name)),
      web1.mount('/srv/shared').isMounted({ type: 'nfs', from: address }),
      // As the application does it: root is nobody there.
      web1.command('timeout 5 ls /srv/shared', { as: 'www-data' }).succeeds(),
    ],
    3: [
      ...pair.map((db) =>
        kernelSaid(db, 'role( Secondary -> Primary', {
          en: `${db.name} has been primary`,
          fr: `${db.name} a été primaire`,
        }),
      ),
      nothingLost,
    ],
    4: [
      ...pair.map((db) =>
        kernelSaid(db, 'Split-Brain detected', {
          en: `${db.name} has seen the split brain`,
          fr: `${db.name} a vu le cerveau divisé`,
        }),
      ),
      oneLost,
    ],
    5: mends,
  };
}) satisfies Checks;
