/**
 * What DRBD does with a split brain: as it runs (`drbdsetup show` leaves defaults out), and as the file will have it at the next start. The secret
 * that both print stays on the machine.
 */
export const POLICIES = {
  kind: 'command',
  command:
    "drbdsetup show shared | grep -E '^resource|after-sb-'; echo --; drbdadm dump shared | grep -E '^resource|after-sb-'",
} as const;

/** What DRBD takes where nothing is said: it waits for somebody who chooses. */
const DEFAULT = 'disconnect';

/** With none, one or two of them primary when they meet again. */
export type Policies = [string, string, string];

/** Nothing that was acknowledged is lost, and nobody is woken where one of the two has written nothing. */
export const WANTED: Policies = ['discard-zero-changes', 'consensus', DEFAULT];

/** In the kernel, and in the file; undefined where the answer has no such resource. */
export function policiesOf(out: string): { runs: Policies | undefined; written: Policies | undefined } {
  const [runs = '', written = ''] = out.split(/^--$/m);
  const of = (text: string): Policies | undefined => {
    if (!/^resource "?shared"? \{/m.test(text)) return undefined;
    const policy = (primaries: number) =>
      new RegExp(`^\\s*after-sb-${primaries}pri\\s+([\\w-]+);`, 'm').exec(text)?.[1] ?? DEFAULT;
    return [policy(0), policy(1), policy(2)];
  };
  return { runs: of(runs), written: of(written) };
}
