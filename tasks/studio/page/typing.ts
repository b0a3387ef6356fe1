/** Characters that a terminal would obey: all controls but tab and line feed. */
const OBEYED = /[^\P{Cc}\t\n]/gu;

/** Text that may be put into a terminal as if it were typed. */
export const typed = (text: string): string => text.replaceAll(/\r\n?/g, '\n').replaceAll(OBEYED, '');

/** A word of a POSIX shell. */
const quoted = (word: string) => (/^[\w./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`);

/**
 * What is typed for a block of a guide: its text, without the last line's end, which is left to the reader; for a file the command that
 * writes it.
 */
export function typedFor(text: string, path?: string, mode?: string): string {
  const body = typed(text).replace(/\n+$/, '');
  if (!path) return body;
  let mark = 'EOF';
  while (body.split('\n').includes(mark)) mark += '_';
  const after = mode ? `\nchmod ${mode} ${quoted(path)}` : '';
  return `cat >${quoted(path)} <<'${mark}'\n${body}\n${mark}${after}`;
}
