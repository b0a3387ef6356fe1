import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Assets } from '../../studio/server.ts';

const reader = (root: string) => (name: string) =>
  readFileSync(join(root, 'tasks', 'class', 'front', 'page', name), 'utf8');

/** What stands above the page of a lab, as it stands in the kit. */
export function readBar(root: string): Pick<Assets, 'script' | 'style'> {
  const read = reader(root);
  return { script: read('class.js'), style: read('class.css') };
}

/** The teacher's wall, as it stands in the kit: one script without anything else. */
export function readWall(root: string): Pick<Assets, 'html' | 'script' | 'style'> {
  const read = reader(root);
  return { html: read('wall.html'), script: read('wall.js'), style: read('wall.css') };
}

/** The page to sign in through the school; it looks as the wall does. */
export function readSchool(root: string): Pick<Assets, 'html' | 'script'> {
  const read = reader(root);
  return { html: read('school.html'), script: read('school.js') };
}

/** How pages of a front sign in and out: a module that all of them load. */
export const readSigning = (root: string): string => reader(root)('signing.js');
