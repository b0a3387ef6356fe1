import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { writeWholeSync } from '../../host/files.ts';
import { onInterrupt } from '../../ui/interrupt.ts';
import { familyOf, type ProcessRef, refOf, signalFamily, stateOf, wakeFamily } from './process.ts';

/** Written before machines are frozen for a snapshot: whoever finds it with its owner gone lets them go on. */
interface Mark {
  owner: ProcessRef | undefined;
  machines: ProcessRef[];
}

const thaw = async (machines: ProcessRef[]): Promise<void> => {
  await Promise.all(
    machines.filter((one) => stateOf(one) !== 'gone').map((one) => wakeFamily(familyOf(one))),
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
  writeWholeSync(file, JSON.stringify(mark));
  const forget = onInterrupt(() => {
    interrupted = true;
    return back();
  });
  try {
    for (const machine of machines) signalFamily(familyOf(machine), 'SIGSTOP');
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
