import { statSync } from 'node:fs';
import { join } from 'node:path';
import type { Tools } from '../../measure/drill/faults.ts';
import { faultWords } from '../../measure/drill/names.ts';
import { drillsFolder, openFaults, undoOpen } from '../../measure/drill/open-fault.ts';
import type { Broken } from '../../watch/model/state.ts';
import type { LabGuide } from '../guides/model.ts';
import { changeState, type LabsState, readState, remember } from '../state/state.ts';
import { undoFault } from './faults.ts';
import type { LabSession } from './session.ts';

/** Everything that is broken on purpose, oldest first, whoever made it: drills and `lab fault`, `lab break`, and incidents, which stay secret. */
export function brokenOn(folder: string, { faults }: Pick<LabsState, 'faults'>, labs: LabGuide[]): Broken[] {
  const ofLabs = faults.map(({ lab, name, machine, at }): Broken => {
    const fault = labs.find(({ id }) => id === lab)?.faults[name];
    const since = Date.parse(at);
    if (fault?.secret)
      return { machine: '', since, by: 'incident', words: { en: 'an incident', fr: 'un incident' } };
    const title = fault?.title ?? { en: name, fr: name };
    return {
      ...{ machine, since, by: 'lab' },
      words: { en: `${title.en} (${machine})`, fr: `${title.fr} (${machine})` },
    };
  });
  const ofDrills = openFaults(folder).map(
    ({ fault, since, by }): Broken => ({ machine: fault.machine, since, by, words: faultWords(fault) }),
  );
  return [...ofLabs, ...ofDrills].sort((a, b) => a.since - b.since);
}

/** The same, asked again and again: reads what is written down only when it has changed. */
export function brokenReader(folder: string, labs: () => LabGuide[]): () => Promise<Broken[]> {
  const files = [join(drillsFolder(folder), 'open.json'), join(folder, 'labs.json')];
  const stamp = () => files.map((file) => statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0).join(' ');
  let read = '';
  let known: Broken[] = [];
  return async () => {
    const now = stamp();
    if (now !== read) {
      known = brokenOn(folder, await readState(folder), labs());
      read = now;
    }
    return known;
  };
}

/**
 * Undoes all that is open but incidents, which are mended by hand (`lab break --undo` gives them up); calls `tell` after each. One that
 * cannot be undone is thrown once the others were tried.
 */
export async function undoBroken(
  session: LabSession,
  tools: Tools,
  tell: (words: Broken['words']) => void,
): Promise<void> {
  const { folder } = session.environment;
  const failures: unknown[] = [];
  const keep = (error: unknown) => void failures.push(error);
  await undoOpen(folder, tools, undefined, ({ fault }) => tell(faultWords(fault))).catch(keep);
  for (const open of [...session.state.faults].reverse()) {
    const fault = session.labs.find(({ id }) => id === open.lab)?.faults[open.name];
    if (fault?.secret) continue;
    try {
      await undoFault(session, open);
      await changeState(session, (now) => remember(now, { kind: 'undo', what: `${open.lab}/${open.name}` }));
      tell(fault?.title ?? { en: open.name, fr: open.name });
    } catch (error) {
      keep(error);
    }
  }
  if (failures.length > 0) throw failures[0];
}
