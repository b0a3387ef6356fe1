import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { LabError } from '../../base/errors.ts';
import { onInterrupt } from '../../base/interrupt.ts';
import { ROOT } from '../../base/paths.ts';
import { showJobs } from '../../base/progress.ts';
import { say, type Text } from '../../base/text.ts';
import { withEnvironmentLock } from '../../environment/lock.ts';
import type { Judged } from '../../exercises/grading/grade.ts';
import { benchOf } from '../../exercises/grading/replay/bench.ts';
import { type ReplayTask, replayTask, replayTasks } from '../../exercises/grading/replay/class.ts';
import { kitDigest } from '../../exercises/grading/replay/kept.ts';
import { replayWords } from '../../exercises/grading/replay/words.ts';
import { openSession } from '../../exercises/session/session.ts';

/** The lab that bundles are built again in: made for it, and removed. */
export const REPLAY_LAB = 'replay-bundles';

const wordsOf = (words: string[]) => [join(ROOT, 'bin', 'lab.js'), ...words, '--name', REPLAY_LAB];

/** The command that works on that lab now. */
let working: ChildProcess | undefined;

/** A command of this kit on that lab. LabError with its last lines when it fails. */
function kit(...words: string[]): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, wordsOf(words), { cwd: ROOT, stdio: ['ignore', 'pipe', 'pipe'] });
    working = child;
    let output = '';
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (text: string) => {
        output += text;
      });
    child.on('error', reject);
    child.on('close', (code) => {
      working = undefined;
      if (code === 0) resolve();
      else
        reject(
          new LabError(
            {
              en: `The lab that bundles are built again in: \`lab ${words[0]}\` failed.`,
              fr: `Le lab où l'on rejoue les paquets : \`lab ${words[0]}\` a échoué.`,
            },
            {
              en: 'mend what is said below, then repeat the command: what was replayed is kept.',
              fr: 'corrigez ce qui est dit ci-dessous, puis relancez la commande : ce qui est rejoué est gardé.',
            },
            output.trim().split('\n').slice(-6),
          ),
        );
    });
  });
}

const AS_ROOT: Text = {
  en: "You are root, and so are the machines that run the students' files: a user of its own is safer (docs/security.md).",
  fr: 'Vous êtes root, et donc aussi les machines qui font tourner les fichiers des étudiants : un compte à part est plus sûr (docs/security.md).',
};

const DESTROY = ['destroy', '--yes'];
const remove = () => kit(...DESTROY);

/** After Ctrl-C. Waits for nothing else: what is on its way in this process must not start a machine again meanwhile. */
function removeNow(): void {
  working?.kill('SIGKILL');
  spawnSync(process.execPath, wordsOf(DESTROY), { cwd: ROOT, stdio: ['ignore', 'ignore', 'inherit'] });
}

/**
 * Builds the bundles of a class again, one after the other, in a lab of its own, and flags what differs. What is known already is not
 * done again; the lab is removed at the end, also after Ctrl-C.
 */
export async function replayClass(judged: Judged[], { quiet }: { quiet: boolean }): Promise<void> {
  const tasks = await replayTasks(judged, kitDigest(ROOT));
  if (tasks.length === 0) return;
  // On standard error: what is printed may be for a program.
  if (process.getuid?.() === 0) console.error(say(AS_ROOT));
  await withEnvironmentLock(REPLAY_LAB, 'lab grade --replay', async () => {
    const forget = onInterrupt(removeNow);
    try {
      for (const [file, own] of byTopology(tasks)) await replayOn(file, own, quiet);
    } finally {
      forget();
      await remove();
    }
  });
}

/** A lab has one topology. */
function byTopology(tasks: ReplayTask[]): Map<string, ReplayTask[]> {
  const found = new Map<string, ReplayTask[]>();
  for (const task of tasks) found.set(task.topology.file, [...(found.get(task.topology.file) ?? []), task]);
  return found;
}

async function replayOn(topology: string, tasks: ReplayTask[], quiet: boolean): Promise<void> {
  await showJobs(
    [
      {
        title: say({ en: 'a lab to build them again in', fr: 'un lab où les rejouer' }),
        run: async () => {
          // One that was left is not as it must be.
          await remove();
          // The engine whose machines have no way out: what a student wrote runs in them.
          await kit(
            ...['up', '--yes', '--no-provision', '--engine', 'uml'],
            ...['--app', 'sample', '--topology', topology],
          );
          return undefined;
        },
      },
    ],
    { parallel: false, quiet },
  );
  const bench = benchOf(await openSession(REPLAY_LAB));
  await showJobs(
    tasks.map((task) => ({
      title: `${task.grade.student}, lab ${task.wanted.lab.id}`,
      run: async (report: (line: string) => void) => replayWords(await replayTask(task, bench, report)),
    })),
    { parallel: false, quiet },
  );
}
