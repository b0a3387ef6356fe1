/** A page that leads to a link, for a file that only its user can read. The link is the kit's own. */
export const redirectPage = (link: string): string =>
  `<!doctype html><meta charset="utf-8"><title>Lab</title><meta http-equiv="refresh" content="0; url=${link}"><p><a href="${link}">Lab</a></p>\n`;
