import { timeoutFactorOf } from '../../../roles/timers.ts';
import type { Facts } from '../../checks/probe.ts';
import { stepsOf } from '../../checks/result.ts';
import { runChecks } from '../../checks/run.ts';
import { PATIENCE } from '../../session/ground.ts';
import { placeFiles } from '../../session/place.ts';
import { contextOf, type LabSession, refreshSession } from '../../session/session.ts';
import { startLab } from '../../session/start.ts';
import { makeTrials } from '../../session/trials.ts';
import { walkGuide } from '../../session/walk.ts';
import { changeState } from '../../state/state.ts';
import type { Bench, Seen } from './replay.ts';

/** What a lab of machines does of a replay. The student's files are data here: only the machines read them. */
export function benchOf(session: LabSession): Bench {
  const factor = () => timeoutFactorOf(session.environment);

  const build: Bench['build'] = async ({ lab, student, code }, tell) => {
    await changeState(session, (state) => {
      delete state.student;
      delete state.code;
      if (student !== undefined) state.student = student;
      if (code !== undefined) state.code = code;
      // What the machines hold was built for the bundle before: nobody's work.
      state.moving = { to: lab.id };
    });
    await startLab(session, lab, (machine, line) => tell(`${machine}: ${line}`));
    await walkGuide(session, lab, { report: tell });
    await refreshSession(session);
  };

  const place: Bench['place'] = (machine, settled) => placeFiles(session, machine, { settled });

  const judge: Bench['judge'] = async (lab, withTrials) => {
    const asked = [{ lab, step: undefined }];
    const trials = (facts: Facts) => makeTrials(session, asked, facts);
    const { environment, engine, labs } = session;
    const { result } = await runChecks(environment.name, engine, labs, asked, contextOf(session), {
      timeoutFactor: factor(),
      ...(withTrials ? { trials } : {}),
    });
    return new Map(
      stepsOf(result).map(({ id, outcome, cause }): [string, Seen] => [
        id,
        cause?.id === 'trial' ? 'untried' : outcome,
      ]),
    );
  };

  return { build, place, judge, patience: PATIENCE * factor() };
}
