import { expect } from 'chai';
import { existingEnvironment } from '../../tasks/environment/record.ts';
import { lab } from './run.ts';

/** Processes that all machines together may start within a window: one in two seconds. */
const MOST = 30;
/** Pages of memory that all machines together may touch for the first time within a window: Pacemaker's daemons alone touched 14,500 once. */
const MOST_FAULTS = 3000;
const WINDOW_SECONDS = 60;
/** Windows until the lab must have settled: what went before may still end in the first. */
const WINDOWS = 3;

/**
 * Reads how many processes the machine has started, and how many page faults it had, before and after the window, in one bash that starts nothing in between:
 * it reads files by itself, and waits by reading from a pipe that nobody writes to. Before it counts it waits until what its own
 * login started is done. The kernel's number holds threads (of databases, of the kernel itself) as well.
 */
const COUNT = `set -e
f=/run/lab-rest.$$; mkfifo -m 600 "$f"; exec 3<>"$f"; rm "$f"
number() { local name; while read -r name number _; do if [ "$name" = "$2" ]; then break; fi; done <"$1"; }
pause() { read -r -t "$1" -u 3 || true; }
look() { number /proc/stat processes; started=$number; number /proc/vmstat pgfault; faults=$number; }
pause 5; look; before=$started; touched=$faults; pause ${WINDOW_SECONDS}; look; echo $((started - before)) $((faults - touched))`;

/** Tests of a lab that is completely up and that nobody uses. */
export function restTests(name: string): void {
  it('starts next to no process, and touches next to no new page, while nobody uses it', async () => {
    const { topology } = await existingEnvironment(name);
    const seen: string[] = [];
    let last = { started: 0, faults: 0 };
    for (let window = 0; window < WINDOWS; window += 1) {
      const counts = await Promise.all(
        topology.machines.map(async ({ name: machine }) => {
          const ran = await lab(['ssh', '--name', name, machine, '--', COUNT]);
          expect(ran.stdout, `${machine}: ${ran.output}`).to.match(/^\d+ \d+\n$/);
          const [started = 0, faults = 0] = ran.stdout.split(' ').map(Number);
          return { machine, started, faults };
        }),
      );
      const sum = (what: 'started' | 'faults') => counts.reduce((total, count) => total + count[what], 0);
      last = { started: sum('started'), faults: sum('faults') };
      seen.push(
        `${last.started} processes, ${last.faults} page faults (${counts
          .map(({ machine, started, faults }) => `${machine} ${started}, ${faults}`)
          .join('; ')})`,
      );
      if (last.started <= MOST && last.faults <= MOST_FAULTS) break;
    }
    console.log(`      in ${WINDOW_SECONDS} s: ${seen.join('\n      then ')}`);
    const hint = `in ${WINDOW_SECONDS} s; by what: npm run bench -- --cost --lab ${name}`;
    expect(last.started, `processes started ${hint}`).to.be.at.most(MOST);
    expect(last.faults, `page faults ${hint}`).to.be.at.most(MOST_FAULTS);
  });
}
