import { spawn } from 'node:child_process';
import { LabError } from '../../../base/errors.ts';
import { findTool } from '../../../base/exec.ts';
import { say } from '../../../base/text.ts';
import { inLab } from '../../../class/collect.ts';
import { engineOf, existingClass, studentOf } from '../../../class/record.ts';
import { conditionOf, jobsByStudent } from '../../../class/state.ts';
import { CONDITIONS } from '../../../class/status-text.ts';

/** The machine that a shell is opened on when none is named. */
const MACHINE = 'client';

/** `lab class join STUDENT [MACHINE] [COMMAND…]`: a shell on a machine of a lab, or one command there; the exit code is that command's. */
export async function join(
  id: string,
  machine: string | undefined,
  words: string[],
  options: { class: string; json?: boolean },
): Promise<number> {
  const record = await existingClass(options.class);
  const student = studentOf(record, id);
  const engine = engineOf(record.settings);
  const job = jobsByStudent(await engine.list(record.settings.name)).get(student.id);
  if (job?.phase !== 'running') {
    const how = CONDITIONS[conditionOf(job, {})];
    throw new LabError(
      {
        en: `The lab of ${student.id} does not run (${how.en}).`,
        fr: `Le lab de ${student.id} ne tourne pas (${how.fr}).`,
      },
      {
        en: '`lab class status` says why; `lab class up` starts it.',
        fr: '`lab class status` dit pourquoi ; `lab class up` le démarre.',
      },
    );
  }
  const terminal = Boolean(process.stdin.isTTY && process.stdout.isTTY) && words.length === 0;
  const { program, args } = inLab(record, engine, job, ['enter', machine ?? MACHINE, ...words], terminal);
  if (terminal)
    console.error(
      say({
        en: `The lab of ${student.id} on ${job.server}. Leave it with exit.`,
        fr: `Le lab de ${student.id} sur ${job.server}. Quittez-le par exit.`,
      }),
    );
  const child = spawn(findTool(program) ?? program, args, { stdio: 'inherit' });
  // Ctrl-C belongs to the program on the machine.
  process.removeAllListeners('SIGINT');
  process.on('SIGINT', () => undefined);
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('exit', (code) => resolve(code ?? 255));
  });
}
