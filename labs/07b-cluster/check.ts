import { createHash } from 'node:crypto';
import { plain, seen } from '../../tasks/exercises/checks/expectation.ts';
import type { Checks } from '../../tasks/exercises/checks/vocabulary/index.ts';
import { mirrorOf } from '../mirror.ts';
import { MOMENTS, placesOf, simulated } from './home.ts';

export default ((lab) => {
  const pair = [lab.machine('db1'), lab.machine('db2')];
  const [lb2, web1] = [lab.machine('lb2'), lab.machine('web1')];
  const address = lab.topology.floating.storage?.address ?? '';

  /** As the guide makes it: the key of Corosync is 128 hexadecimal digits. */
  const authkey = createHash('sha512').update(lab.vary('key')).digest('hex');
  const digest = createHash('sha256').update(authkey).digest('hex');
  const named = pair.flatMap((db) => [
    db
      .file('/etc/corosync/corosync.conf')
      .contains(new RegExp(`^\\s*cluster_name:\\s*${lab.vary('cluster')}\\s*$`, 'm')),
    db
      .command('sha256sum </etc/corosync/authkey', {
        title: { en: `Corosync on ${db.name} has your key`, fr: `le Corosync de ${db.name} a votre clé` },
      })
      .prints(digest),
  ]);

  const cluster = lab.cluster('db1');
  const sbd = {
    kind: 'command',
    command: "sed -n 's/^SBD_WATCHDOG_TIMEOUT=//p' /etc/default/sbd | tr -d '\"'",
  } as const;
  /** Fencing is on, and waits longer than the watchdog takes. */
  const certain = lab.that(
    {
      en: 'whoever takes over waits until the other one has reset itself',
      fr: "celle qui prend la relève attend que l'autre se soit réinitialisée",
    },
    [
      { machine: 'db1', probe: cluster.options },
      { machine: 'db1', probe: sbd },
    ],
    (facts) => {
      const answer = facts.answer('db1', cluster.options);
      const value = (name: string) => cluster.option(answer, name);
      const watchdog = Number(facts.answer('db1', sbd).out.trim());
      const wait = Number.parseFloat(value('stonith-watchdog-timeout') ?? '0');
      if (value('stonith-enabled') === 'true' && watchdog > 0 && wait > watchdog) return;
      throw lab.unmet(
        plain('stonith-enabled=true, stonith-watchdog-timeout > SBD_WATCHDOG_TIMEOUT'),
        seen(`stonith-enabled=${value('stonith-enabled') ?? '-'}, ${wait} s, ${watchdog} s`),
        plain('lab ssh db1 -- crm configure show'),
      );
    },
  );

  const home = `db${lab.vary('home')}`;
  const other = pair.find((db) => db.name !== home)?.name ?? '';
  const simulation = simulated(home);
  const atHome = lab.that(
    {
      en: 'Pacemaker starts the storage at its home, gives it to the other one in need, and does not fetch it back',
      fr: "Pacemaker démarre le stockage chez lui, le confie à l'autre au besoin, et ne va pas l'y rechercher",
    },
    [{ machine: 'db1', probe: simulation }],
    (facts) => {
      const { at, left } = placesOf(facts.answer('db1', simulation).out);
      const wanted = { start: home, away: other, back: other };
      if (MOMENTS.every((moment) => at[moment] === wanted[moment]) && left === 0) return;
      const told = (places: typeof wanted) =>
        [places.start, places.away, places.back].map((one) => one || '-');
      throw lab.unmet(
        {
          en: `at the start, without ${home}, and when it is back: ${told(wanted).join(', ')}; nothing left of moves by hand`,
          fr: `au démarrage, sans ${home}, et à son retour : ${told(wanted).join(', ')} ; rien qui reste de déplacements à la main`,
        },
        plain(`${told(at).join(', ')}${left > 0 ? '; cli-…, standby' : ''}`),
        plain('lab ssh db1 -- crm configure show'),
      );
    },
  );

  return {
    1: [
      lb2.service('corosync-qnetd').isRunning(),
      ...pair.flatMap((db) => [
        lab.quorum('corosync', db.name).holds(),
        lab.quorum('corosync', db.name).hasVotes(3),
      ]),
      ...lab.own(...named),
    ],
    2: [
      ...mirrorOf(lab, pair),
      lab.floating('storage').isHeldByOne(pair.map((db) => db.name)),
      web1.mount('/srv/shared').isMounted({ type: 'nfs', from: address }),
      // As the application does it: root is nobody there.
      web1.command('timeout 5 ls /srv/shared', { as: 'www-data' }).succeeds(),
    ],
    3: [...pair.map((db) => db.service('sbd').isRunning()), certain],
    4: [atHome],
  };
}) satisfies Checks;
