import MarkdownIt from 'markdown-it';
import { languageOfRun } from '../../../base/text.ts';

/** Tags that somebody wrote into a guide are shown, not obeyed; what runs or loads something is no link and no picture. */
const reader = new MarkdownIt({ html: false }).disable('image');

const UNBROKEN = '\u00a0';

/** French sets these off with a space, at which a line must not break. */
const together = (text: string): string =>
  languageOfRun() === 'fr' ? text.replaceAll(/ (?=[:;?!»])|(?<=«) /g, UNBROKEN) : text;

const text = reader.renderer.rules.text;
reader.renderer.rules.text = (tokens, index, ...rest) => together(text?.(tokens, index, ...rest) ?? '');

/** HTML of a guide's text between its blocks. */
export const proseOf = (markdown: string): string => reader.render(markdown);

/** HTML of one line: a question, a hint. */
export const lineOf = (markdown: string): string => reader.renderInline(markdown);
