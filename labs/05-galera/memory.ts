/** What Galera remembers for those that were away: gcache.size. */

export const IN_FORCE = { kind: 'sql', query: 'SELECT @@wsrep_provider_options' } as const;

/** What the next start will read. */
export const WRITTEN = {
  kind: 'command',
  command: 'my_print_defaults --mysqld mariadbd | grep wsrep[-_]provider[-_]options | tail -n 1',
} as const;

const UNITS: Record<string, number> = { '': 1, K: 1024, M: 1024 ** 2, G: 1024 ** 3 };

/** Bytes of gcache.size among the options; undefined where it is not named. The last one counts. */
export function bytesOf(options: string): number | undefined {
  const [, number, unit] = [...options.matchAll(/gcache\.size\s*=\s*(\d+)([KMG]?)/gi)].at(-1) ?? [];
  return number === undefined ? undefined : Number(number) * (UNITS[(unit ?? '').toUpperCase()] ?? 1);
}
