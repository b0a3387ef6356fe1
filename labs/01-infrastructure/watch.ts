/** What the student's own watcher on the client says. */

export const WATCH = {
  kind: 'command',
  command:
    't=$(stat -c %Y /root/watch) && echo $((EPOCHSECONDS - t)) && cat /root/watch; echo; cat /root/losses',
} as const;

/** Machines are told apart from each other by their name, states by their word; the last word of each machine counts. */
export interface Watched {
  /** Seconds since it looked last; NaN: there is no file. */
  age: number;
  now: Map<string, string>;
  /** Seconds since 1970, in the order of the file. */
  changes: { at: number; machine: string; what: string }[];
}

export function watchedOf(out: string): Watched {
  const [said = '', noted = ''] = out.split(/\n\n|^\n/);
  const [age = '', ...states] = said.split('\n');
  return {
    age: /^-?\d+$/.test(age) ? Number(age) : Number.NaN,
    now: new Map(
      states.flatMap((line) => {
        const [, machine, what] = /^\s*(\S+)\s+(\S+)\s*$/.exec(line) ?? [];
        return machine && what ? [[machine, what] as const] : [];
      }),
    ),
    changes: [...noted.matchAll(/^\s*(\d+)(?:\.\d+)?\s+(\S+)\s+(\S+)\s*$/gm)].map(
      ([, at = '', machine = '', what = '']) => ({ at: Number(at), machine, what }),
    ),
  };
}

/** A loss of `machine` was noted within so many seconds after one of its stops, and its return after that. */
export function noticed({ changes }: Watched, machine: string, stops: number[], within: number): boolean {
  const own = changes.filter((change) => change.machine === machine);
  return own.some(
    ({ at, what }, index) =>
      what === 'lost' &&
      // Whole seconds on both sides.
      stops.some((stop) => at >= stop - 1 && at <= stop + within + 1) &&
      own.slice(index + 1).some((later) => later.what === 'back'),
  );
}
