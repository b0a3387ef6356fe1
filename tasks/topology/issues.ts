import type * as z from 'zod';
import { nearest } from '../base/nearest.ts';
import type { Text } from '../base/text.ts';
import { fieldName, type Path, type Problem, type Source } from './source.ts';

type Issue = z.core.$ZodIssue;

const both = (word: string): Text => ({ en: word, fr: word });

/** Kinds of value, as zod names them. */
const KINDS: Record<string, Text> = {
  string: { en: 'a text', fr: 'un texte' },
  int: { en: 'a whole number', fr: 'un nombre entier' },
  number: { en: 'a number', fr: 'un nombre' },
  object: { en: 'a set of “field: value” lines', fr: 'un ensemble de lignes « champ : valeur »' },
  record: { en: 'a set of “name: value” lines', fr: 'un ensemble de lignes « nom : valeur »' },
  array: { en: 'a list such as [web, session]', fr: 'une liste telle que [web, session]' },
};

const NOT_A_NAME: Text = {
  en: 'not a usable name: 1 to 20 lower-case letters, digits and hyphens, a letter first',
  fr: 'nom inutilisable : 1 à 20 lettres minuscules, chiffres et tirets, une lettre d’abord',
};

/** The value at a path of plain data. */
function valueAt(data: unknown, path: Path): unknown {
  let value = data;
  for (const part of path) value = (value as Record<string | number, unknown> | null | undefined)?.[part];
  return value;
}

/** “Did you mean”, when one known word is close. */
function hint(word: string, known: readonly string[]): Text {
  const close = nearest(word, known);
  return close ? { en: ` (did you mean ${close}?)`, fr: ` (vouliez-vous dire ${close} ?)` } : both('');
}

function unknownWord(what: Text, word: unknown, known: readonly string[]): Text {
  const close = typeof word === 'string' ? hint(word, known) : both('');
  return {
    en: `unknown ${what.en} ${JSON.stringify(word)}${close.en}; known: ${known.join(', ')}`,
    fr: `${what.fr} inconnu ${JSON.stringify(word)}${close.fr} ; connus : ${known.join(', ')}`,
  };
}

const ROLE: Text = { en: 'role', fr: 'rôle' };
const FIELD: Text = { en: 'field', fr: 'champ' };

/** A limit in words: numbers and sizes are MiB where the field is one, lists count their items. */
function limitText(issue: Extract<Issue, { code: 'too_small' | 'too_big' }>, value: unknown): Text {
  if (issue.origin === 'array') return { en: 'the list is empty', fr: 'la liste est vide' };
  if (issue.code === 'too_small')
    return {
      en: `${value} is too small: at least ${issue.minimum}`,
      fr: `${value} est trop petit : au moins ${issue.minimum}`,
    };
  return {
    en: `${value} is too big: at most ${issue.maximum}`,
    fr: `${value} est trop grand : au plus ${issue.maximum}`,
  };
}

function formatText(format: string, value: unknown): Text {
  if (format === 'ipv4')
    return { en: `“${value}” is not an IPv4 address`, fr: `« ${value} » n’est pas une adresse IPv4` };
  if (format === 'cidrv4')
    return {
      en: `“${value}” is not a network such as 10.0.2.0/24`,
      fr: `« ${value} » n’est pas un réseau tel que 10.0.2.0/24`,
    };
  return { en: `“${value}” is ${NOT_A_NAME.en}`, fr: `« ${value} » : ${NOT_A_NAME.fr}` };
}

function typeText(expected: string, value: unknown): Text {
  const kind = KINDS[expected] ?? both(expected);
  if (value === undefined || value === null)
    return { en: `is missing: ${kind.en} is expected`, fr: `manque : ${kind.fr} est attendu` };
  const shown = JSON.stringify(value);
  const given = shown.length > 40 ? `${shown.slice(0, 40)}…` : shown;
  return { en: `${given} is not ${kind.en}`, fr: `${given} n’est pas ${kind.fr}` };
}

/** Fields a place of the topology may hold, for the answer to an unknown one. */
export type KnownFields = (path: Path) => readonly string[];

/** What zod found, as lines of the file in both languages. */
export function issueProblems(issues: readonly Issue[], source: Source, knownFields: KnownFields): Problem[] {
  return issues.flatMap((issue): Problem[] => {
    const path = issue.path.map((part) => (typeof part === 'symbol' ? String(part) : part));
    const value = valueAt(source.data, path);
    const here = (text: Text): Problem[] => [{ line: source.lineOf(path), field: fieldName(path), text }];
    switch (issue.code) {
      case 'unrecognized_keys':
        return issue.keys.map((key) => ({
          line: source.lineOfKey([...path, key]),
          field: fieldName([...path, key]),
          text: unknownWord(FIELD, key, knownFields(path)),
        }));
      case 'invalid_key':
        return [{ line: source.lineOfKey(path), field: fieldName(path), text: NOT_A_NAME }];
      case 'invalid_value':
        return here(
          value === undefined
            ? typeText('string', value)
            : unknownWord(ROLE, value, issue.values.map(String)),
        );
      case 'too_small':
      case 'too_big':
        return here(limitText(issue, value));
      case 'invalid_format':
        return here(formatText(issue.format, value));
      case 'invalid_type':
        return here(typeText(issue.expected, value));
      default:
        return here(both(issue.message));
    }
  });
}
