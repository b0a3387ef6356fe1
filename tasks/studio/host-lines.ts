import { LAB_WISH, STEP_WISH } from '../exercises/guides/ids.ts';

/** A line of a guide's block for the student's computer, as far as the page may have it run: a command of the kit, in words. */
export interface HostLine {
  /** Words after `npx lab`. */
  words: string[];
  /** What the command prints is the input of this one, in the place of being shown. */
  into?: string[];
  /** The guide lets it fail (`|| echo "…"`). */
  mayFail: boolean;
}

const FAULT = /^(\d\d[b-z]?\/)?[a-z][a-z0-9-]*$/;
const NAME = /^[a-z][a-z0-9-]{0,30}$/;
const SERVICE = /^[a-z][a-z0-9@.-]{0,40}$/;
const NUMBER = /^\d{1,4}(\.\d{1,3})?$/;
const PAGE = /^[a-z0-9][a-z0-9-]{0,40}\.html$/;

const TARGET = { '--holder': NAME, '--fault': NAME, '--service': SERVICE, '--from': NAME } as const;

/** What a command may be given: words, and options with their values (`true`: none). */
interface Allowed {
  words?: RegExp[];
  /** How many of the words have to be there (default: none). */
  must?: number;
  options?: Record<string, RegExp | true>;
}

/** The commands of guides, each with what it may be given. Nothing else is ever run for a block. */
const ALLOWED: Record<string, Allowed> = {
  check: { words: [STEP_WISH], options: { '--trials': true } },
  start: { words: [LAB_WISH] },
  drill: { words: [NAME], options: { ...TARGET, '--with': NAME, '--expect': NUMBER } },
  fault: { words: [NAME], options: { ...TARGET, '--undo': true } },
  report: { options: { '--all': true, '--json': true } },
  break: {
    words: [FAULT],
    options: { '--undo': true, '--random': true, '--solve': true },
  },
  apply: { words: [NAME] },
  // One machine: the lab as a whole is what the page has buttons for, with a question.
  halt: { words: [NAME], must: 1 },
  up: { words: [NAME], must: 1 },
  load: {
    options: {
      ...{ '--rate': NUMBER, '--for': /^\d{1,4}[smh]$/, '--web': /^\d{1,2}(,\d{1,2}){0,9}$/ },
      ...{ '--find-limit': true, '--last': true, '--json': true },
    },
  },
  scale: { words: [/^web=\d{1,2}$/] },
  dossier: { words: [/^(show|init|check)$/], options: { '--given': true, '--html': PAGE } },
};

/** A file of a machine that a guide has something put into. */
const INTO = /^npx lab ssh ([a-z][a-z0-9-]{0,30}) -- '(cat >\/tmp\/[a-z][a-z0-9-]{0,40}\.json)'$/;
/** A file led from one machine to a file of another one, by way of this computer: nothing of it is shown or written here. */
const FROM = /^npx lab ssh ([a-z][a-z0-9-]{0,30}) -- cat (\/[\w./-]+)$/;
const TO = /^npx lab ssh ([a-z][a-z0-9-]{0,30}) -- '((?:umask 077; )?cat >\/[\w./-]+)'$/;
/** What a guide writes behind a command that may fail. No shell reads it. */
const MAY_FAIL = / \|\| (true|echo "[^"`\\]*")$/;

/** The lines of a block, when each of them is a command of the kit that may be run from the page; undefined otherwise. */
export function hostLines(text: string): HostLine[] | undefined {
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  const all = lines.flatMap((line) => hostLine(line.trim()) ?? []);
  return lines.length > 0 && all.length === lines.length ? all : undefined;
}

function hostLine(line: string): HostLine | undefined {
  const mayFail = MAY_FAIL.test(line);
  const [first = '', second, ...more] = line.replace(MAY_FAIL, '').split(' | ');
  const [, from, file] = FROM.exec(first) ?? [];
  const words = from && file ? ['ssh', from, '--', 'cat', file] : kitWords(first);
  if (!words || more.length > 0) return undefined;
  // What a machine prints is led on, or not asked for: it may be a key.
  if (second === undefined) return from ? undefined : { words, mayFail };
  const [, machine, command] = (from ? TO : INTO).exec(second) ?? [];
  return machine && command ? { words, into: ['ssh', machine, '--', command], mayFail } : undefined;
}

function kitWords(text: string): string[] | undefined {
  const [npx, lab, command = '', ...rest] = text.split(' ');
  const allowed = Object.hasOwn(ALLOWED, command) ? ALLOWED[command] : undefined;
  if (npx !== 'npx' || lab !== 'lab' || !allowed) return undefined;
  const { words = [], must = 0, options = {} } = allowed;
  let plain = 0;
  for (let at = 0; at < rest.length; at += 1) {
    const word = rest[at] ?? '';
    if (!word.startsWith('-')) {
      if (!words[plain]?.test(word)) return undefined;
      plain += 1;
      continue;
    }
    const value = Object.hasOwn(options, word) ? options[word] : undefined;
    if (value === undefined) return undefined;
    if (value === true) continue;
    at += 1;
    if (!value.test(rest[at] ?? '')) return undefined;
  }
  return plain < must ? undefined : [command, ...rest];
}

/** The command line of a line for a lab of this name, in a language: the lab is said before what is for a machine. */
export const ofLab = ([command = '', ...rest]: string[], lab: string, language: string): string[] => [
  command,
  ...['--name', lab, '--lang', language],
  ...rest,
];
