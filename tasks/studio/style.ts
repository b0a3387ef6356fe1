import { DARK, fixedRules, LIGHT, rules } from '../architecture/svg.ts';

/** The page's style: its own, and the kit's pictures' in both themes, by the reader's wish or the page's button. */
export function pageStyle(own: string): string {
  const dark = rules(DARK);
  return [
    `.picture{${fixedRules()}${rules(LIGHT)}}`,
    `@media (prefers-color-scheme:dark){:root:not([data-theme="light"]) .picture{${dark}}}`,
    `:root[data-theme="dark"] .picture{${dark}}`,
    // Its own last: tones go before colours of families.
    own.replaceAll(/^(\.(?:line|pill|card|mark)\.|text\.)/gm, ':root .picture $1'),
  ].join('\n');
}

/** The style of guides' pages for the guide in this one. */
export const guideStyle = (pieces: string): string => `.guide .text{${pieces}}`;
