import { plain, seen } from '../../tasks/exercises/checks/expectation.ts';
import type { CheckedMachine, Checks } from '../../tasks/exercises/checks/vocabulary/index.ts';
import { asked, reportedOf } from './reports.ts';

/** Longest wait for a database without power, and longest time until it is tried again; seconds, with fast timers and with slow ones. */
const LIMIT = { fast: 2, slow: 5 };

export default ((lab) => {
  const limit = lab.paced(LIMIT.fast, LIMIT.slow);
  const web = lab.machine('web1');
  const routers = [lab.machine('lb1'), lab.machine('lb2')];
  const databases = [lab.machine('db1'), lab.machine('db2')];
  const address = lab.topology.floating.router?.address ?? '';

  /** A database greets through `host`: its packet begins with the protocol's version and its own. */
  const greets = (host: string) =>
    web
      .command(`exec 3<>/dev/tcp/${host}/3306 && LC_ALL=C read -r -N 40 -t 3 packet <&3; echo "$packet"`, {
        title: {
          en: `a database answers web1 through ${host}`,
          fr: `une base de données répond à web1 à travers ${host}`,
        },
      })
      .prints(/MariaDB/);

  /** The account of the guide has this student's password, on whichever member one asks. */
  const account = lab.any(
    { en: 'the account visitor has your password', fr: 'le compte visitor a votre mot de passe' },
    ...databases.map((db) =>
      db
        .sql(
          `SELECT DISTINCT authentication_string = PASSWORD('${lab.vary('password')}') FROM mysql.user WHERE User = 'visitor'`,
        )
        .returns(1),
    ),
  );

  const setting = (lb: CheckedMachine, name: string) => {
    const probe = { kind: 'command', command: 'cat /etc/mysqlrouter/mysqlrouter.conf' } as const;
    return lab.that(
      {
        en: `${name} of ${lb.name} is at most ${limit} s`,
        fr: `${name} de ${lb.name} vaut au plus ${limit} s`,
      },
      [{ machine: lb.name, probe }],
      (facts) => {
        const { out } = facts.answer(lb.name, probe);
        const said = new RegExp(`^\\s*${name}\\s*=\\s*(\\d+)`, 'm').exec(out)?.[1];
        if (said && Number(said) <= limit) return;
        throw lab.unmet(
          plain(`${name} ≤ ${limit}`),
          seen(said ? `${name} = ${said}` : ''),
          plain(`lab ssh ${lb.name} -- less /etc/mysqlrouter/mysqlrouter.conf`),
        );
      },
    );
  };

  const look = (port: number) => plain(`lab ssh web1 -- mariadb -h ${address} -P ${port} -u report -p`);
  const reports = (lb: CheckedMachine) => {
    const probe = asked(lb.address, 3307, lab.vary('password'));
    return lab.that(
      {
        en: `port 3307 of ${lb.name} spreads readers over both databases, and they may only read`,
        fr: `le port 3307 de ${lb.name} répartit les lecteurs sur les deux bases, et ils ne peuvent que lire`,
      },
      [{ machine: web.name, probe }],
      (facts) => {
        const { out, err = '' } = facts.answer(web.name, probe);
        const { servers, more } = reportedOf(out);
        if (databases.every((db) => servers.includes(db.name)) && more.length === 0) return;
        throw lab.unmet(
          { en: 'db1 and db2, SELECT only', fr: 'db1 et db2, SELECT seulement' },
          seen(more[0] ?? (servers.join(', ') || err)),
          look(3307),
        );
      },
    );
  };
  /** What writes goes to one database, as before. */
  const writes = (lb: CheckedMachine) => {
    const probe = asked(lb.address, 3306, lab.vary('password'));
    return lab.that(
      {
        en: `port 3306 of ${lb.name} still leads to one database`,
        fr: `le port 3306 de ${lb.name} mène toujours à une seule base`,
      },
      [{ machine: web.name, probe }],
      (facts) => {
        const { out, err = '' } = facts.answer(web.name, probe);
        const { servers } = reportedOf(out);
        if (new Set(servers).size === 1) return;
        throw lab.unmet(
          { en: 'always the same one', fr: 'toujours la même' },
          seen(servers.join(', ') || err),
          look(3306),
        );
      },
    );
  };

  return {
    1: [
      ...routers.flatMap((lb) => [
        lb.service('mysqlrouter').isRunning(),
        lb.service('mysqlrouter').isEnabled(),
        greets(lb.address),
      ]),
      ...lab.own(account),
    ],
    2: [
      ...routers.map((lb) => lb.service('keepalived').isRunning()),
      lab.floating('router').isHeldByOne(routers.map((lb) => lb.name)),
      greets(address),
    ],
    3: [
      // A database answers behind the address, and each port tells the truth about its own.
      greets(address),
      ...databases.flatMap((db) => [
        db.service('galera-gate').isRunning(),
        lab.quorum('galera', db.name).holds(),
        // Open where the database can serve, seen from where Router asks.
        ...routers.map((lb) => lb.reaches(db.address, 3306)),
      ]),
    ],
    4: routers.flatMap((lb) => [setting(lb, 'connect_timeout'), setting(lb, 'error_quarantine_interval')]),
    5: routers.flatMap((lb) => [reports(lb), writes(lb)]),
  };
}) satisfies Checks;
