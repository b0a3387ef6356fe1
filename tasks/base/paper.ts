/** A text between the quotes of a style sheet: whoever wrote it ends neither the text nor the sheet. */
const quoted = (text: string): string =>
  `"${text.replaceAll(/[^\p{L}\p{N} ]/gu, (sign) => `\\${sign.codePointAt(0)?.toString(16)} `)}"`;

/**
 * What pages that are printed have in common: sheets of A4, each with what it is of, who made it and its number; what belongs
 * together is on one sheet. `aside`: whose page it is. In the margins, since sheets get mixed up where thirty of them are printed.
 */
export function paperRules({
  title,
  aside = '',
  made,
}: {
  title: string;
  aside?: string | undefined;
  made: string;
}): string {
  return `@media print {
  :root {
    color-scheme: light;
  }
  @page {
    size: A4;
    margin: 17mm 16mm;
    font: 8.5pt system-ui, sans-serif;
    color: #566070;
    @top-left {
      content: ${quoted(title)};
    }
    @top-right {
      content: ${quoted(aside)};
    }
    @bottom-left {
      content: ${quoted(made)};
    }
    @bottom-right {
      content: counter(page) " / " counter(pages);
    }
  }
  /* There the page itself says it. */
  @page :first {
    @top-left {
      content: none;
    }
    @top-right {
      content: none;
    }
  }
  footer {
    display: none;
  }
  h1,
  h2,
  h3,
  p:has(+ :is(ul, ol, table, pre, figure)) {
    break-after: avoid;
  }
  figure,
  tr,
  p:has(+ :is(ul, ol, table, pre, figure)) {
    break-inside: avoid;
  }
  p,
  li,
  pre {
    orphans: 3;
    widows: 3;
  }
}`;
}
