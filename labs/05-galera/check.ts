import { plain, seen } from '../../tasks/exercises/checks/expectation.ts';
import type { CheckedMachine, Checks } from '../../tasks/exercises/checks/vocabulary/index.ts';
import { bytesOf, IN_FORCE, WRITTEN } from './memory.ts';

const STATUS = (name: string) =>
  `SELECT variable_value FROM information_schema.global_status WHERE variable_name = '${name}'`;

export default ((lab) => {
  const [db1, db2, lb1] = [lab.machine('db1'), lab.machine('db2'), lab.machine('lb1')];
  const synced = (db: CheckedMachine) => [
    db.service('mariadb').isRunning(),
    lab.quorum('galera', db.name).holds(),
    db.sql(STATUS('wsrep_local_state_comment')).returns('Synced'),
    ...lab.own(db.sql('SELECT @@wsrep_cluster_name').returns(lab.vary('group'))),
  ];

  const history = { kind: 'sql', query: STATUS('wsrep_cluster_state_uuid') } as const;
  /** Both have the history of the same group. */
  const together = lab.that(
    { en: 'db1 and db2 share one history', fr: 'db1 et db2 partagent une seule histoire' },
    [db1, db2].map((db) => ({ machine: db.name, probe: history })),
    (facts) => {
      const [one = '', other = ''] = [db1, db2].map((db) => facts.answer(db.name, history).out.trim());
      if (one !== '' && one === other) return;
      throw lab.unmet(
        { en: 'the same group', fr: 'le même groupe' },
        plain(`${one || '-'} / ${other || '-'}`),
        plain(`lab ssh db1 -- mariadb -e "SHOW STATUS LIKE 'wsrep_cluster_state_uuid'"`),
      );
    },
  );

  /** What the next start will read, not what runs now. */
  const comesBack = (db: CheckedMachine) => {
    const probe = {
      kind: 'command',
      command: 'my_print_defaults --mysqld mariadbd | grep wsrep[-_]cluster[-_]address | tail -n 1',
    } as const;
    return lab.that(
      {
        en: `${db.name} looks for the other members when it starts`,
        fr: `${db.name} cherche les autres membres quand il démarre`,
      },
      [{ machine: db.name, probe }],
      (facts) => {
        const { out } = facts.answer(db.name, probe);
        const others = [db1, db2].filter((machine) => machine.name !== db.name);
        if (others.every((other) => out.includes(other.address) || out.includes(other.name))) return;
        throw lab.unmet(
          plain(`gcomm://${[db1, db2].map((machine) => machine.address).join(',')}`),
          seen(out),
          plain(`lab ssh ${db.name} -- my_print_defaults --mysqld mariadbd`),
        );
      },
    );
  };

  /** How much a member remembers for another one: in force, and what the next start will read. */
  const remembers = (db: CheckedMachine, least: number) =>
    lab.that(
      {
        en: `${db.name} keeps enough of the changes for a member that was away, also after its next start${least > 1 ? ` (${Math.ceil(least / 1e6)} MB)` : ''}`,
        fr: `${db.name} garde assez des modifications pour une base absente, et encore après son prochain démarrage${least > 1 ? ` (${Math.ceil(least / 1e6)} Mo)` : ''}`,
      },
      [IN_FORCE, WRITTEN].map((probe) => ({ machine: db.name, probe })),
      (facts) => {
        const [now, next] = [IN_FORCE, WRITTEN].map((probe) => bytesOf(facts.answer(db.name, probe).out));
        if (now !== undefined && now === next && now >= least) return;
        throw lab.unmet(
          {
            en: 'one size, large enough, in force and written',
            fr: 'une même taille, suffisante, en vigueur et écrite',
          },
          {
            en: `in force ${now ?? '-'}, written ${next ?? '-'} bytes`,
            fr: `en vigueur ${now ?? '-'}, écrit ${next ?? '-'} octets`,
          },
          plain(`lab ssh ${db.name} -- my_print_defaults --mysqld mariadbd`),
        );
      },
    );
  const hour = Number(lab.vary('traffic')) * 1000 * 3600;

  return {
    1: synced(db1),
    2: [...synced(db2), together],
    3: [
      lb1.service('garb').isRunning(),
      lab.quorum('galera', 'db1').hasVotes(3),
      lab.quorum('galera', 'db2').hasVotes(3),
    ],
    4: [db1, db2].flatMap((db) => [comesBack(db), db.service('mariadb').isEnabled()]),
    5: [
      ...[db1, db2].map((db) => remembers(db, 1)),
      ...lab.own(...[db1, db2].map((db) => remembers(db, hour))),
    ],
  };
}) satisfies Checks;
