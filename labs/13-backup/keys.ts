/** On a machine: its own public keys. */
export const KEYS = { kind: 'command', command: 'cat /root/.ssh/*.pub 2>/dev/null || true' } as const;

/** On a machine: whom it lets in, and for what. */
export const TRUSTED = { kind: 'command', command: 'cat /root/.ssh/authorized_keys' } as const;

/** How many lines of a machine let one of these keys in, and how many of them for more than one command. */
export function keysOf(own: string, trusted: string): { known: number; open: number } {
  const keys = own.split('\n').flatMap((line) => /^\S+ (AAAA\S+)/.exec(line)?.[1] ?? []);
  const lines = trusted
    .split('\n')
    .filter((line) => !line.trimStart().startsWith('#') && keys.some((key) => line.includes(key)));
  const held = /^\s*(?=\S*\brestrict\b)(?:"[^"]*"|[^\s"])*\bcommand="[^"]+"/;
  return { known: lines.length, open: lines.filter((line) => !held.test(line)).length };
}
