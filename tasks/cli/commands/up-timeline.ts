import { existsSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { LabError, messageOf } from '../../base/errors.ts';
import { writeFileAtomic } from '../../base/files.ts';
import { onInterrupt } from '../../base/interrupt.ts';
import { label, say } from '../../base/text.ts';
import type { Engine } from '../../engines/engine.ts';
import {
  NOT_RECORDED,
  type Recorder,
  TimelineRecorder,
  withBoots,
} from '../../environment/provision/timeline/recorder.ts';
import { askBoots } from '../../environment/provision/timeline/units.ts';
import type { Environment } from '../../environment/record.ts';
import { type Timeline, timelineOf } from '../../measure/timeline/analyse.ts';
import { renderTimeline } from '../../measure/timeline/render.ts';

/** The recording of a `lab up`, where one is wished for. */
export interface UpTimeline {
  recorder: Recorder;
  /** From here on the machines' processor time is looked at. */
  opened(engine: Engine, environment: Environment): void;
  /** Asks the machines for their units, writes the page and says where; once only. Undefined where nothing is recorded. */
  finish(): Promise<Timeline | undefined>;
}

const NONE: UpTimeline = {
  recorder: NOT_RECORDED,
  opened: () => undefined,
  finish: async () => undefined,
};

/** LabError unless a file can be written there. */
function needPlace(file: string): void {
  const folder = dirname(file);
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory() && !isFolder(file)) return;
  throw new LabError(
    existsSync(folder)
      ? { en: `${file} is a folder.`, fr: `${file} est un dossier.` }
      : { en: `There is no folder ${folder}.`, fr: `Il n'y a pas de dossier ${folder}.` },
    {
      en: 'give the name of the page to write, for example up.html.',
      fr: 'donnez le nom de la page à écrire, par exemple up.html.',
    },
  );
}

const isFolder = (file: string) => statSync(file, { throwIfNoEntry: false })?.isDirectory() ?? false;

/** Begins to record for a page (or, where its name ends in .json, for its data). LabError when that cannot be written. */
export function recordUp(given: string | undefined, note: (line: string) => unknown): UpTimeline {
  if (given === undefined) return NONE;
  const file = resolve(given);
  needPlace(file);
  const recorder = new TimelineRecorder();
  let lab: { engine: Engine; environment: Environment } | undefined;
  let finished: Promise<Timeline | undefined> | undefined;
  const write = async (ask: boolean): Promise<Timeline | undefined> => {
    const recorded = recorder.stop();
    if (!lab) return undefined;
    const { engine, environment } = lab;
    const states = await engine.states();
    const hosts = (await engine.sshHosts()).filter(({ Host }) => states.get(Host) === 'running');
    const recording = withBoots(recorded, ask ? await askBoots(hosts, () => recorder.now()) : {});
    const timeline = timelineOf(
      recording,
      environment.topology.machines.map(({ name }) => name),
    );
    const subject = `${environment.name} (${engine.name}, ${environment.record.app})`;
    await writeFileAtomic(
      file,
      file.endsWith('.json')
        ? `${JSON.stringify(timeline, null, 2)}\n`
        : await renderTimeline(environment.root, subject, timeline),
    );
    note(`${label({ en: 'Timeline', fr: 'Chronologie' })} ${file}`);
    return timeline;
  };
  const finish = (ask: boolean) => {
    settled();
    finished ??= write(ask).catch((error: unknown) => {
      console.error(timelineFailed(messageOf(error)));
      return undefined;
    });
    return finished;
  };
  // Whoever gives up waiting wants to see for what; but not to wait for machines once more.
  const settled = onInterrupt(() => finish(false));
  return {
    recorder,
    opened: (engine, environment) => {
      lab = { engine, environment };
      recorder.watch(engine);
    },
    finish: () => finish(true),
  };
}

/** What is said when it could not be made: what `lab up` did is worth more than it. */
const timelineFailed = (reason: string): string =>
  say({ en: `The timeline was not written: ${reason}`, fr: `La chronologie n'a pas été écrite : ${reason}` });
