import { plain, seen } from '../../tasks/checks/expectation.ts';
import type { CheckedMachine, Checks } from '../../tasks/checks/vocabulary/index.ts';
import { STATS, serversOf } from '../haproxy.ts';

/** keepalived's configuration of the lab's addresses, without comments. */
const KEEPALIVED =
  "cat /etc/keepalived/keepalived.conf /etc/keepalived/*/*.conf 2>/dev/null | sed 's/[#!].*//'";

export default ((lab) => {
  const client = lab.machine('client');
  const [balancers, webs, databases] = [lab.machines('lb'), lab.machines('web'), lab.machines('database')];
  const storages = lab.machines('storage');
  const [front = '', router = ''] = [lab.topology.floating.front, lab.topology.floating.router].map(
    (one) => one?.address ?? '',
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
        const found = serversOf(out).filter((one) => one.address.startsWith(`${web.address}:`));
        if (found.some((one) => /^(\* )?L7/.test(one.check))) return;
        throw lab.unmet(
          plain('L7…'),
          seen(found.map((one) => `${one.name} ${one.status} ${one.check || '-'}`).join(', ')),
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
        const instance = out.split(/^(?=vrrp_)/m).find((one) => one.includes(`${address}/`)) ?? '';
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
    ...lab.machines('router').map((one) => elects(one, router)),
    ...balancers.flatMap((lb) => [lb.service('haproxy').isEnabled(), lb.service('keepalived').isEnabled()]),
    ...lab.machines('router').map((one) => one.service('mysqlrouter').isEnabled()),
    ...lab.machines('arbitrator').map((one) => one.service('garb').isEnabled()),
    ...lab.machines('quorum-device').map((one) => one.service('corosync-qnetd').isEnabled()),
    ...lab.machines('sentinel').map((one) => one.service('redis-sentinel').isEnabled()),
    ...webs.flatMap((one) => [one.service('apache2').isEnabled(), one.service('php8.4-fpm').isEnabled()]),
    ...lab
      .machines('session')
      .map((one) =>
        one
          .command(
            'redis 127.0.0.1:6379 "" PING',
            text(`Redis on ${one.name} wants a password`, `le Redis de ${one.name} exige un mot de passe`),
          )
          .prints('NOAUTH'),
      ),
    ...databases.flatMap((db) => [
      db.service('galera-gate').isEnabled(),
      db.sql('SELECT @@wsrep_provider_options').contains(/pc\.ignore_quorum = false/),
      db.sql('SELECT @@wsrep_provider_options').contains(/pc\.ignore_sb = false/),
    ]),
    ...storages.flatMap((one) => [
      one.service('sbd').isEnabled(),
      lab.cluster(one.name).hasOption('stonith-enabled', 'true'),
      lab.cluster(one.name).hasOption('no-quorum-policy', 'stop', 'suicide', 'fence'),
    ]),
  ];

  const page = client.http(`https://${lab.host}/`, { times: 4 });
  return {
    1: [lab.incident('training').wasMade(), lab.incident('training').isExplained()],
    2: [lab.incident(1).wasMade(), lab.incident(1).isExplained()],
    3: [lab.incident(2).wasMade(), lab.incident(2).isExplained()],
    4: [lab.incident(1).wasMade(), page.answers(200), lab.isWhole({ quiet: true })],
    5: [lab.incident(1).wasMade(), ...kept],
  };
}) satisfies Checks;
