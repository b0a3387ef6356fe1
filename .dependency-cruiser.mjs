// The floors of tasks/, from the ground up: a file imports from its own floor and those below (CONTRIBUTING.md has the picture).
export const FLOORS = [
  'base',
  'topology',
  'roles',
  'architecture',
  'host',
  'artifacts',
  'remote',
  'engines',
  'environment',
  'environment/provision',
  'inspect/journal',
  'inspect',
  'watch/model',
  'watch',
  'scale',
  'measure/drill',
  'measure/load',
  'measure/report',
  'measure/timeline',
  'exercises/guides',
  'exercises/state',
  'exercises/dossier',
  'exercises/checks',
  'exercises/session',
  'exercises/grading',
  'studio/page',
  'studio',
  'class',
  'cli/commands',
  'cli',
];

/** A floor's own files: those of floors that are folders in it are not among them. */
const filesOf = (floor) => {
  const inside = FLOORS.filter((other) => other.startsWith(`${floor}/`)).map((other) => `${other.slice(floor.length + 1)}/`);
  return `^tasks/${floor}/${inside.length > 0 ? `(?!${inside.join('|')})` : ''}`;
};

/** Floors whose code also runs in a browser. */
const ANYWHERE = ['watch/model', 'studio/page'];

/** What such code may import besides: files that need no package and, for what is used there, nothing of Node (of text.ts the types). */
const PURE =
  '^tasks/(base/text|inspect/journal/words|architecture/(look|places|scene|svg)|measure/drill/(names|samples|windows)|measure/report/(chart|lane))[.]ts$';

/** @type {import('dependency-cruiser').IConfiguration} */
export default {
  forbidden: [
    { name: 'no-circle', severity: 'error', from: { path: '^tasks/' }, to: { circular: true } },
    {
      name: 'every-file-has-a-floor',
      severity: 'error',
      from: { path: '^tasks/', pathNot: FLOORS.map(filesOf) },
      to: {},
    },
    ...FLOORS.slice(0, -1).map((floor, index) => ({
      name: `${floor}-imports-from-below`,
      severity: 'error',
      from: { path: filesOf(floor) },
      to: { path: FLOORS.slice(index + 1).map(filesOf) },
    })),
    ...ANYWHERE.map((floor) => ({
      name: `${floor}-runs-in-a-browser`,
      severity: 'error',
      from: { path: filesOf(floor) },
      to: { pathNot: [...ANYWHERE.map(filesOf), PURE] },
    })),
  ],
  // What is written in JSX cannot be read here: test/unit/studio-build.test.ts looks at what it is built from.
  options: { exclude: '[.]tsx$', doNotFollow: { path: 'node_modules' }, parser: 'swc', tsPreCompilationDeps: true, includeOnly: '^tasks/' },
};
