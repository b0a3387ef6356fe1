/**
 * Pacemaker itself is asked what it would do, on a copy of its configuration in which nothing runs yet: both machines start (`start`), the
 * storage's home is away (`away`), it comes back (`back`). So any way of saying what is wanted is judged by what follows from it.
 * `left`: what moving by hand leaves behind.
 */
export const simulated = (home: string) =>
  ({
    kind: 'command',
    command: `# crm_simulate: where the storage would run
d=$(mktemp -d)
cibadmin --query >"$d/live" || { rmdir "$d"; exit 1; }
echo "left $(grep -cE '<rsc_location id="cli-|name="standby" value="(on|true|1)"' "$d/live")"
sed '/<lrm_resource /,/<\\/lrm_resource>/d' "$d/live" >"$d/cold"
place() { crm_simulate -x "$d/$1" -S -O "$d/$2" | grep ':IPaddr2' | tail -n 1 | grep -oE 'db[0-9]+$'; }
echo "start $(place cold run)"
CIB_file="$d/run" crm_standby -N ${home} -v on >&2
echo "away $(place run away)"
CIB_file="$d/away" crm_standby -N ${home} -D >&2
echo "back $(place away end)"
rm -r "$d"`,
    timeout: 10,
  }) as const;

export type Moment = 'start' | 'away' | 'back';
export const MOMENTS: Moment[] = ['start', 'away', 'back'];

export interface Places {
  /** The machine at each moment; empty: none. */
  at: Record<Moment, string>;
  left: number;
}

export function placesOf(out: string): Places {
  const said = (word: string) => new RegExp(`^${word} (\\S+)`, 'm').exec(out)?.[1] ?? '';
  return {
    at: { start: said('start'), away: said('away'), back: said('back') },
    left: Number(said('left') || Number.NaN),
  };
}
