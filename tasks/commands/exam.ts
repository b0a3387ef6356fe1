import { readExam } from '../checks/exam.ts';
import { allPassed, pointsOf, stepsOf } from '../checks/result.ts';
import { runChecks } from '../checks/run.ts';
import { writeBundle } from '../grading/bundle.ts';
import { timeoutFactorOf } from '../lab/timers.ts';
import { remember } from '../labs/history.ts';
import { contextOf, openSession } from '../labs/session.ts';
import { changeState } from '../labs/state.ts';
import { say } from '../ui/text.ts';

/**
 * `lab exam FILE`: a teacher's own checks. What they look at and what they found stays out of sight unless --details; the
 * bundle holds the facts, to be judged with the same file (`lab grade --exam FILE`).
 */
export async function exam(
  file: string,
  options: { name: string; bundle?: string; details?: boolean },
): Promise<number> {
  const session = await openSession(options.name);
  const lab = await readExam(file);
  const asked = [{ lab, step: undefined }];
  const context = contextOf(session);
  const { result, facts } = await runChecks(session.lab.name, session.engine, [lab], asked, context, {
    checks: () => file,
    timeoutFactor: timeoutFactorOf(session.lab),
  });
  const points = pointsOf(stepsOf(result));
  await changeState(session, (state) => remember(state, { kind: 'check', what: lab.id, ...points }));
  if (options.bundle) await writeBundle(options.bundle, session, result, facts, asked);
  if (options.details)
    console.log(
      (await import('../checks/format/text.ts')).renderText(result, {
        colour: process.stdout.isTTY ?? false,
      }),
    );
  else
    for (const step of stepsOf(result))
      console.log(
        `${{ passed: '✓', failed: '✗', 'not-judged': '·' }[step.outcome]} ${say(step.title)}  ${step.earned}/${step.points}`,
      );
  console.log(
    say({
      en: `${points.earned} of ${points.possible} points.${options.bundle ? ` Written: ${options.bundle}.` : ''}`,
      fr: `${points.earned} points sur ${points.possible}.${options.bundle ? ` Écrit : ${options.bundle}.` : ''}`,
    }),
  );
  return allPassed(result) ? 0 : 1;
}
