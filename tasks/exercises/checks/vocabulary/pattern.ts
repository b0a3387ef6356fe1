/** What an expectation looks for in a text: words, or an expression. */
export type Pattern = string | RegExp;

/** A text holds a string, or fits an expression. */
export const has = (text: string, pattern: Pattern): boolean =>
  typeof pattern === 'string' ? text.includes(pattern) : pattern.test(text);

/** A pattern as a student reads it: an expression that is only words between its ends is told as these words. */
export function told(pattern: Pattern): string {
  if (typeof pattern === 'string') return pattern;
  const words = pattern.source.replace(/^\^/, '').replace(/\$$/, '');
  const special = /[\\^$.*+?()[\]{}|]/.test(words.replaceAll(/\\[./]/g, ''));
  return special ? String(pattern) : words.replaceAll(/\\([./])/g, '$1');
}
