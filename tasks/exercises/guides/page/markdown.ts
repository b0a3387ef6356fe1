import MarkdownIt, { type Token } from 'markdown-it';
import { languageOfRun } from '../../../base/text.ts';

/** Tags that somebody wrote into a guide are shown, not obeyed; what runs or loads something is no link and no picture. */
const reader = new MarkdownIt({ html: false }).disable('image');

const UNBROKEN = '\u00a0';

/** French sets these off with a space, at which a line must not break. */
const together = (text: string): string =>
  languageOfRun() === 'fr' ? text.replaceAll(/ (?=[:;?!»])|(?<=«) /g, UNBROKEN) : text;

const text = reader.renderer.rules.text;
reader.renderer.rules.text = (tokens, index, ...rest) => together(text?.(tokens, index, ...rest) ?? '');

/** Where a link of a text leads in the kit, from the text's folder; undefined for one that leads into the page itself or out of the kit. */
const fileOf = (link: Token | undefined): string | undefined =>
  /^(?![#]|\w+:)[^#]+/.exec(String(link?.attrGet('href') ?? ''))?.[0];

/**
 * A page that stands alone has none of the kit's other pages to lead to: such a link is its text, with the path of what it names where
 * that is not in the text.
 */
reader.renderer.rules.link_open = (tokens, index, options, _env, self) =>
  fileOf(tokens[index]) ? '' : self.renderToken(tokens, index, options);
reader.renderer.rules.link_close = (tokens, index, options, env, self) => {
  const open = tokens.findLastIndex(({ type }, at) => type === 'link_open' && at < index);
  const file = fileOf(tokens[open]);
  if (file === undefined) return self.renderToken(tokens, index, options);
  const isSaid = tokens.slice(open, index).some(({ content }) => content.includes(file));
  return isSaid ? '' : reader.utils.escapeHtml(` (${env?.folder ?? ''}${file})`);
};

/** HTML of a text, as of a guide between its blocks. `folder`: where its links begin, a path in the kit with a slash at its end. */
export const proseOf = (markdown: string, folder = ''): string => reader.render(markdown, { folder });

/** HTML of one line: a question, a hint. */
export const lineOf = (markdown: string): string => reader.renderInline(markdown);

/** HTML of code whose words are not broken on paper, as a browser does at a hyphen; those longer than `most` signs have to be. */
const wordsOf = (code: string, most: number): string =>
  code
    .split(/(\s+)/)
    .map((word) => {
      const html = reader.utils.escapeHtml(word);
      return /[-/?]/.test(word) && word.length <= most ? `<span class="word">${html}</span>` : html;
    })
    .join('');

reader.renderer.rules.code_inline = (tokens, index) =>
  `<code>${wordsOf(tokens[index]?.content ?? '', 40)}</code>`;

/** Signs that a line of code has room for on paper, with some to spare. */
const WIDTH = 80;

const lineOfCode = (line: string): string =>
  line.length > WIDTH ? wordsOf(line, WIDTH) : reader.utils.escapeHtml(line);

/** HTML of code: each line by itself, since paper is narrower than some of them, and shorter than some files. */
export const codeOf = (text: string): string =>
  (text.match(/.*\n|.+$/g) ?? [])
    .map((line) => `<span${line.trim() === '' ? ' class="blank"' : ''}>${lineOfCode(line)}</span>`)
    .join('');

for (const kind of ['code_block', 'fence'])
  reader.renderer.rules[kind] = (tokens, index) =>
    `<pre><code>${codeOf(tokens[index]?.content ?? '')}</code></pre>\n`;
