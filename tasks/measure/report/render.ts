import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import ejs from 'ejs';
import { version } from '../../base/paths.ts';
import { say } from '../../base/text.ts';
import type { DrillResult, Verdict } from '../drill/model.ts';
import { VERDICT_WORDS } from '../drill/names.ts';
import type { Sample } from '../drill/samples.ts';
import { HEIGHT, labels } from './chart.ts';
import { repeatedRows } from './repeated.ts';
import { type DrillView, viewOf } from './view.ts';
import { pageWords } from './words.ts';

/** A drill with the requests that were recorded. */
export interface Recorded {
  result: DrillResult;
  samples: Sample[];
}

/** Labels on the axis of a timeline that shows everything. */
const LABELS = 12;

/** The report as one HTML page that needs nothing else, in the language of this run. `root`: the kit's folder. */
export function renderReport(root: string, subject: string, drills: Recorded[]): Promise<string> {
  const folder = join(root, 'tasks', 'measure', 'report', 'page');
  const read = (name: string) => readFileSync(join(folder, name), 'utf8');
  return ejs.renderFile(join(folder, 'page.ejs'), {
    language: say({ en: 'en', fr: 'fr' }),
    subject,
    words: pageWords(),
    drills: drills.map(({ result, samples }) => viewOf(result, samples)),
    repeated: repeatedRows(drills.map(({ result }) => result)),
    height: HEIGHT,
    axisOf: ({ chart, zero }: DrillView) => labels(chart.from, chart.to, zero, LABELS),
    verdictText: (verdict: Verdict) => say(VERDICT_WORDS[verdict]),
    version: version(),
    style: read('lanes.css') + read('style.css'),
    script: read('script.js'),
  });
}
