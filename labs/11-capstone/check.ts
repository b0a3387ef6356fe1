import { plain, seen } from '../../tasks/exercises/checks/expectation.ts';
import type { CheckedMachine, Checks } from '../../tasks/exercises/checks/vocabulary/index.ts';
import { STATS, serversOf } from '../haproxy.ts';

/** keepalived's configuration of the lab's addresses, without comments. */
const KEEPALIVED =
  "cat /etc/keepalived/keepalived.conf /etc/keepalived/*/*.conf 2>/dev/null | sed 's/[#!].*//'";

export default ((lab) => {
  const client = lab.machine('client');
  const [balancers, webs, databases] = [lab.machines('lb'), lab.machines('web'), lab.machines('database')];
  const storages = lab.machines('storage');
  const [front = '', router = ''] = [lab.topology.floating.front, lab.topology.floating.router].map(
    (floating) => floating?.address ?? '',
  );

  /** This load balancer asks for a page before it trusts a web machine, whatever the answer is now. */
  const asks = (lb: CheckedMachine, web: CheckedMachine) => {
    const probe = { kind: 'command', command: STATS } as const;
    return lab.that(
      {
        en: `${lb.name} checks the health of ${web.name} by a request`,
        fr: `${lb.name} contrôle la santé de ${web.name} par une requête`,
      },
      [{ machine: lb.name, probe }],
      (facts) => {
        const { out } = facts.answer(lb.name, probe);
        const found = serversOf(out).filter((server) => server.address.startsWith(`${web.address}:`));
        if (found.some((server) => /^(\* )?L7/.test(server.check))) return;
        throw lab.unmet(
          plain('L7…'),
          seen(found.map((server) => `${server.name} ${server.status} ${server.check || '-'}`).join(', ')),
          plain(`lab ssh ${lb.name} -- "echo show stat | socat - /run/haproxy/admin.sock"`),
        );
      },
    );
  };
  /** The address stays where it is, and follows its process. */
  const elects = (machine: CheckedMachine, address: string) => {
    const probe = { kind: 'command', command: KEEPALIVED } as const;
    return lab.that(
      {
        en: `${machine.name} holds ${address} only with its process, and does not take it back`,
        fr: `${machine.name} ne porte ${address} qu'avec son processus, et ne la reprend pas`,
      },
      [{ machine: machine.name, probe }],
      (facts) => {
        const { out } = facts.answer(machine.name, probe);
        const instance = out.split(/^(?=vrrp_)/m).find((name) => name.includes(`${address}/`)) ?? '';
        const missing = ['nopreempt', 'track_process'].filter(
          (word) => !new RegExp(`^\\s*${word}\\b`, 'm').test(instance),
        );
        if (missing.length === 0) return;
        throw lab.unmet(
          plain('nopreempt, track_process'),
          { en: `no ${missing.join(', ')}`, fr: `pas de ${missing.join(', ')}` },
          plain(`lab ssh ${machine.name} -- less /etc/keepalived/conf.d/*.conf`),
        );
      },
    );
  };
  const text = (en: string, fr: string) => ({ title: { en, fr } });

  const kept = [
    ...lab.topology.machines.map(({ name }) =>
      lab
        .machine(name)
        .command(
          'nft list chain inet lab input',
          text(`${name} drops what is not allowed in`, `${name} jette ce qui n'est pas permis`),
        )
        .prints('policy drop'),
    ),
    ...balancers.flatMap((lb) => webs.map((web) => asks(lb, web))),
    ...balancers.map((lb) => elects(lb, front)),
    ...lab.machines('router').map((machine) => elects(machine, router)),
    ...balancers.flatMap((lb) => [lb.service('haproxy').isEnabled(), lb.service('keepalived').isEnabled()]),
    ...lab.machines('router').map((machine) => machine.service('mysqlrouter').isEnabled()),
    ...lab.machines('arbitrator').map((machine) => machine.service('garb').isEnabled()),
    ...lab.machines('quorum-device').map((machine) => machine.service('corosync-qnetd').isEnabled()),
    ...lab.machines('sentinel').map((machine) => machine.service('redis-sentinel').isEnabled()),
    ...webs.flatMap((web) => [web.service('apache2').isEnabled(), web.service('php8.4-fpm').isEnabled()]),
    ...lab
      .machines('session')
      .map((machine) =>
        machine
          .command(
            'redis 127.0.0.1:6379 "" PING',
            text(
              `Redis on ${machine.name} wants a password`,
              `le Redis de ${machine.name} exige un mot de passe`,
            ),
          )
          .prints('NOAUTH'),
      ),
    ...databases.flatMap((db) => [
      db.service('galera-gate').isEnabled(),
      db.sql('SELECT @@wsrep_provider_options').contains(/pc\.ignore_quorum = false/),
      db.sql('SELECT @@wsrep_provider_options').contains(/pc\.ignore_sb = false/),
    ]),
    ...storages.flatMap((storage) => [
      storage.service('sbd').isEnabled(),
      lab.cluster(storage.name).hasOption('stonith-enabled', 'true'),
      lab.cluster(storage.name).hasOption('no-quorum-policy', 'stop', 'suicide', 'fence'),
    ]),
  ];

  // Nextcloud sends a visitor on to its login.
  const page = client.http(`https://${lab.host}/`, { times: 4, follow: true });
  return {
    1: [lab.incident('training').wasMade(), lab.incident('training').isExplained()],
    2: [lab.incident(1).wasMade(), lab.incident(1).isExplained()],
    3: [lab.incident(2).wasMade(), lab.incident(2).isExplained()],
    4: [lab.incident(1).wasMade(), page.answers(200), lab.isWhole({ quiet: true })],
    5: [lab.incident(1).wasMade(), ...kept],
  };
}) satisfies Checks;
