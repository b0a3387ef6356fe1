import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import ejs from 'ejs';
import type { Scene } from '../../../architecture/scene.ts';
import { DARK, fixedRules, LIGHT, rules, toInlineSvg } from '../../../architecture/svg.ts';
import { paperRules } from '../../../base/paper.ts';
import { version } from '../../../base/paths.ts';
import { languageOfRun } from '../../../base/text.ts';
import { codeOf } from './markdown.ts';
import type { Shown, View } from './view.ts';
import { pageWords } from './words.ts';

const folderOf = (root: string) => join(root, 'tasks', 'exercises', 'guides', 'page');

/**
 * HTML of a part of a guide, in the language of this run, for a page that has buttons of its own for it: without a script. `type`: what a
 * button says that types a block in a machine; `run`: one that has it run on this computer.
 */
export function piecesHtml(root: string, shown: Shown[], type: string, run?: string): string {
  const file = join(folderOf(root), 'pieces.ejs');
  return ejs.render(
    readFileSync(file, 'utf8'),
    { shown, codeOf, words: { ...pageWords(), type, run } },
    { filename: file },
  );
}

/** A guide, or another text, as one HTML page that needs nothing else, in the language of this run. `root`: the kit's folder. */
export function renderGuide(root: string, view: View, pictures: Scene[]): Promise<string> {
  const words = pageWords();
  const made = `${words.made}, ${version()}`;
  const folder = folderOf(root);
  const read = (name: string) => readFileSync(join(folder, name), 'utf8');
  // Between the tags, to the letter: the page allows no other script.
  const script = `\n${read('script.js')}`;
  return ejs.renderFile(join(folder, 'page.ejs'), {
    ...view,
    codeOf,
    language: languageOfRun(),
    words,
    pictures: pictures.map(toInlineSvg),
    made,
    style: [
      read('pieces.css'),
      read('style.css'),
      paperRules({
        title: `${view.label} · ${view.title}`,
        aside: view.student && `${words.student} ${view.student}`,
        made,
      }),
      `.picture{${fixedRules()}${rules(LIGHT)}}`,
      `@media screen and (prefers-color-scheme:dark){.picture{${rules(DARK)}}}`,
    ].join('\n'),
    script,
    allowed: `sha256-${createHash('sha256').update(script).digest('base64')}`,
  });
}
