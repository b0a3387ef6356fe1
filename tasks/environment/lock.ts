import { rmSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { LabError } from '../base/errors.ts';
import { onInterrupt } from '../base/interrupt.ts';
import { holderOf, type LockHolder, type LockOptions, withLock } from '../base/lock.ts';
import { environmentLockFile } from '../base/paths.ts';
import { say, type Text } from '../base/text.ts';

/** Milliseconds that a command waits for another one that changes the same lab, before it gives up. */
export const WAIT_MS = 5000;

/** Tells the commands that this one starts (`lab …` in a guide) that the lab is theirs, too: PID FILE. */
const HELD = 'HA_LAB_LOCK';

/** Locks that this process holds. */
const held = new Set<string>();

/** Whether this process, or the one that started it, holds the lock. */
async function isOurs(file: string): Promise<boolean> {
  if (held.has(file)) return true;
  const [pid, ...of] = (process.env[HELD] ?? '').split(' ');
  return of.join(' ') === file && (await holderOf(file))?.pid === Number(pid);
}

/** Who changes a lab now; undefined when nobody does. */
export const changesEnvironment = (name: string): Promise<LockHolder | undefined> =>
  holderOf(environmentLockFile(name));

/**
 * Runs `work`, which changes a lab, while no other command does. Waits for one that does, saying so, for `waitMs` milliseconds;
 * LabError then. `command` is what the others are told. Within such work (also in a command that it starts) it runs at once.
 */
export async function withEnvironmentLock<T>(
  name: string,
  command: string,
  work: () => Promise<T>,
  { file = environmentLockFile(name), waitMs = WAIT_MS, ...options }: LockOptions & { file?: string } = {},
): Promise<T> {
  if (await isOurs(file)) return work();
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  const locked = async () => {
    held.add(file);
    const before = process.env[HELD];
    process.env[HELD] = `${process.pid} ${file}`;
    const forget = onInterrupt(() => rmSync(file, { force: true }));
    try {
      return await work();
    } finally {
      forget();
      held.delete(file);
      if (before === undefined) delete process.env[HELD];
      else process.env[HELD] = before;
    }
  };
  // On standard error: what is printed may be for a program.
  const wait = (holder: LockHolder) => console.error(`${say(busyText(name, holder))} ${say(WAITING)}`);
  return withLock(file, locked, wait, {
    ...{ waitMs, command, refuse: (holder) => busyError(name, holder) },
    ...options,
  });
}

const WAITING: Text = { en: 'Waiting for it.', fr: "Attente qu'elle se termine." };

/** Who is at work on a lab, as a sentence. */
export function busyText(name: string, { pid, command, since }: LockHolder): Text {
  const what = command ?? 'lab';
  const at = since ? new Date(since).toLocaleTimeString('en-GB') : undefined;
  return {
    en: `The lab "${name}" is being changed by \`${what}\` (process ${pid}${at ? `, since ${at}` : ''}).`,
    fr: `Le lab « ${name} » est en cours de modification par la commande \`${what}\` (processus ${pid}${at ? `, depuis ${at}` : ''}).`,
  };
}

function busyError(name: string, holder: LockHolder): LabError {
  return new LabError(busyText(name, holder), {
    en: `wait until it has ended and repeat the command; or end it with Ctrl-C where it runs (\`kill ${holder.pid}\` from elsewhere).`,
    fr: `attendez qu'elle soit terminée et relancez la commande ; ou arrêtez-la par Ctrl-C là où elle tourne (\`kill ${holder.pid}\` depuis un autre terminal).`,
  });
}
