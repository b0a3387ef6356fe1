import { join } from 'node:path';

/** Characters of a line that are kept. */
const LONGEST = 300;

/** How the kit is started: a program and its first words. */
export const kitProgram = (root: string): [string, ...string[]] => [
  process.execPath,
  join(root, 'bin', 'lab.js'),
];

/** A line of what a command says, without what a terminal would obey. */
export const printable = (line: string): string =>
  line
    .replaceAll(/\p{Cc}+/gu, ' ')
    .trim()
    .slice(0, LONGEST);
