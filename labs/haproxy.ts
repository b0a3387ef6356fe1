import { type Expectation, plain, seen } from '../tasks/exercises/checks/expectation.ts';
import type { CheckedMachine, Vocabulary } from '../tasks/exercises/checks/vocabulary/index.ts';
import { parseStat } from '../tasks/inspect/haproxy.ts';

/** The command that prints what HAProxy knows of its servers, wherever its socket is. */
export const STATS =
  'socket=$(awk \'$1 == "stats" && $2 == "socket" { print $3; exit }\' /etc/haproxy/haproxy.cfg); [ "$socket" ] || socket=/run/haproxy/admin.sock; echo "show stat" | socat -T 3 - "$socket"';

interface Server {
  name: string;
  address: string;
  status: string;
  check: string;
}

/** The servers of `show stat`. */
export const serversOf = (csv: string): Server[] =>
  parseStat(csv).map(({ name, status, columns }) => ({
    ...{ name, status },
    address: columns.addr ?? '',
    check: columns.check_status ?? '',
  }));

/** `lb` asks `web` for a page, again and again, and finds it well; a connection alone is not enough. */
export function watchedBy(lab: Vocabulary, lb: CheckedMachine, web: CheckedMachine): Expectation {
  const probe = { kind: 'command', command: STATS } as const;
  return lab.that(
    {
      en: `${lb.name} asks ${web.name} for a page to know whether it lives`,
      fr: `${lb.name} demande une page à ${web.name} pour savoir si elle est vivante`,
    },
    [{ machine: lb.name, probe }],
    (facts) => {
      const { out } = facts.answer(lb.name, probe);
      const servers = serversOf(out).filter((server) => server.address.startsWith(`${web.address}:`));
      if (servers.some((server) => server.check.replace(/^\* /, '') === 'L7OK')) return;
      throw lab.unmet(
        plain(`${web.name} L7OK`),
        seen(servers.map((server) => `${server.name} ${server.status} ${server.check || '-'}`).join(', ')),
        plain(
          `lab ssh ${lb.name} -- "echo show stat | socat - /run/haproxy/admin.sock | cut -d, -f1,2,18,37"`,
        ),
      );
    },
  );
}
