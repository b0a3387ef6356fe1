import { readFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { writeFileAtomic } from '../../base/files.ts';
import { ROOT } from '../../base/paths.ts';
import { say } from '../../base/text.ts';
import { documentView } from '../../exercises/guides/page/document.ts';
import { renderGuide } from '../../exercises/guides/page/render.ts';

/** `lab handbook`: the handbook of teachers, as text or, with `html`, written as a page like those of the guides. */
export async function handbook({ html }: { html?: string }): Promise<number> {
  const name = say({ en: 'handbook.md', fr: 'handbook.fr.md' });
  const text = readFileSync(join(ROOT, 'docs', name), 'utf8');
  if (html === undefined) {
    console.log(text);
    return 0;
  }
  const file = resolve(html);
  await mkdir(dirname(file), { recursive: true });
  await writeFileAtomic(file, await renderGuide(ROOT, documentView(text), []));
  console.log(file);
  return 0;
}
