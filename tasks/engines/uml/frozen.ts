import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { writeFileAtomicSync } from '../../base/files.ts';
import { onInterrupt } from '../../base/interrupt.ts';
import {
  type ProcessRef,
  processTree,
  refOf,
  resumeTree,
  signalTree,
  stateOf,
  waitStopped,
} from '../../base/process.ts';

/** Written before machines are frozen for a snapshot: whoever finds it with its owner gone lets them go on. */
interface Mark {
  owner: ProcessRef | undefined;
  machines: ProcessRef[];
}

/** Seconds that machines may take to stand still; a process that waits for a disk does so only afterwards. */
const STOP_SECONDS = 5;

const thaw = async (machines: ProcessRef[]): Promise<void> => {
  await Promise.all(
    machines
      .filter((machine) => stateOf(machine) !== 'gone')
      .map((machine) => resumeTree(processTree(machine))),
  );
};

/**
 * Runs `work` while machines stand still. They go on when it ends, on Ctrl-C, and, when this process is killed, by thawLeft() of
 * the next. `work` must await what it is given before it makes its result final: once interrupted, that never comes.
 */
export async function whileFrozen(
  file: string,
  machines: ProcessRef[],
  work: (still: () => Promise<void>) => Promise<void>,
): Promise<void> {
  let interrupted = false;
  const back = async () => {
    await thaw(machines);
    rmSync(file, { force: true });
  };
  const mark: Mark = { owner: refOf(process.pid), machines };
  mkdirSync(dirname(file), { recursive: true });
  writeFileAtomicSync(file, JSON.stringify(mark));
  const forget = onInterrupt(() => {
    interrupted = true;
    return back();
  });
  try {
    const trees = machines.map((machine) => processTree(machine));
    for (const tree of trees) signalTree(tree, 'SIGSTOP');
    await Promise.all(trees.map((tree) => waitStopped(tree, STOP_SECONDS)));
    await work(() => (interrupted ? new Promise(() => undefined) : Promise.resolve()));
  } finally {
    forget();
    await back();
  }
}

/** Lets machines go on that a process left frozen which was killed while it made a snapshot. */
export async function thawLeft(file: string): Promise<void> {
  if (!existsSync(file)) return;
  const { owner, machines } = JSON.parse(readFileSync(file, 'utf8')) as Mark;
  if (owner && stateOf(owner) !== 'gone') return;
  await thaw(machines);
  rmSync(file, { force: true });
}
