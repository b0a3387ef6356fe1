import { spawn } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync, statSync } from 'node:fs';
import { writeFileAtomic } from '../../base/files.ts';
import {
  type ProcessRef,
  processorSecondsOf,
  processTree,
  refOf,
  resumeTree,
  signalTree,
  stateOf,
  waitGone,
} from '../../base/process.ts';
import type { Named, PowerState } from '../engine.ts';
import type { UmlPaths } from './paths.ts';

/** Starts a program that outlives this process, in a session of its own; what it prints is added to a file. */
export function startDetached(program: string, args: string[], logFile: string): ProcessRef {
  const log = openSync(logFile, 'a');
  const child = spawn(program, args, { detached: true, stdio: ['ignore', log, log], cwd: '/' });
  closeSync(log);
  child.on('error', () => undefined);
  child.unref();
  const ref = child.pid ? refOf(child.pid) : undefined;
  if (!ref) throw new Error(`${program} could not be started`);
  return ref;
}

/** Ends a process and all that it started, at once. */
export async function killTree(ref: ProcessRef): Promise<void> {
  const tree = processTree(ref);
  signalTree(tree, 'SIGKILL');
  await waitGone(tree, 10);
}

/** Machines as processes of this computer: each is the tree below one program, which is remembered in a file. */
export class MachineProcesses {
  constructor(private readonly paths: UmlPaths) {}

  /** What a machine was last started as, alive or not; undefined when it never was. */
  ref(machine: Named): ProcessRef | undefined {
    const file = this.paths.process(machine);
    return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as ProcessRef) : undefined;
  }

  /** A machine without a process is off when it has a disk, and absent otherwise. */
  stateOf(machine: Named): PowerState {
    const ref = this.ref(machine);
    const state = ref ? stateOf(ref) : 'gone';
    if (state === 'gone') return existsSync(this.paths.cow(machine)) ? 'off' : 'absent';
    return state === 'stopped' ? 'frozen' : 'running';
  }

  /** Starts a machine: `program` with `args`, whose errors go to the machine's console file. It outlives this process. */
  async start(machine: Named, program: string, args: string[]): Promise<void> {
    const ref = startDetached(program, args, this.paths.console(machine));
    // Whole or not at all: other machines that start at this moment read it too.
    await writeFileAtomic(this.paths.process(machine), JSON.stringify(ref));
  }

  /** Runs `shutDown` in a machine that is not gone, and waits `seconds` for its end. Returns false when it still runs. */
  async end(machine: Named, shutDown: () => Promise<unknown>, seconds: number): Promise<boolean> {
    const ref = this.ref(machine);
    if (!ref || stateOf(ref) === 'gone') return true;
    const tree = processTree(ref);
    if (stateOf(ref) === 'stopped') await resumeTree(tree);
    await shutDown();
    return waitGone(tree, seconds);
  }

  /** Ends a machine at once. Returns false when it never had a process. */
  async kill(machine: Named): Promise<boolean> {
    const ref = this.ref(machine);
    if (!ref) return false;
    await killTree(ref);
    return true;
  }

  freeze(machine: Named): void {
    const ref = this.ref(machine);
    if (ref) signalTree(processTree(ref), 'SIGSTOP');
  }

  async thaw(machine: Named): Promise<void> {
    const ref = this.ref(machine);
    if (ref) await resumeTree(processTree(ref));
  }

  /** Seconds of the computer's processors that each machine that runs has taken since its start. */
  processorTime(machines: Named[]): Map<string, number> {
    const known = machines.flatMap((machine) => {
      const ref = this.ref(machine);
      return ref ? [{ name: machine.name, ref }] : [];
    });
    const seconds = processorSecondsOf(known.map(({ ref }) => ref));
    return new Map(
      known.flatMap(({ name }, index) => {
        const taken = seconds[index];
        return taken === undefined ? [] : [[name, taken]];
      }),
    );
  }

  /** Engine.progressOf: bytes on the console and tenths of a second of processor time; undefined when it does not run. */
  progressOf(machine: Named): number | undefined {
    const time = this.processorTime([machine]).get(machine.name);
    if (time === undefined) return undefined;
    const printed = statSync(this.paths.console(machine), { throwIfNoEntry: false })?.size ?? 0;
    return printed + Math.floor(time * 10);
  }
}
