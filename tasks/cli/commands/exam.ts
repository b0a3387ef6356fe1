import { say } from '../../base/text.ts';
import { readExam } from '../../exercises/checks/exam.ts';
import { factsDigest } from '../../exercises/checks/probe.ts';
import { allPassed, pointsOf, stepsOf } from '../../exercises/checks/result.ts';
import { runChecks } from '../../exercises/checks/run.ts';
import { writeBundle } from '../../exercises/grading/bundle.ts';
import { contextOf, openSession } from '../../exercises/session/session.ts';
import { anchorOf, changeState, remember } from '../../exercises/state/state.ts';
import { timeoutFactorOf } from '../../roles/timers.ts';

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
  const last = session.state.history.at(-1);
  const { result, facts } = await runChecks(session.environment.name, session.engine, [lab], asked, context, {
    checks: () => file,
    timeoutFactor: timeoutFactorOf(session.environment),
    ...(session.state.student !== undefined && last ? { anchor: anchorOf(last) } : {}),
  });
  const points = pointsOf(stepsOf(result));
  await changeState(session, (state) =>
    remember(state, { kind: 'check', what: lab.id, ...points, facts: factsDigest(facts) }),
  );
  if (options.bundle) await writeBundle(options.bundle, session, result, facts, asked);
  if (options.details)
    console.log(
      (await import('../../exercises/checks/format/text.ts')).renderText(result, {
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
