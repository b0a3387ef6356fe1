import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import ejs from 'ejs';
import { version } from '../../base/paths.ts';
import { languageOfRun, say } from '../../base/text.ts';
import type { Timeline } from './analyse.ts';
import { viewOf } from './view.ts';
import { timelineWords } from './words.ts';

/** The timeline as one HTML page that needs nothing else, in the language of this run. `root`: the kit's folder. */
export function renderTimeline(root: string, subject: string, timeline: Timeline): Promise<string> {
  const folder = join(root, 'tasks', 'measure', 'timeline', 'page');
  const read = (name: string) => readFileSync(join(folder, name), 'utf8');
  return ejs.renderFile(join(folder, 'page.ejs'), {
    language: languageOfRun(),
    subject,
    began: new Date(timeline.began).toLocaleString(say({ en: 'en-GB', fr: 'fr-FR' })),
    words: timelineWords(),
    view: viewOf(timeline),
    version: version(),
    style: read('style.css'),
    script: read('script.js'),
  });
}
