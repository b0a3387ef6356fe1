import { plain, seen } from '../../tasks/exercises/checks/expectation.ts';
import type { CheckedMachine, Checks } from '../../tasks/exercises/checks/vocabulary/index.ts';

/** Redis's password, from whichever file this machine's Redis reads. `redis` asks it: tasks/inspect/asking.sh. */
const PASSWORD =
  'read -r password < <(grep -hsoP \'^requirepass "?\\K[^"]+\' /etc/redis/redis.conf /etc/redis/lab.conf)';
const INFO = `${PASSWORD}; redis 127.0.0.1:6379 "$password" "INFO replication"`;
/** Where PHP keeps its sessions: the last setting of the pool wins. */
const PATH =
  'path=$(grep -rhsoP \'^php_admin_value.session.save_path. = "?tcp://\\K[^?"]+\' /etc/php/*/fpm/pool.d | tail -n 1)';

export default ((lab) => {
  const client = lab.machine('client');
  const webs = [lab.machine('web1'), lab.machine('web2')];
  const voters = [...webs, lab.machine('lb2')];
  const info = { kind: 'command', command: INFO } as const;

  /** One of them is master, the other one copies it and is in sync. */
  const replicated = lab.that(
    { en: 'one Redis is master, the other one copies it', fr: "un Redis est maître, l'autre le recopie" },
    webs.map((web) => ({ machine: web.name, probe: info })),
    (facts) => {
      const said = webs.map((web) => facts.answer(web.name, info).out);
      const masters = said.filter((name) => /^role:master/m.test(name));
      const copies = said.filter((name) => /^role:slave/m.test(name) && /^master_link_status:up/m.test(name));
      if (masters.length === 1 && copies.length === said.length - 1) return;
      const roles = said.map((text, at) => {
        const word = (name: string) => new RegExp(`^${name}:(\\S+)`, 'm').exec(text)?.[1] ?? '-';
        return `${webs[at]?.name} ${word('role')} ${word('master_link_status')}`;
      });
      throw lab.unmet(
        {
          en: 'a master, and a replica with its link up',
          fr: 'un maître, et une réplique dont le lien est up',
        },
        plain(roles.join(', ')),
        plain('lab ssh web1 -- redis-cli info replication'),
      );
    },
  );

  const takes = (web: CheckedMachine) =>
    web
      .command(`redis 127.0.0.1:6379 ${lab.vary('password')} PING`, {
        title: {
          en: `Redis on ${web.name} takes your password`,
          fr: `le Redis de ${web.name} accepte votre mot de passe`,
        },
      })
      // A Redis without a password says that first.
      .prints(/^PONG/);

  const visits = client.command(`curl -s --max-time 8 -b '' https://${lab.host}/session{,,,,,}`, {
    timeout: 20,
    title: {
      en: 'six visits of one visitor, whichever machine answers',
      fr: "six visites d'un même visiteur, quelle que soit la machine qui répond",
    },
  });

  /** What PHP writes its sessions to is on this machine, and is a master. */
  const follows = (web: CheckedMachine) => {
    const probe = {
      kind: 'command',
      command: `${PATH}; echo "path $path"; ${PASSWORD}; read -r role < <(redis "$path" "$password" ROLE); echo "$role"; echo show stat | socat -T 2 - "$(awk '$1 == "stats" { print $3; exit }' $(grep -lE "bind .*:\${path##*:}( |$)" /etc/haproxy/*.cfg))" | awk -F, '$2 ~ /^web/ { print "knows", $2, $18 }'`,
    } as const;
    return lab.that(
      {
        en: `the sessions of ${web.name} follow the master`,
        fr: `les sessions de ${web.name} suivent le maître`,
      },
      [{ machine: web.name, probe }],
      (facts) => {
        const { out } = facts.answer(web.name, probe);
        const local = /^path (127\.|localhost)/m.test(out);
        const known = new Set([...out.matchAll(/^knows (web\d+) /gm)].map((match) => match[1]));
        // It knows both, and only the master is up for it.
        const down = /^knows web\d+ DOWN/m.test(out);
        if (local && /^master$/m.test(out) && webs.every((web) => known.has(web.name)) && down) return;
        throw lab.unmet(
          {
            en: 'an address of this machine that leads to the master only',
            fr: 'une adresse de cette machine, qui ne mène qu’au maître',
          },
          seen(out),
          plain(`lab ssh ${web.name} -- grep -r session.save /etc/php/8.4/fpm/pool.d`),
        );
      },
    );
  };

  return {
    1: [
      ...webs.map((web) => web.service('redis-server').isRunning()),
      replicated,
      ...lab.own(...webs.map(takes)),
    ],
    2: [visits.prints(/"count":6\b/), visits.prints(/"web1"/), visits.prints(/"web2"/)],
    3: voters.flatMap((voter) => [
      lab.quorum('sentinel', voter.name).holds(),
      lab.quorum('sentinel', voter.name).hasVotes(3),
    ]),
    4: webs.map(follows),
  };
}) satisfies Checks;
