import { LabError } from '../../base/errors.ts';
import { say } from '../../base/text.ts';
import { hostNamed, quote, runRemote } from '../../remote/ssh.ts';
import { timeoutFactorOf } from '../../roles/timers.ts';
import { machinesOf } from '../../topology/model.ts';
import type { NamedFault } from '../guides/model.ts';
import { fillIn } from '../guides/values.ts';
import { countedIncidents, incidentsOf, reportFile } from '../state/incident-order.ts';
import { changeState, type OpenFault, remember } from '../state/state.ts';
import { forgetFault, undoFault } from './faults.ts';
import { runInShell } from './machines.ts';
import { type LabSession, valuesFor } from './session.ts';

/** The secret faults that are open, with what lab.yaml says of them. */
function openIncidents({ state, labs }: LabSession): { open: OpenFault; named: NamedFault }[] {
  return state.faults.flatMap((open) => {
    const guide = labs.find((lab) => lab.id === open.lab);
    const fault = guide?.faults[open.name];
    return guide && fault?.secret ? [{ open, named: { guide, name: open.name, fault } }] : [];
  });
}

/** Closes incidents that are not felt any more: the student mended them. LabError while one still is. */
export async function closeMended(session: LabSession): Promise<void> {
  for (const { open, named } of openIncidents(session)) {
    const felt = fillIn(named.fault.felt ?? '', valuesFor(session, named.guide));
    const still = (await runInShell(session, open.machine, felt, 20)).code === 0;
    if (still)
      throw new LabError(
        {
          en: 'What was broken last is not mended yet.',
          fr: "Ce qui a été cassé en dernier n'est pas encore réparé.",
        },
        {
          en: 'find it and mend it first; one incident at a time.',
          fr: "trouvez et réparez d'abord ; un incident à la fois.",
        },
      );
    await changeState(session, (state) => forgetFault(state, open));
  }
}

/** Mends the open incidents in the student's place and writes their reports; the history says so. Returns how many. */
export async function solveIncidents(session: LabSession): Promise<number> {
  const [client] = machinesOf(session.environment.topology, 'client');
  let solved = 0;
  for (const { open, named } of openIncidents(session)) {
    const { guide, name, fault } = named;
    const counted = countedIncidents(guide, incidentsOf(session.state.history, guide.id));
    await undoFault(session, open);
    const number = counted.indexOf(name) + 1;
    if (client && number > 0) {
      const host = hostNamed(await session.engine.sshHosts(), client.name);
      const file = reportFile(number);
      const input = `machine: ${open.machine}\npart: ${fault.part?.[0] ?? ''}\ncause: ${say(fault.title)}\nrepair: lab break --solve\n`;
      await runRemote(host, `mkdir -p /root/incidents && cat >${quote(file)}`, {
        input,
        timeout: 20 * timeoutFactorOf(session.environment),
      });
    }
    await changeState(session, (state) => remember(state, { kind: 'solve', what: `${guide.id}/${name}` }));
    solved += 1;
  }
  return solved;
}
