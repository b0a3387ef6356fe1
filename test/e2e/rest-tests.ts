import { expect } from 'chai';
import { existingEnvironment } from '../../tasks/environment/record.ts';
import { lab } from './run.ts';

/** Processes that all machines together may start within a window: one in two seconds. */
const MOST = 30;
const WINDOW_SECONDS = 60;
/** Windows until the lab must have settled: what went before may still end in the first. */
const WINDOWS = 3;

/**
 * Reads how many processes the machine has started before and after the window, in one bash that starts nothing in between:
 * it reads files by itself, and waits by reading from a pipe that nobody writes to. Before it counts it waits until what its own
 * login started is done. The kernel's number holds threads (of databases, of the kernel itself) as well.
 */
const COUNT = `set -e
f=/run/lab-rest.$$; mkfifo -m 600 "$f"; exec 3<>"$f"; rm "$f"
started() { local name; while read -r name started _; do if [ "$name" = processes ]; then break; fi; done </proc/stat; }
pause() { read -r -t "$1" -u 3 || true; }
pause 5; started; before=$started; pause ${WINDOW_SECONDS}; started; echo $((started - before))`;

/** Tests of a lab that is completely up and that nobody uses. */
export function restTests(name: string): void {
  it('starts next to no process while nobody uses it', async () => {
    const { topology } = await existingEnvironment(name);
    const seen: string[] = [];
    for (let window = 0; window < WINDOWS; window += 1) {
      const counts = await Promise.all(
        topology.machines.map(async ({ name: machine }) => {
          const ran = await lab(['ssh', '--name', name, machine, '--', COUNT]);
          expect(ran.stdout, `${machine}: ${ran.output}`).to.match(/^\d+\n$/);
          return { machine, started: Number(ran.stdout) };
        }),
      );
      const sum = counts.reduce((total, count) => total + count.started, 0);
      seen.push(
        `${sum} (${counts
          .filter(({ started }) => started > 0)
          .map(({ machine, started }) => `${machine} ${started}`)
          .join(', ')})`,
      );
      if (sum <= MOST) break;
    }
    console.log(`      started in ${WINDOW_SECONDS} s: ${seen.join('; ')}`);
    const last = Number.parseInt(seen.at(-1) ?? '', 10);
    expect(
      last,
      `processes started in ${WINDOW_SECONDS} s; which: npm run bench -- --cost --lab ${name}`,
    ).to.be.at.most(MOST);
  });
}
