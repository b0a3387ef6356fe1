import { plain, seen } from '../../tasks/exercises/checks/expectation.ts';
import type { CheckedMachine, Checks } from '../../tasks/exercises/checks/vocabulary/index.ts';
import {
  ALARM,
  copiesOf,
  DATABASE,
  LIMITS,
  LOG,
  logOf,
  TESTED,
  testedOf,
  VERSIONS,
  versionsOf,
} from './backups.ts';
import { disaster } from './disaster.ts';
import { KEYS, keysOf, TRUSTED } from './keys.ts';
import { ASKED_WITHIN, CLOCK, clockOf, countOf, lastOf, missingOf, RECEIPTS, rangesOf } from './shop.ts';

/** Seconds: a copy of the night may be a day old and somewhat more. */
const NIGHTLY = 26 * 3600;
/** What mariadb-backup says of a full copy that a server can start from. */
const PREPARED = ['log-applied', 'full-prepared'];

export default ((lab) => {
  const [client, web1, lb1] = [lab.machine('client'), lab.machine('web1'), lab.machine('lb1')];
  const databases = [lab.machine('db1'), lab.machine('db2')];
  const text = (en: string, fr: string) => ({ title: { en, fr } });
  const of = (machine: CheckedMachine, probe: typeof CLOCK | typeof RECEIPTS) => ({
    machine: machine.name,
    probe,
  });

  /** The clock's account has this student's password, on whichever member one asks. */
  const account = lab.any(
    { en: 'the account clock has your password', fr: 'le compte clock a votre mot de passe' },
    ...databases.map((db) =>
      db
        .sql(
          `SELECT DISTINCT authentication_string = PASSWORD('${lab.vary('password')}') FROM mysql.user WHERE User = 'clock'`,
        )
        .returns(1),
    ),
  );

  const timer = (machine: CheckedMachine, name: string) => [
    machine.service(`${name}.timer`).isRunning(),
    machine.service(`${name}.timer`).isEnabled(),
  ];

  const full = lab.that(
    {
      en: 'a prepared full copy of the last night is on the client',
      fr: 'une copie complète préparée de la nuit passée est sur le client',
    },
    [{ machine: 'client', probe: DATABASE }],
    (facts) => {
      const { out } = facts.answer('client', DATABASE);
      const found = copiesOf(out);
      if (found && PREPARED.includes(found.type) && found.age <= NIGHTLY) return;
      throw lab.unmet(
        plain(`${PREPARED.join(' / ')}, ≤ ${NIGHTLY / 3600} h`),
        found ? plain(`${found.type}, ${Math.round(found.age / 3600)} h`) : seen(out),
        plain('lab ssh client -- ls -l /srv/backup/database'),
      );
    },
  );

  const lag = lab.paced(90, 240);
  const shipped = lab.that(
    {
      en: 'the log of the database that gave it follows to the client',
      fr: "le journal de la base qui l'a donnée suit sur le client",
    },
    [{ machine: 'client', probe: DATABASE }, ...databases.map(({ name }) => ({ machine: name, probe: LOG }))],
    (facts) => {
      const here = copiesOf(facts.answer('client', DATABASE).out);
      const from = databases.find(({ name }) => name === here?.machine) ?? databases[0];
      const there = logOf(from ? facts.answer(from.name, LOG).out : '');
      const behind = there.changed - (here?.log.changed ?? 0);
      if (here && there.changed > 0 && here.log.name === there.name && behind <= lag) return;
      throw lab.unmet(
        { en: `${there.name}, at most ${lag} s behind`, fr: `${there.name}, ${lag} s de retard au plus` },
        plain(here ? `${here.log.name}, ${behind} s` : '-'),
        plain('lab ssh client -- journalctl -u backup -n 20'),
      );
    },
  );

  /** Seen on one machine, since a connection takes its time; of all of them what they let the client's keys do. */
  const refused = client
    .command(
      "ssh -o BatchMode=yes -o ConnectTimeout=5 db2 'echo open-$((40 + 2))' 2>&1",
      text(
        "db2 does nothing of the client's choice for the backup's key",
        'db2 ne fait rien au gré du client pour la clé de la sauvegarde',
      ),
    )
    .doesNotPrint('open-42');
  /** `owner`'s keys are held to one command each on `machine`, which must know `least` of them. */
  const opens = (owner: CheckedMachine, machine: CheckedMachine, least: number) =>
    lab.that(
      {
        en: `${machine.name} takes a key of ${owner.name} for one command only`,
        fr: `${machine.name} n'accepte une clé de ${owner.name} que pour une seule commande`,
      },
      [
        { machine: owner.name, probe: KEYS },
        { machine: machine.name, probe: TRUSTED },
      ],
      (facts) => {
        const { known, open } = keysOf(
          facts.answer(owner.name, KEYS).out,
          facts.answer(machine.name, TRUSTED).out,
        );
        if (known >= least && open === 0) return;
        throw lab.unmet(
          plain('restrict,command="…" ssh-ed25519 …'),
          {
            en: `${known} keys, ${open} of them may do anything`,
            fr: `${known} clés, dont ${open} peuvent tout faire`,
          },
          plain(`lab ssh ${machine.name} -- cat /root/.ssh/authorized_keys`),
        );
      },
    );
  const guarded = [...databases, web1, lab.machine('web2')].map((machine) => opens(client, machine, 1));

  const versions = lab.that(
    {
      en: 'the client has versions of the files, the newest of the last minutes, with every receipt of that moment',
      fr: "le client a des versions des fichiers, la plus récente des dernières minutes, avec chaque reçu d'alors",
    },
    [{ machine: 'client', probe: VERSIONS }, of(web1, RECEIPTS)],
    (facts) => {
      const { out } = facts.answer('client', VERSIONS);
      const found = versionsOf(out);
      const limit = lab.paced(150, 300);
      const kept = rangesOf(out.split('\n')[1] ?? '');
      const live = rangesOf(facts.answer('web1', RECEIPTS).out.trim());
      const missing = missingOf(live, kept, lastOf(kept));
      // A copy shows the moment at which it began.
      const late = found ? Math.min(lastOf(live), found.made) - lastOf(kept) : 0;
      const fresh = found && found.age <= limit && late <= lag;
      if (fresh && found.count >= 3 && found.shared > 0 && missing === 0) return;
      throw lab.unmet(
        {
          en: `3 versions or more that share files, the newest at most ${limit} s old, 0 receipts missing in it`,
          fr: `3 versions ou plus qui partagent des fichiers, la plus récente de ${limit} s au plus, 0 reçu manquant`,
        },
        found
          ? {
              en: `${found.count} versions, ${found.shared > 0 ? '' : 'nothing '}shared, ${found.age} s and ${late} s, ${missing} missing`,
              fr: `${found.count} versions, ${found.shared > 0 ? '' : 'rien de '}partagé, ${found.age} s et ${late} s, ${missing} manquants`,
            }
          : seen(out),
        plain('lab ssh client -- journalctl -u backup -n 20'),
      );
    },
  );

  const tested = lab.that(
    {
      en: 'a full copy that is still there was restored with its log, and each of its rows had its receipt',
      fr: 'une copie complète encore présente a été restaurée avec son journal, et chacune de ses lignes avait son reçu',
    },
    [{ machine: 'client', probe: DATABASE }, { machine: 'client', probe: TESTED }, of(web1, CLOCK)],
    (facts) => {
      const copies = copiesOf(facts.answer('client', DATABASE).out);
      const { sold, tried } = clockOf(facts.answer('web1', CLOCK).out);
      const { out } = facts.answer('client', TESTED);
      const good = testedOf(out).some(
        ({ full, rows, newest, missing }) =>
          (copies?.all.includes(full) && missing === 0 && rows > 0) === true &&
          // Every acknowledged sale up to its newest row, and at most those that were tried.
          rows >= countOf(sold, newest) &&
          rows <= countOf(tried, newest),
      );
      if (good) return;
      throw lab.unmet(
        {
          en: 'a line of a full copy that is there, with as many rows as were sold until its newest, 0 of them without receipt',
          fr: "une ligne d'une copie complète présente, avec autant de lignes que de ventes jusqu'à sa plus récente, 0 sans reçu",
        },
        seen(out.trim().split('\n').at(-1) ?? ''),
        plain('lab ssh client -- restore-test'),
      );
    },
  );

  const alarm = lab.that(
    {
      en: 'backup-alarm on lb1 tells by the true age of the backups',
      fr: "backup-alarm sur lb1 juge d'après l'âge réel des sauvegardes",
    },
    [
      { machine: 'lb1', probe: ALARM },
      { machine: 'client', probe: VERSIONS },
    ],
    (facts) => {
      const said = facts.answer('lb1', ALARM).out.trim().split('\n');
      const age = versionsOf(facts.answer('client', VERSIONS).out)?.age ?? Number.NaN;
      const wanted = LIMITS.flatMap((limit) => {
        if (limit === 0 || limit < age - ASKED_WITHIN) return [`${limit} old`];
        return limit > age + ASKED_WITHIN ? [`${limit} fresh`] : [];
      });
      if (wanted.length >= 2 && wanted.every((line) => said.includes(line))) return;
      throw lab.unmet(
        plain(`${wanted.join(', ')} (${age} s)`),
        seen(said.join(', ')),
        plain('lab ssh lb1 -- backup-alarm 300'),
      );
    },
  );
  const shut = opens(lb1, client, 0);

  return {
    1: [
      web1.service('clock').isRunning(),
      ...databases.flatMap((db) => [
        db.sql('SELECT @@log_bin + @@log_slave_updates').returns(2),
        db.sql('SELECT COUNT(*) > 0 FROM shop.sale').returns(1),
      ]),
      ...lab.own(account),
    ],
    2: [
      full,
      shipped,
      client
        .command(
          'stat -c %a /srv/backup',
          text('only root reads the backups on the client', 'seul root lit les sauvegardes sur le client'),
        )
        .prints(/^700$/m),
      refused,
      ...guarded,
      lab
        .survives('copying', { url: `https://${lab.host}/index.php/login`, seconds: 20 })
        .withOutageOfAtMost(lab.paced(5, 10)),
    ],
    3: [versions, ...timer(client, 'backup'), ...timer(client, 'backup-full')],
    4: [tested, ...timer(client, 'backup-test')],
    5: disaster(lab),
    6: [alarm, shut, ...timer(lb1, 'backup-alarm')],
  };
}) satisfies Checks;
