import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import ejs from 'ejs';
import { paperRules } from '../../base/paper.ts';
import { version } from '../../base/paths.ts';
import { languageOfRun, say } from '../../base/text.ts';
import type { Part } from './view.ts';

/** A dossier as one HTML page that needs nothing else, in the language of this run. `root`: the kit's folder. */
export function renderDossier(
  root: string,
  { title, about, parts }: { title: string; about?: string | undefined; parts: Part[] },
): Promise<string> {
  const folder = join(root, 'tasks', 'exercises', 'dossier', 'page');
  const made = say({ en: `made by the kit ${version()}`, fr: `fait par le kit ${version()}` });
  return ejs.renderFile(join(folder, 'page.ejs'), {
    language: languageOfRun(),
    view: { title, about, parts, made },
    style: [readFileSync(join(folder, 'style.css'), 'utf8'), paperRules({ title, made })].join('\n'),
  });
}
