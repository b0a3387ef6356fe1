import { type Expectation, plain, seen } from '../tasks/exercises/checks/expectation.ts';
import type { CheckedMachine, Vocabulary } from '../tasks/exercises/checks/vocabulary/index.ts';

/** Redis's password, from whichever file this machine's Redis reads. `redis` asks it: tasks/inspect/asking.sh. */
export const PASSWORD =
  'read -r password < <(grep -hsoP \'^requirepass "?\\K[^"]+\' /etc/redis/redis.conf /etc/redis/lab.conf)';

/** Where PHP keeps its sessions: the last setting of the pool wins. */
const PATH =
  'path=$(grep -rhsoP \'^php_admin_value.session.save_path. = "?tcp://\\K[^?"]+\' /etc/php/*/fpm/pool.d | tail -n 1)';

/** What PHP writes its sessions to is on this machine, knows every Redis, and leads to the one that is master. */
export function followsMaster(lab: Vocabulary, web: CheckedMachine, webs: CheckedMachine[]): Expectation {
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
      if (local && /^master$/m.test(out) && webs.every((other) => known.has(other.name)) && down) return;
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
}
