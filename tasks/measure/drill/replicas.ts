import { hostNamed, quote, runRemote } from '../../remote/ssh.ts';
import { timeoutFactor } from '../../roles/timers.ts';
import { machinesOf } from '../../topology/model.ts';
import type { DrillSite } from './site.ts';
import type { Place } from './writes.ts';

/**
 * What each database by itself holds of a drill's rows: the application only sees the one that Router leads to, and a
 * row that is missing on the other is lost with the next fault. For the sample application.
 */
export async function rowsOn(site: DrillSite, prefix: string): Promise<Place[]> {
  const hosts = await site.engine.sshHosts();
  const start = `${prefix} row `;
  // The prefix is made by the kit: letters, digits and hyphens.
  const query = `SELECT SUBSTRING(text, ${start.length + 1}), COUNT(*) FROM note WHERE text LIKE '${start}%' GROUP BY 1`;
  return Promise.all(
    machinesOf(site.topology, 'database').map(async ({ name }) => {
      const host = hostNamed(hosts, name);
      const result = await runRemote(host, `mariadb -N -B app -e ${quote(query)}`, {
        timeout: 60 * timeoutFactor(site.facts),
      });
      if (result.code !== 0) return { name, found: undefined };
      const rows = result.stdout
        .split('\n')
        .filter(Boolean)
        .map((line): [string, number] => {
          const [number = '', count = '0'] = line.split('\t');
          return [number, Number(count)];
        });
      return { name, found: Object.fromEntries(rows) };
    }),
  );
}
