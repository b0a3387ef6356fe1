import { statSync } from 'node:fs';
import { exportBundle, importBundle } from '../../artifacts/bundle.ts';
import {
  BUILT_KINDS,
  currentDigest,
  discard,
  entryFile,
  inspect,
  listCache,
  pruneCache,
} from '../../artifacts/cache.ts';
import { LabError } from '../../base/errors.ts';
import { seconds, showJobs } from '../../base/progress.ts';
import { say } from '../../base/text.ts';
import type { Provider } from '../../engines/vagrant/box.ts';
import { buildJobs, missingOf, NEEDED_BUILDS } from '../../environment/preparation.ts';

interface ImageOptions {
  mirror?: string;
  /** Provider whose box is built. */
  box?: Provider;
  yes?: boolean;
  json?: boolean;
  /** Whose signature a repository must have (pull). */
  key?: string;
  unsigned?: boolean;
  /** Sign the repository (export). */
  sign?: boolean;
}

const ACTIONS = ['build', 'list', 'verify', 'pull', 'export', 'import', 'key', 'prune'] as const;
type Action = (typeof ACTIONS)[number];

/** `lab image build|list|verify|pull|export|import|key|prune`. */
export async function image(
  action: string,
  place: string | undefined,
  options: ImageOptions,
): Promise<number> {
  if (!ACTIONS.includes(action as Action)) {
    throw new LabError(
      { en: `"${action}" is not an action.`, fr: `« ${action} » n'est pas une action.` },
      { en: `use one of ${ACTIONS.join(', ')}.`, fr: `utilisez ${ACTIONS.join(', ')}.` },
    );
  }
  switch (action as Action) {
    case 'build':
      return build(options);
    case 'list':
      return list(options.json ?? false);
    case 'verify':
      return verify();
    case 'prune':
      return prune();
    case 'pull':
      return (await import('./image-repository.ts')).pull(place, options);
    case 'key':
      return (await import('./image-repository.ts')).showKey(options.json ?? false);
    case 'export':
      if (place && !isBundle(place)) return (await import('./image-repository.ts')).exportTo(place, options);
      if (place && options.sign) throw noSignature(place);
      return bundle(place, exportBundle, { en: 'written', fr: 'écrit' });
    case 'import':
      return bundle(place, importBundle, { en: 'imported', fr: 'importé' });
  }
}

/** A bundle is one file; anything else that is exported to is a folder, there or not. */
const isBundle = (place: string): boolean =>
  /\.(zst|tzst)$/.test(place) || (statSync(place, { throwIfNoEntry: false })?.isFile() ?? false);

const noSignature = (place: string) =>
  new LabError(
    {
      en: `${place} is a bundle, which has no signature.`,
      fr: `${place} est un paquet, qui n'a pas de signature.`,
    },
    {
      en: 'export to a folder: a name that does not end in .zst.',
      fr: 'exportez vers un dossier : un nom qui ne finit pas par .zst.',
    },
  );

async function build({ box, yes, mirror }: ImageOptions): Promise<number> {
  const since = Date.now();
  const kinds = NEEDED_BUILDS[box ? (`vagrant-${box}` as const) : 'uml'];
  const jobs = buildJobs(await missingOf(kinds, { yes }), { mirror });
  await showJobs(jobs, { parallel: true, quiet: false });
  console.log(say({ en: `In the cache after ${seconds(since)}.`, fr: `En cache après ${seconds(since)}.` }));
  for (const kind of box ? kinds : []) console.log(entryFile(kind, currentDigest(kind)));
  return 0;
}

async function list(json: boolean): Promise<number> {
  const current = new Set(BUILT_KINDS.map((kind) => `${kind} ${currentDigest(kind)}`));
  const entries = (await listCache()).map((entry) => ({
    ...entry,
    // An archive of Nextcloud is what somebody wanted; no version of the kit replaces it.
    current: entry.kind.startsWith('nextcloud') || current.has(`${entry.kind} ${entry.digest}`),
  }));
  if (json) console.log(JSON.stringify(entries, null, 2));
  else if (entries.length === 0) console.log(say({ en: 'The cache is empty.', fr: 'Le cache est vide.' }));
  for (const entry of json ? [] : entries) {
    const size = `${Math.round(entry.bytes / 2 ** 20)} MiB`;
    const mark = entry.current ? say({ en: 'in use', fr: 'utilisée' }) : say({ en: 'old', fr: 'ancienne' });
    console.log([entry.kind.padEnd(14), entry.digest, size.padStart(10), entry.built, mark].join('  '));
  }
  return 0;
}

/** Reads every cached file whole and compares checksums; damaged ones are removed. Exit code 1 if there were any. */
async function verify(): Promise<number> {
  let damaged = 0;
  for (const { kind, digest } of await listCache()) {
    const state = await inspect(kind, digest, true);
    console.log(`${kind} ${digest}: ${state}`);
    if (state !== 'damaged') continue;
    damaged += 1;
    await discard(kind, digest);
  }
  if (damaged > 0) {
    console.log(
      say({
        en: `Removed ${damaged} damaged: \`lab image build\` makes it again.`,
        fr: `${damaged} abîmée(s) supprimée(s) : \`lab image build\` la refait.`,
      }),
    );
  }
  return damaged > 0 ? 1 : 0;
}

async function prune(): Promise<number> {
  const { removed, kept } = await pruneCache();
  const bytes = removed.reduce((sum, entry) => sum + entry.bytes, 0);
  console.log(
    say({
      en: `Removed ${removed.length} old entries, ${Math.round(bytes / 2 ** 20)} MiB.`,
      fr: `${removed.length} anciennes entrées supprimées, ${Math.round(bytes / 2 ** 20)} Mio.`,
    }),
  );
  for (const { entry, labs } of kept) {
    const what = `${entry.kind} ${entry.digest}`;
    const names = labs.join(', ');
    console.log(
      say(
        labs.length === 1
          ? {
              en: `Kept ${what}: the lab ${names} was made from it.`,
              fr: `Gardé ${what} : le lab ${names} en est issu.`,
            }
          : {
              en: `Kept ${what}: the labs ${names} were made from it.`,
              fr: `Gardé ${what} : les labs ${names} en sont issus.`,
            },
      ),
    );
  }
  return 0;
}

async function bundle(
  file: string | undefined,
  work: (file: string) => Promise<void>,
  done: { en: string; fr: string },
): Promise<number> {
  if (!file) {
    throw new LabError(
      { en: 'The name of the bundle is missing.', fr: 'Le nom du paquet manque.' },
      {
        en: 'for example lab-image.tar.zst; `lab image export` also takes a folder.',
        fr: 'par exemple lab-image.tar.zst ; `lab image export` prend aussi un dossier.',
      },
    );
  }
  const since = Date.now();
  await work(file);
  console.log(`${file}: ${say(done)} (${seconds(since)})`);
  return 0;
}
