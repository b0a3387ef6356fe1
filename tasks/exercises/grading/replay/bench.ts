import tar from 'tar-stream';
import { LabError } from '../../../base/errors.ts';
import { hostNamed, quote, runRemote } from '../../../remote/ssh.ts';
import { timeoutFactorOf } from '../../../roles/timers.ts';
import type { Facts } from '../../checks/probe.ts';
import { stepsOf } from '../../checks/result.ts';
import { runChecks } from '../../checks/run.ts';
import { filesOf } from '../../session/carry.ts';
import { runInShell } from '../../session/machines.ts';
import { contextOf, type LabSession, refreshSession } from '../../session/session.ts';
import { startLab } from '../../session/start.ts';
import { makeTrials } from '../../session/trials.ts';
import { walkGuide } from '../../session/walk.ts';
import { changeState } from '../../state/state.ts';
import { differing, type MachineFiles } from './files.ts';
import type { Bench, Seen } from './replay.ts';

/** Seconds, with the fast timers: until a lab holds, for files to be there, for a service to start. */
const PATIENCE = 60;
const PLACED = 30;
const STARTED = 120;

/** An archive of files as they are to be on a machine. */
export async function archiveOf(files: MachineFiles['files']): Promise<Buffer> {
  const pack = tar.pack();
  for (const [path, { mode, owner, data }] of files) {
    const [uname = 'root', gname = 'root'] = owner.split(':');
    pack.entry(
      { name: path.slice(1), mode: Number.parseInt(mode, 8), uname, gname },
      Buffer.from(data, 'base64'),
    );
  }
  pack.finalize();
  const parts: Buffer[] = [];
  for await (const part of pack) parts.push(part as Buffer);
  return Buffer.concat(parts);
}

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

  const shell = (machine: string, script: string) =>
    runInShell(session, machine, script, STARTED, { longTimeouts: true });

  const place: Bench['place'] = async (machine, settled) => {
    const { files: has } = await filesOf(session, machine.machine, machine.carried);
    const { put, remove } = differing(has, machine);
    const changed = [...put.keys(), ...remove].sort();
    if (changed.length === 0) return { changed, broken: [] };
    await settled();
    // A service may write its own file when it ends: it does so before the student's is there.
    const ran = (await shell(machine.machine, stopScript(machine.units))).stdout.split('\n').filter(Boolean);
    const host = hostNamed(await session.engine.sshHosts(), machine.machine);
    const gone = remove.length > 0 ? `rm -f -- ${remove.map(quote).join(' ')};` : '';
    const { code, stderr } = await runRemote(
      host,
      `${gone} exec tar -x -C / --unlink-first --same-permissions --same-owner -f -`,
      { input: await archiveOf(put), timeout: PLACED * factor(), longTimeouts: true },
    );
    if (code !== 0) throw notPlaced(machine.machine, stderr);
    if (ran.length === 0) return { changed, broken: [] };
    const { stdout } = await shell(machine.machine, startScript(ran));
    return { changed, broken: stdout.split('\n').flatMap((line) => /^down (\S+)$/.exec(line)?.[1] ?? []) };
  };

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

const notPlaced = (machine: string, said: string): LabError =>
  new LabError(
    {
      en: `The files could not be placed on ${machine}.`,
      fr: `Les fichiers n'ont pas pu être placés sur ${machine}.`,
    },
    undefined,
    said.trim().split('\n').slice(-3),
  );

/** Stops those of the services that run, and names them. */
export const stopScript = (units: string[]): string => `set +e
ran=()
for unit in ${units.map(quote).join(' ')}; do ! systemctl -q is-active "$unit" || ran+=("$unit"); done
((\${#ran[@]})) || exit 0
printf '%s\\n' "\${ran[@]}"
systemctl stop "\${ran[@]}" >&2
exit 0
`;

/** Starts services, and says which do not run afterwards. */
export const startScript = (units: string[]): string => `set +e
systemctl daemon-reload
systemctl reset-failed ${units.map(quote).join(' ')} 2>/dev/null
systemctl start ${units.map(quote).join(' ')} >&2
sleep 1
for unit in ${units.map(quote).join(' ')}; do systemctl -q is-active "$unit" || echo "down $unit"; done
`;
