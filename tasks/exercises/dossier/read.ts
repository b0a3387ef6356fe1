import { existsSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { isCollection, isPair, LineCounter, parseDocument, type YAMLParseError } from 'yaml';
import type * as z from 'zod';
import { LabError } from '../../base/errors.ts';
import { nearest } from '../../base/nearest.ts';
import { label, say, type Text } from '../../base/text.ts';
import { CONCERNS, componentSchema, type Dossier, dossierSchema, hardwareSchema } from './model.ts';

export type Path = readonly PropertyKey[];

/** A dossier with the lines of its file. */
export interface ReadDossier {
  dossier: Dossier;
  /** Name of the file, without its folder. */
  file: string;
  /** The line on which something stands, counted from 1; that of what it is part of when it is not there. */
  lineOf: (path: Path) => number;
}

/** Name of the file that students write. */
export const DOSSIER = 'dossier.yaml';

/** Values that are not written yet (`noticed:` with nothing behind it) are left out. */
function written(value: unknown): unknown {
  if (Array.isArray(value)) return value.filter((item) => item !== null).map(written);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, item]) => (item === null ? [] : [[key, written(item)]])),
  );
}

/** Something in a file that is not understood. */
export interface Problem {
  line: number;
  text: Text;
}

/** The dossier that a text is, or what is not understood of it. */
export function understand(text: string, path: string): ReadDossier | Problem[] {
  const file = basename(path);
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const at = (offset: number) => Math.max(1, lines.linePos(offset).line);
  const [error] = document.errors;
  if (error) return [{ line: at(error.pos[0]), text: notYaml(error) }];
  const lineOf = (path: Path): number => {
    for (let length = path.length; length > 0; length -= 1) {
      const offset = keyAt(document.contents, path.slice(0, length));
      if (offset !== undefined) return at(offset);
    }
    return 1;
  };
  const raw = document.toJS() as unknown;
  const result = dossierSchema.safeParse(written(raw ?? {}));
  if (result.success) return { dossier: result.data as Dossier, file, lineOf };
  return result.error.issues.map((issue) => ({ line: lineOf(placeOf(issue)), text: sentence(issue) }));
}

/** The dossier that a text is. LabError with a line for each thing that is not understood. */
export function parseDossier(text: string, path: string): ReadDossier {
  const read = understand(text, path);
  if (!Array.isArray(read)) return read;
  const file = basename(path);
  const details = read.map(
    (problem) =>
      `${label({ en: `${file}:${problem.line}`, fr: `${file}:${problem.line}` })} ${say(problem.text)}`,
  );
  throw unreadable(file, details);
}

/** What the parser found, in a sentence for those mistakes that people make. */
function notYaml({ code, message }: YAMLParseError): Text {
  if (code === 'DUPLICATE_KEY') return { en: 'this name is there twice.', fr: 'ce nom est là deux fois.' };
  if (code === 'TAB_AS_INDENT')
    return {
      en: 'indent with spaces, not with tabs.',
      fr: 'mettez des espaces en retrait, pas de tabulations.',
    };
  if (code === 'BAD_INDENT' || code === 'MULTILINE_IMPLICIT_KEY')
    return {
      en: 'the indentation is not that of the lines around it, or a quotation mark is missing.',
      fr: "le retrait n'est pas celui des lignes voisines, ou il manque un guillemet.",
    };
  return { en: `this is not YAML (${message}).`, fr: `ce n'est pas du YAML (${message}).` };
}

/** Reads the file of a dossier. LabError when it is not there or not understood. */
export function readDossier(file: string): ReadDossier {
  if (existsSync(file)) return parseDossier(readFileSync(file, 'utf8'), file);
  throw noDossier(file);
}

export const noDossier = (file: string): LabError =>
  new LabError(
    { en: `There is no file ${file}.`, fr: `Il n'y a pas de fichier ${file}.` },
    {
      en: '`lab dossier init` writes one to begin with; --file names another one.',
      fr: '`lab dossier init` en écrit un pour commencer ; --file en nomme un autre.',
    },
  );

/** Where the key of a path stands in the file. */
function keyAt(node: unknown, path: Path): number | undefined {
  let found: number | undefined;
  let inner = node;
  for (const key of path) {
    if (!isCollection(inner)) return undefined;
    const pair = inner.items.find((item, index) =>
      isPair(item) ? String(item.key) === String(key) : index === Number(key),
    );
    if (pair === undefined) return undefined;
    const place = (isPair(pair) ? pair.key : pair) as { range?: [number, number, number] } | null;
    found = place?.range?.[0];
    inner = isPair(pair) ? pair.value : pair;
  }
  return found;
}

function unreadable(file: string, details: string[]): LabError {
  return new LabError(
    { en: `${file} is not understood.`, fr: `${file} n'est pas compris.` },
    {
      en: 'mend the lines that are listed; docs/dossier.md explains every field.',
      fr: 'corrigez les lignes listées ; docs/dossier.fr.md explique chaque champ.',
    },
    details,
  );
}

/** An unknown key stands at its own line, not at that of what it is in. */
const placeOf = (issue: z.core.$ZodIssue): Path =>
  issue.code === 'unrecognized_keys' ? [...issue.path, issue.keys[0] ?? ''] : issue.path;

/** The fields that stand at this depth of a dossier. */
function fieldsAt(path: Path): string[] {
  const shapes = { hardware: hardwareSchema.shape, components: componentSchema.shape };
  if (path.length === 0) return Object.keys(dossierSchema.shape);
  if (path[0] === 'covers') return [...CONCERNS];
  return Object.keys(shapes[path[0] as keyof typeof shapes] ?? {});
}

/** What each field wants, where that is not a list of words. */
const WANTED: Record<string, Text> = {
  outage: {
    en: 'a number of seconds (2.5), or forever',
    fr: 'un nombre de secondes (2.5), ou toujours (forever)',
  },
  'takes-over': {
    en: 'a name, a list of names ([web1, web2]), or nothing',
    fr: 'un nom, une liste de noms ([web1, web2]), ou rien (nothing)',
  },
  address: { en: 'an IPv4 address', fr: 'une adresse IPv4' },
  noticed: { en: 'a sentence', fr: 'une phrase' },
  software: { en: 'the name of a program', fr: "le nom d'un logiciel" },
  title: { en: 'a text', fr: 'un texte' },
};
const NAMES: Text = {
  en: 'a name in lower case, or a list of such names',
  fr: 'un nom en minuscules, ou une liste de tels noms',
};
const REASON: Text = { en: 'a sentence that says why', fr: 'une phrase qui dit pourquoi' };

/** One sentence on what is wrong, in both languages. */
function sentence(issue: z.core.$ZodIssue): Text {
  const { path } = issue;
  const shown = path.join('.');
  const field = String(path.findLast((part) => typeof part === 'string') ?? '');
  if (issue.code === 'unrecognized_keys') {
    const key = issue.keys[0] ?? '';
    const known = fieldsAt(path);
    const meant = nearest(key, known);
    const list = known.join(', ');
    return {
      en: `"${key}" is no field here${meant ? `; did you mean ${meant}?` : `; there are ${list}.`}`,
      fr: `« ${key} » n'est pas un champ à cet endroit${meant ? ` ; vouliez-vous dire ${meant} ?` : ` ; il y a ${list}.`}`,
    };
  }
  if (issue.code === 'invalid_key')
    return {
      en: `"${field}" cannot be a name: write lower-case letters, digits and hyphens, beginning with a letter.`,
      fr: `« ${field} » ne peut pas être un nom : des minuscules, des chiffres et des tirets, en commençant par une lettre.`,
    };
  if (issue.code === 'invalid_value') {
    const list = issue.values.map(String).join(', ');
    return { en: `${shown} is one of ${list}.`, fr: `${shown} ne peut être que l'un de ces mots : ${list}.` };
  }
  const named = issue.code === 'invalid_format' && issue.format === 'regex';
  const wanted = path[0] === 'single-points' && path.length > 1 ? REASON : WANTED[field];
  if (named || (path.length >= 2 && ['on', 'uses', 'carries', 'votes'].includes(field)))
    return { en: `${shown} wants ${NAMES.en}.`, fr: `${shown} attend ${NAMES.fr}.` };
  const fallback: Text =
    path[0] === 'covers' && path.length > 1
      ? NAMES
      : { en: 'fields with a colon, indented', fr: 'des champs suivis de deux-points, en retrait' };
  const { en, fr } = wanted ?? fallback;
  return path.length === 0
    ? { en: 'the file wants fields with a colon.', fr: 'le fichier attend des champs suivis de deux-points.' }
    : { en: `${shown} wants ${en}.`, fr: `${shown} attend ${fr}.` };
}
