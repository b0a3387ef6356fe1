import { spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { LabError } from '../base/errors.ts';
import { sleep } from '../base/poll.ts';
import type { Text } from '../base/text.ts';
import type { LabEvent } from './model/event.ts';
import { readEvent } from './model/ndjson.ts';
import { watcherSocket } from './place.ts';
import { socketLines } from './socket-lines.ts';

/** The lab that is looked at. */
export interface Looked {
  name: string;
  /** Its folder (.lab/NAME), absolute, and the kit's. */
  folder: string;
  root: string;
}

/** Seconds that a new watcher may take until it answers. */
const STARTING = 30;

/**
 * Every event of a lab from now on, a snapshot first; starts the lab's watcher where none runs, and again when it was ended. Ends with
 * `signal`, or when the lab is gone. LabError when no watcher can be started.
 */
export async function* events(lab: Looked, signal: AbortSignal): AsyncGenerator<LabEvent> {
  while (!signal.aborted) {
    const socket = await reach(lab, signal);
    if (!socket) return;
    const stop = () => socket.destroy();
    signal.addEventListener('abort', stop);
    try {
      let seq = 0;
      for await (const line of socketLines(socket)) {
        const event = readEvent(line);
        if (!event) continue;
        // What is missing cannot be had any more: the state as it is now.
        if (event.what !== 'snapshot' && event.seq !== seq + 1) socket.write('{"ask":"snapshot"}\n');
        seq = event.seq;
        yield event;
        if (event.what === 'end') return;
      }
      // It broke off: another one begins.
    } finally {
      signal.removeEventListener('abort', stop);
      socket.destroy();
    }
  }
}

/** Puts a note into the stream of a lab, if anybody watches it. Never throws, never waits for long. */
export async function note(
  folder: string,
  machine: string,
  code: string,
  text: string | Text,
): Promise<void> {
  const socket = await open(watcherSocket(folder));
  if (!socket) return;
  socket.on('error', () => undefined);
  // What the watcher says meanwhile is not waited for.
  socket.resume();
  await new Promise<void>((resolve) =>
    socket.end(`${JSON.stringify({ note: noteOf(machine, code, text) })}\n`, resolve),
  );
}

const noteOf = (machine: string, code: string, text: string | Text) =>
  typeof text === 'string' ? { machine, code, text } : { machine, code, text: text.en, words: text };

const open = (path: string): Promise<Socket | undefined> =>
  new Promise((resolve) => {
    const socket = connect(path);
    socket.once('connect', () => resolve(socket));
    socket.once('error', () => resolve(undefined));
  });

/** A connection to the watcher; undefined when that is not wanted any more. */
async function reach(lab: Looked, signal: AbortSignal): Promise<Socket | undefined> {
  const path = watcherSocket(lab.folder);
  const running = await open(path);
  if (running) return running;
  const start = startWatcher(lab);
  const until = Date.now() + STARTING * 1000;
  while (!signal.aborted && Date.now() < until) {
    const socket = await open(path);
    if (socket) return socket;
    if (start.failed()) break;
    await sleep(0.1);
  }
  if (signal.aborted) return undefined;
  throw new LabError(
    {
      en: `The watcher of the lab "${lab.name}" does not start.`,
      fr: `L'observateur du lab « ${lab.name} » ne démarre pas.`,
    },
    { en: `see ${start.log}.`, fr: `voyez ${start.log}.` },
  );
}

/** A process of its own: it goes on for others when this one ends. */
function startWatcher({ name, folder, root }: Looked): { failed: () => boolean; log: string } {
  const run = join(folder, 'run');
  mkdirSync(run, { recursive: true });
  const log = join(run, 'watch.log');
  const output = openSync(log, 'w', 0o600);
  const child = spawn(process.execPath, [join(root, 'bin', 'lab.js'), 'watch', '--serve', '--name', name], {
    ...{ detached: true, cwd: '/', windowsHide: true },
    stdio: ['ignore', output, output],
  });
  closeSync(output);
  let ended = false;
  child.on('error', () => {
    ended = true;
  });
  // 0: another one was faster, and answers.
  child.on('exit', (code) => {
    ended = code !== 0;
  });
  child.unref();
  return { failed: () => ended, log };
}
