import {
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  type Pair,
  parseDocument,
  visit,
} from 'yaml';
import type { Text } from '../base/text.ts';

/** Where a value stands in a file: keys and indices from the top. */
export type Path = readonly (string | number)[];

/** One mistake in a file. */
export interface Problem {
  /** From 1. */
  line: number;
  /** Empty for the file as a whole. */
  field: string;
  text: Text;
}

/** A YAML file that was read, and the way back from a value to its line. */
export interface Source {
  /** The content as plain data; undefined when the syntax is too broken to tell. */
  data: unknown;
  /** Mistakes of syntax: they come before all others. */
  problems: Problem[];
  /** Line of a value (of its key when the value is a map or a list); of the closest parent when it is absent. */
  lineOf(path: Path): number;
  /** Line of the key itself. */
  lineOfKey(path: Path): number;
}

/** `machines.web1.roles[0]`. */
export function fieldName(path: Path): string {
  return path.reduce<string>((name, part) => {
    if (typeof part === 'number') return `${name}[${part}]`;
    return name === '' ? part : `${name}.${part}`;
  }, '');
}

/** A problem of the value at a path. */
export function problemAt(source: Source, path: Path, text: Text): Problem {
  return { line: source.lineOf(path), field: fieldName(path), text };
}

const keyOf = (pair: Pair): string => String(isScalar(pair.key) ? pair.key.value : pair.key);

/** Syntax errors that students make, in French; the parser's own English words otherwise. */
const FRENCH: Record<string, string> = {
  BAD_INDENT: 'le retrait de cette ligne ne correspond pas aux précédentes, ou un crochet n’est pas fermé',
  TAB_AS_INDENT: 'tabulation dans le retrait : utiliser des espaces',
  MISSING_CHAR: 'il manque un caractère (deux-points, guillemet, virgule ou crochet)',
  MULTIPLE_DOCS: 'le fichier contient plusieurs documents (ligne « --- ») : un seul est permis',
  UNEXPECTED_TOKEN: 'caractère inattendu ici',
  BAD_ALIAS: 'alias mal formé',
};

/** Reads YAML text; never throws. */
export function parseSource(text: string): Source {
  const counter = new LineCounter();
  const options = { lineCounter: counter, prettyErrors: false, uniqueKeys: false, merge: true };
  const document = parseDocument(text, options);
  const lineAt = (offset: number): number => Math.max(1, counter.linePos(offset).line);

  const problems: Problem[] = document.errors.map((error) => ({
    line: lineAt(error.pos[0]),
    field: '',
    text: {
      en: `not valid YAML: ${error.message}`,
      fr: `YAML incorrect : ${FRENCH[error.code] ?? error.message}`,
    },
  }));
  const broken = problems.length > 0;

  visit(document, {
    Alias(_, alias) {
      if (alias.resolve(document)) return;
      problems.push({
        line: lineAt(alias.range?.[0] ?? 0),
        field: '',
        text: { en: `*${alias.source} refers to nothing`, fr: `*${alias.source} ne désigne rien` },
      });
    },
  });
  const data = broken || problems.length > 0 ? undefined : document.toJS();

  /** The deepest key and value found along the path. */
  function find(path: Path): { key: Node | undefined; value: Node | undefined; whole: boolean } {
    let key: Node | undefined;
    let value: Node | undefined = (document.contents as Node | null) ?? undefined;
    for (const part of path) {
      const here: Node | undefined = isAlias(value) ? value.resolve(document) : value;
      if (isMap(here)) {
        // The last of two equal keys is the one whose value counts.
        const pair = here.items.findLast((item) => keyOf(item) === String(part));
        if (!pair) return { key, value: undefined, whole: false };
        key = pair.key as Node;
        value = (pair.value as Node | null) ?? undefined;
      } else if (isSeq(here) && typeof part === 'number' && part < here.items.length) {
        value = here.items[part] as Node;
        key = value;
      } else return { key, value: undefined, whole: false };
    }
    return { key, value, whole: true };
  }
  const lineOfNode = (node: Node | undefined): number => lineAt(node?.range?.[0] ?? 0);

  if (!broken) problems.push(...duplicates());
  return {
    data,
    problems,
    lineOf(path) {
      const { key, value } = find(path);
      // An empty value has the place where it would stand, which may be the next line.
      return isScalar(value) && value.value !== null ? lineOfNode(value) : lineOfNode(key);
    },
    lineOfKey: (path) => lineOfNode(find(path).key),
  };

  function duplicates(): Problem[] {
    const found: Problem[] = [];
    const walk = (node: unknown, path: Path): void => {
      if (isSeq(node)) node.items.forEach((item, index) => void walk(item, [...path, index]));
      if (!isMap(node)) return;
      const first = new Map<string, number>();
      for (const pair of node.items) {
        const name = keyOf(pair);
        const line = lineOfNode(pair.key as Node);
        const before = first.get(name);
        if (before === undefined) first.set(name, line);
        else
          found.push({
            line,
            field: fieldName([...path, name]),
            text: {
              en: `written twice (first on line ${before})`,
              fr: `écrit deux fois (d’abord à la ligne ${before})`,
            },
          });
        walk(pair.value, [...path, name]);
      }
    };
    walk(document.contents, []);
    return found;
  }
}
