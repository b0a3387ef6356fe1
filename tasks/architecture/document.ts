import type { Language } from '../base/text.ts';
import { readRoles } from '../roles/roles.ts';
import { loadTopology } from '../topology/load.ts';
import { describe } from './describe.ts';
import { draw, PICTURE_NAMES } from './pictures.ts';
import {
  componentsTable,
  floatingTable,
  lossesTable,
  machinesTable,
  portsTable,
  type Sources,
  timersTable,
  votesTable,
} from './tables.ts';
import { timerLookup } from './timers.ts';

/** The topology that the document shows. */
const TOPOLOGY = 'seven';
/** Shown as a picture as well, without tables. */
const ALSO = 'spread';
const LANGUAGES: Language[] = ['en', 'fr'];

const TABLES: Record<string, (sources: Sources, language: Language) => string> = {
  machines: machinesTable,
  floating: floatingTable,
  components: componentsTable,
  ports: portsTable,
  votes: votesTable,
  timers: timersTable,
  losses: lossesTable,
};

/** The text with what stands between `<!-- generated: NAME -->` and `<!-- end -->` made anew. Throws for unknown names. */
export function fillTables(text: string, tables: Record<string, string>): string {
  return text.replaceAll(
    /(<!-- generated: (\S+) -->\n)[\s\S]*?(<!-- end -->)/g,
    (_, begin: string, name: string, end: string) => {
      const content = tables[name];
      if (content === undefined)
        throw new Error(`no table is called ${name}; there are ${Object.keys(tables).join(', ')}`);
      return `${begin}${content}\n${end}`;
    },
  );
}

/** Path of the document in a language, from the root of the repository. */
export const documentFile = (language: Language): string =>
  language === 'en' ? 'docs/architecture.md' : `docs/architecture.${language}.md`;

/** Tables of the document by name. */
export async function documentTables(root: string, language: Language): Promise<Record<string, string>> {
  const roles = readRoles(root);
  const plan = describe(await loadTopology(TOPOLOGY, root), roles);
  const sources = { plan, roles, timers: timerLookup(root) };
  return Object.fromEntries(Object.entries(TABLES).map(([name, make]) => [name, make(sources, language)]));
}

/** The pictures of the documentation: path from the root of the repository, content. */
export async function documentPictures(root: string): Promise<Map<string, string>> {
  const roles = readRoles(root);
  const files = new Map<string, string>();
  for (const name of [TOPOLOGY, ALSO]) {
    const topology = await loadTopology(name, root);
    for (const picture of name === TOPOLOGY ? PICTURE_NAMES : (['machines'] as const))
      for (const language of LANGUAGES)
        files.set(
          `docs/pictures/${name}-${picture}.${language}.svg`,
          draw(picture, 'svg', topology, roles, language),
        );
  }
  return files;
}
