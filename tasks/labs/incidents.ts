import { createHmac } from 'node:crypto';
import { timeoutFactorOf } from '../lab/timers.ts';
import { hostNamed, quote, runRemote } from '../remote/ssh.ts';
import { machinesOf } from '../topology/model.ts';
import { LabError } from '../ui/errors.ts';
import { say } from '../ui/text.ts';
import { forgetFault, type NamedFault, undoFault } from './faults.ts';
import { remember } from './history.ts';
import { runScript } from './machines.ts';
import type { LabGuide } from './model.ts';
import { type LabSession, valuesFor } from './session.ts';
import { changeState, type HistoryEntry, type OpenFault } from './state.ts';
import { fillIn } from './values.ts';

/**
 * An incident is a secret fault: `lab break --random` makes one without saying which, the student mends it by hand and
 * writes a report. Each student has an order of his own, which a teacher can compute.
 */

/** Where the report of the N-th incident is, on the client machine. */
export const reportFile = (number: number | string): string => `/root/incidents/${number}`;

/** Names of a lab's incidents. */
const secrets = (guide: Pick<LabGuide, 'faults'>): string[] =>
  Object.entries(guide.faults).flatMap(([name, fault]) => (fault.secret ? [name] : []));

/** The order in which a student meets a lab's incidents. */
export function incidentOrder(guide: Pick<LabGuide, 'id' | 'faults'>, student: string): string[] {
  const place = (name: string) =>
    createHmac('sha256', 'ha-lab').update(`${student}\0${guide.id}\0incident\0${name}`).digest('hex');
  return secrets(guide).sort((one, other) => place(one).localeCompare(place(other)));
}

/** What was broken in a lab since it was started last. */
export interface Incidents {
  /** Names of all faults that were made, in order: secret ones, and those made by their name. */
  made: string[];
  /** Those of them that the kit mended (`lab break --undo`): they do not count. */
  undone: string[];
}

/** Reads it from a lab's history. Faults of the lab itself only. */
export function incidentsOf(history: HistoryEntry[], id: string): Incidents {
  const from = history.findLastIndex((entry) => entry.kind === 'start' && entry.what === id);
  const names = (kind: HistoryEntry['kind']) =>
    history
      .slice(from < 0 ? history.length : from)
      .flatMap((entry) =>
        entry.kind === kind && entry.what.startsWith(`${id}/`) ? [entry.what.slice(id.length + 1)] : [],
      );
  return { made: names('break'), undone: names('undo') };
}

/** The secret ones that count, in order: the N-th of them is reported in the N-th file. */
export function countedIncidents(guide: Pick<LabGuide, 'faults'>, { made, undone }: Incidents): string[] {
  const known = secrets(guide);
  return made.filter((name) => known.includes(name) && !undone.includes(name));
}

/** The next incident for this student: in his order, by chance without a student; none twice. LabError when none is left. */
export function nextIncident(
  guide: LabGuide,
  incidents: Incidents,
  student: string | undefined,
): NamedFault | undefined {
  const order =
    student === undefined
      ? secrets(guide)
          .map((name) => ({ name, at: Math.random() }))
          .sort((one, other) => one.at - other.at)
          .map(({ name }) => name)
      : incidentOrder(guide, student);
  if (order.length === 0) return undefined;
  const name = order.find((one) => !incidents.made.includes(one));
  const fault = name === undefined ? undefined : guide.faults[name];
  if (name !== undefined && fault) return { guide, name, fault };
  throw new LabError(
    {
      en: `You have met all ${order.length} incidents of lab ${guide.id}.`,
      fr: `Vous avez rencontré les ${order.length} incidents du lab ${guide.id}.`,
    },
    {
      en: `begin again with \`lab start ${guide.id}\`.`,
      fr: `recommencez avec \`lab start ${guide.id}\`.`,
    },
  );
}

/** The secret faults that are open, with what lab.yaml says of them. */
function openIncidents({ state, labs }: LabSession): { open: OpenFault; named: NamedFault }[] {
  return state.faults.flatMap((open) => {
    const guide = labs.find((one) => one.id === open.lab);
    const fault = guide?.faults[open.name];
    return guide && fault?.secret ? [{ open, named: { guide, name: open.name, fault } }] : [];
  });
}

/** Closes incidents that are not felt any more: the student mended them. LabError while one still is. */
export async function closeMended(session: LabSession): Promise<void> {
  for (const { open, named } of openIncidents(session)) {
    const felt = fillIn(named.fault.felt ?? '', valuesFor(session, named.guide));
    const still = (await runScript(session, open.machine, felt, 20)).code === 0;
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
  const [client] = machinesOf(session.lab.topology, 'client');
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
        timeout: 20 * timeoutFactorOf(session.lab),
      });
    }
    await changeState(session, (state) => remember(state, { kind: 'solve', what: `${guide.id}/${name}` }));
    solved += 1;
  }
  return solved;
}
