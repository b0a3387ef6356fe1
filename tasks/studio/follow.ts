import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LabError } from '../base/errors.ts';
import { environmentFolder } from '../base/paths.ts';
import { sleep } from '../base/poll.ts';
import { changesEnvironment } from '../environment/lock.ts';
import { type Environment, existingEnvironment, readRecord } from '../environment/record.ts';
import { openDrillSite } from '../measure/drill/site.ts';
import type { LabEvent } from '../watch/model/event.ts';
import { events } from '../watch/stream.ts';
import type { Feed } from './feed.ts';
import type { LabActs } from './lab-acts.ts';

/** Seconds between two looks whether there is a lab. */
const LOOK = 0.5;

/**
 * Feeds the page with a lab for as long as there is one, and again when it was made anew; what can be done with it follows. `entered`:
 * told which lab there is now. `say`: told, once, why nothing can be broken in it. Resolves with the signal.
 */
export async function follow(
  lab: { name: string; root: string },
  {
    feed,
    acts,
    signal,
    entered,
    say,
  }: {
    feed: Feed;
    acts: LabActs | undefined;
    signal: AbortSignal;
    entered: (environment: Environment | undefined) => void;
    say: (problem: string) => void;
  },
): Promise<void> {
  const folder = environmentFolder(lab.name);
  const offer = async (environment: Environment | undefined) => {
    entered(environment);
    if (!acts) return;
    acts.enter(environment && (await siteOf(environment, say)));
    feed.offers(acts.offer);
  };
  await offer(undefined);
  while (!signal.aborted) {
    if (!(await readRecord(lab.name)) || (await isGoing(lab.name))) {
      await sleep(LOOK);
      continue;
    }
    await offer(await existingEnvironment(lab.name));
    for await (const event of events({ ...lab, folder }, signal)) {
      await feed.event(event);
      // It may have changed what there is.
      if (isEnd(event) && (await readRecord(lab.name))) await offer(await existingEnvironment(lab.name));
    }
    if (signal.aborted) return;
    while (await isGoing(lab.name)) await sleep(LOOK);
    if (await readRecord(lab.name)) continue;
    feed.forget();
    await offer(undefined);
  }
}

const isEnd = (event: LabEvent) => event.what === 'command' && !event.begun;

/** Whether it is being removed: whoever looks at it would make its folder anew. */
const isGoing = async (lab: string) => / destroy\b/.test((await changesEnvironment(lab))?.command ?? '');

async function siteOf(environment: Environment, say: (problem: string) => void) {
  try {
    return await openDrillSite(environment);
  } catch (error) {
    if (!(error instanceof LabError)) throw error;
    say(error.render());
    return undefined;
  }
}

/** Where the file is that leads a browser to the page, and what removes it: beside the lab, or where only its user looks while there is none. */
export async function leadFile(lab: string): Promise<{ file: string; remove: () => Promise<void> }> {
  const own = environmentFolder(lab);
  const folder = existsSync(own) ? join(own, 'run') : await mkdtemp(join(tmpdir(), 'ha-lab-'));
  const file = join(folder, 'studio.html');
  return { file, remove: () => rm(folder.startsWith(own) ? file : folder, { recursive: true, force: true }) };
}
