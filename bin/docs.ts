// Makes the generated parts of the documentation anew: tables of docs/architecture*.md and docs/grading*.md, and docs/pictures/. A unit test
// fails while they are not what this would write.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import {
  documentFile,
  documentPictures,
  documentTables,
  fillTables,
} from '../tasks/architecture/document.ts';
import { readLabs } from '../tasks/exercises/guides/load.ts';
import { recipesTable } from '../tasks/exercises/guides/recipes.ts';

const root = join(import.meta.dirname, '..');

async function main(): Promise<void> {
  const files = await documentPictures(root);
  for (const language of ['en', 'fr'] as const) {
    const file = documentFile(language);
    files.set(file, fillTables(readFileSync(join(root, file), 'utf8'), await documentTables(root, language)));
  }
  for (const [language, file] of [
    ['en', 'docs/grading.md'],
    ['fr', 'docs/grading.fr.md'],
  ] as const) {
    const tables = { recipes: recipesTable(readLabs(root), language) };
    files.set(file, fillTables(readFileSync(join(root, file), 'utf8'), tables));
  }
  for (const [file, content] of files) {
    mkdirSync(dirname(join(root, file)), { recursive: true });
    writeFileSync(join(root, file), content);
    console.log(file);
  }
}

await main();
