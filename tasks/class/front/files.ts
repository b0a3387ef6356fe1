import type { Assets } from '../../studio/server.ts';
import type { SchoolParts } from './by-school.ts';
import { SCHOOL_PATH } from './school.ts';

/** The pages of a front, and what they load: the same for all, with nothing of anybody in them. */
export interface FrontPages {
  /** The page of a lab. */
  assets: Assets;
  wall: Pick<Assets, 'html' | 'script' | 'style'>;
  /** What stands above the page of a lab: the class's own. */
  bar: Pick<Assets, 'script' | 'style'>;
  /** How all of them sign in and out. */
  signing: string;
}

/** What is given to everybody who asks, by its path. Pure. */
export function filesOf(
  { assets, wall, bar, signing }: FrontPages,
  school: Pick<SchoolParts, 'page'> | undefined,
): Record<string, [type: string, body: string]> {
  const lab = inHead(
    assets.html,
    '<link rel="stylesheet" href="/class.css"><script type="module" src="/class.js"></script>',
  );
  // Pages learn from it that there is another way in than a link.
  const page = (html: string) =>
    school ? inHead(html, `<meta name="school" content="${SCHOOL_PATH}">`) : html;
  return {
    '/': ['text/html', page(lab)],
    '/class.js': ['text/javascript', bar.script],
    '/class.css': ['text/css', bar.style],
    '/app.js': ['text/javascript', assets.script],
    '/app.css': ['text/css', assets.style],
    '/terminal.js': ['text/javascript', assets.terminal],
    '/wall': ['text/html', page(wall.html)],
    '/wall.js': ['text/javascript', wall.script],
    '/wall.css': ['text/css', wall.style],
    '/signing.js': ['text/javascript', signing],
    ...(school
      ? {
          [SCHOOL_PATH]: ['text/html', school.page.html],
          '/school.js': ['text/javascript', school.page.script],
        }
      : {}),
  };
}

const inHead = (html: string, more: string): string => html.replace('</head>', `${more}</head>`);

/** What browsers open from elsewhere: pages. The provider sends them back with words of its own behind the path. */
export const isPage = (url: string): boolean => ['/', '/wall', SCHOOL_PATH].includes(url.split('?')[0] ?? '');
