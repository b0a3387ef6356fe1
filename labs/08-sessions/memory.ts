import { PASSWORD } from '../redis.ts';

/** What a full Redis does: in force, and what the next start will read. */
export const LIMITS = {
  kind: 'command',
  command: `${PASSWORD}; redis 127.0.0.1:6379 "$password" "CONFIG GET maxmemory" "CONFIG GET maxmemory-policy"; echo; grep -hsE '^maxmemory' /etc/redis/redis.conf /etc/redis/lab.conf`,
} as const;

const UNITS: Record<string, number> = {
  ...{ '': 1, b: 1, k: 1e3, kb: 1024, m: 1e6, mb: 1024 ** 2, g: 1e9, gb: 1024 ** 3 },
};

export interface Limit {
  /** Bytes; 0: none. */
  memory: number;
  policy: string;
}

function limitOf(text: string): Limit {
  const [, number, unit] = [...text.matchAll(/^maxmemory\s+"?(\d+)([kmgb]*)/gim)].at(-1) ?? [];
  const policy = [...text.matchAll(/^maxmemory-policy\s+"?([\w-]+)/gm)].at(-1)?.[1] ?? 'noeviction';
  return { memory: Number(number ?? 0) * (UNITS[(unit ?? '').toLowerCase()] ?? Number.NaN), policy };
}

/** What is in force, and what is written. */
export function limitsOf(text: string): [now: Limit, next: Limit] {
  const [now = '', next = ''] = text.split(/\n\n/);
  return [limitOf(now), limitOf(next)];
}

/** A limit, and the session that was not used for longest goes first. */
export const givesWay = ({ memory, policy }: Limit): boolean =>
  memory > 0 && /^(allkeys|volatile)-l[rf]u$/.test(policy);
