import { existsSync } from 'node:fs';
import { mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { LabError, messageOf } from '../../base/errors.ts';
import { writeFileAtomic } from '../../base/files.ts';
import { provisionEnvironment } from '../../environment/provision/provision.ts';
import type { DrillResult } from './model.ts';
import { drillsFolder } from './open-fault.ts';
import { type Drill, type DrillStep, runDrill } from './run.ts';
import { type DrillSite, waitForRedundancy } from './site.ts';
import { drillId, nameOfFault, readResult } from './store.ts';
import type { Target } from './target.ts';

/** One drill of a sequence: its result, or why there is none. */
export interface Done {
  name: string;
  result?: DrillResult;
  refused?: string;
}

export interface SequenceOptions {
  /** Called when a drill begins and when it has ended. */
  begin: (name: string, number: number, of: number | undefined) => void;
  end: (done: Done) => void;
  tell: (step: DrillStep) => void;
  /** ms: no drill begins after this. */
  until?: number;
  /** How many there are, for the display. */
  count?: number;
  seed?: number;
  hold?: number;
  said?: number;
  /** A lab that is not fit is refused (LabError) instead of brought back. */
  strict?: boolean;
}

/** So many drills in a row that could not be done end a sequence: the lab needs a person. */
const GIVE_UP = 3;

export const nameOfTarget = (target: Target): string =>
  nameOfFault({ ...target, machine: target.machine ?? target.holder ?? '' });

/**
 * Drills one after the other, each from full redundancy: never more than one fault at a time. Where redundancy has not
 * returned by itself the lab is brought back as `lab up` would, which the drill before has already been judged for.
 */
export async function runSequence(
  site: DrillSite,
  targets: Iterable<Target>,
  options: SequenceOptions,
): Promise<Done[]> {
  const all: Done[] = [];
  let refusals = 0;
  for (const target of targets) {
    if (options.until !== undefined && Date.now() >= options.until) break;
    const name = nameOfTarget(target);
    options.begin(name, all.length + 1, options.count);
    const drill: Drill = {
      ...{ id: drillId(new Date(), name), target },
      ...(options.seed === undefined ? {} : { seed: options.seed }),
      ...(options.hold === undefined ? {} : { hold: options.hold }),
      ...(options.said === undefined ? {} : { said: options.said }),
    };
    const done: Done = { name };
    try {
      const attempt = options.strict ? runDrill : inOrder;
      done.result = await attempt(site, drill, options.tell);
      refusals = 0;
    } catch (error) {
      if (!(error instanceof LabError) || options.strict) throw error;
      done.refused = [messageOf(error), ...error.details].join(' ');
      refusals += 1;
    }
    all.push(done);
    options.end(done);
    if (refusals >= GIVE_UP) break;
  }
  return all;
}

/** A drill; when the lab is not fit for one, it is brought back first and the drill is tried once more. */
async function inOrder(site: DrillSite, drill: Drill, tell: (step: DrillStep) => void): Promise<DrillResult> {
  try {
    return await runDrill(site, drill, tell);
  } catch (error) {
    if (!(error instanceof LabError)) throw error;
    await bringBack(site);
    await waitForRedundancy(site, site.budgets.redundancyWait, (missing) =>
      tell({ step: 'waiting', missing }),
    );
    return await runDrill(site, drill, tell);
  }
}

/** What `lab up` does for machines that exist: starts what is off, applies what does not run. */
async function bringBack(site: DrillSite): Promise<void> {
  const logs = join(site.environment.folder, 'logs');
  const results = provisionEnvironment(
    site.engine,
    site.facts,
    logs,
    site.topology.machines,
    () => undefined,
  );
  // What does not succeed shows in the redundancy that is waited for next.
  await Promise.allSettled([...results.values()]);
}

const progressSchema = z.object({
  topology: z.string(),
  /** Name of the drill's folder by the target's name. */
  done: z.record(z.string(), z.string()),
});

/** What `--all` has done so far, in .lab/NAME/drills/all.json: it is continued, not begun again. */
export class Progress {
  private constructor(
    private readonly folder: string,
    private readonly topology: string,
    readonly done: Record<string, string>,
  ) {}

  static async open(labFolder: string, topology: string, again: boolean): Promise<Progress> {
    const folder = drillsFolder(labFolder);
    const file = join(folder, 'all.json');
    if (again) await rm(file, { force: true });
    if (!existsSync(file)) return new Progress(folder, topology, {});
    const known = progressSchema.parse(JSON.parse(await readFile(file, 'utf8')));
    return new Progress(folder, topology, known.topology === topology ? known.done : {});
  }

  async add(name: string, id: string): Promise<void> {
    this.done[name] = id;
    await mkdir(this.folder, { recursive: true });
    const file = join(this.folder, 'all.json');
    await writeFileAtomic(file, JSON.stringify({ topology: this.topology, done: this.done }, null, 1));
  }

  /** Results so far, in the order of the targets. */
  async results(labFolder: string, targets: Target[]): Promise<Done[]> {
    const all = targets.map(async (target): Promise<Done | undefined> => {
      const name = nameOfTarget(target);
      const id = this.done[name];
      const result = id === undefined ? undefined : await readResult(labFolder, id);
      return result && { name, result };
    });
    return (await Promise.all(all)).filter((drill) => drill !== undefined);
  }
}
