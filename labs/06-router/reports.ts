import type { Probe } from '../../tasks/exercises/checks/probe.ts';

/** The account that reads for the reports. */
export const READER = 'report';
/** Connections that are made one after the other: two databases in turn have both served after two. */
const CONNECTIONS = 4;

/** Who answers connections of the reader's through `host`, and what he may do there. */
export const asked = (host: string, port: number, password: string): Probe & { kind: 'command' } => ({
  kind: 'command',
  command: `for n in ${[...Array(CONNECTIONS).keys()].join(' ')}; do MYSQL_PWD=${password} mariadb --skip-ssl-verify-server-cert -h ${host} -P ${port} -u ${READER} --connect-timeout=3 -Ne 'SELECT CONCAT("server ", @@hostname); SHOW GRANTS'; done`,
  timeout: 15,
});

/** The servers that answered, in order, and grants that are more than reading. */
export function reportedOf(out: string): { servers: string[]; more: string[] } {
  const lines = out.split('\n').map((line) => line.trim());
  return {
    servers: lines.flatMap((line) => /^server (\S+)$/.exec(line)?.[1] ?? []),
    more: lines.filter(
      (line) =>
        line.startsWith('GRANT ') &&
        !/^GRANT (USAGE|SELECT(, SHOW VIEW)?) ON (?!.*WITH GRANT OPTION)/.test(line),
    ),
  };
}
