import { DEFAULT_ENVIRONMENT, environmentFolder, ROOT } from '../../../base/paths.ts';
import { restoreLab, saveLab } from '../../../class/checkpoint.ts';
import { serveBridge } from '../../../class/front/bridge.ts';
import { toldLines, toldOf } from '../../../class/tell.ts';
import { withEnvironmentLock } from '../../../environment/lock.ts';
import { openEngine } from '../../../environment/open-engine.ts';
import { existingEnvironment } from '../../../environment/record.ts';
import { readLabs } from '../../../exercises/guides/load.ts';
import { readState } from '../../../exercises/state/state.ts';
import { openFaults } from '../../../measure/drill/open-fault.ts';

/** ms that a save waits for a command that changes the lab (a drill, a check with faults): it would be of no one moment. */
const WAIT_MS = 60_000;

/** Saves the lab of this job into a file. */
export async function save(file: string): Promise<number> {
  const environment = await existingEnvironment(DEFAULT_ENVIRONMENT);
  const engine = await openEngine(environment);
  const work = () => saveLab(environment, engine, file);
  await withEnvironmentLock(environment.name, 'lab class job-save', work, { waitMs: WAIT_MS });
  return 0;
}

/** Makes the lab of this job out of a file. */
export async function restore(file: string): Promise<number> {
  await restoreLab(environmentFolder(DEFAULT_ENVIRONMENT), file);
  return 0;
}

/** Prints how far the lab is, a line a thing. */
export async function tell(): Promise<number> {
  const folder = environmentFolder(DEFAULT_ENVIRONMENT);
  const open = openFaults(folder).filter(({ by }) => by === 'user').length;
  for (const line of toldLines(toldOf(await readState(folder), readLabs(ROOT), open))) console.log(line);
  return 0;
}

/** The way to the page of the lab on this socket, over standard input and output, until the other end has gone. */
export async function stream(socket: string): Promise<number> {
  await serveBridge(socket, process.stdin, process.stdout);
  return 0;
}
