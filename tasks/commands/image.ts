import { installFor } from '../engines/select.ts';
import { ensureBuilt, isBuilt } from '../image/build.ts';
import { exportBundle, importBundle } from '../image/bundle.ts';
import { currentDigest, discard, inspect, type Kind, listCache, pruneCache } from '../image/cache.ts';
import { LabError } from '../ui/errors.ts';
import { seconds, showJobs } from '../ui/progress.ts';
import { say } from '../ui/text.ts';

interface ImageOptions {
  mirror?: string;
  box?: boolean;
  yes?: boolean;
  json?: boolean;
}

const ACTIONS = ['build', 'list', 'verify', 'export', 'import', 'prune'] as const;
type Action = (typeof ACTIONS)[number];

/** `lab image build|list|verify|export|import|prune`. */
export async function image(
  action: string,
  file: string | undefined,
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
    case 'export':
      return bundle(file, exportBundle, { en: 'written', fr: 'écrit' });
    case 'import':
      return bundle(file, importBundle, { en: 'imported', fr: 'importé' });
  }
}

async function build(options: ImageOptions): Promise<number> {
  const since = Date.now();
  if (options.box) {
    const { boxJobs } = await import('../image/box.ts');
    await installFor(['box'], { yes: options.yes ?? false });
    await showJobs(await boxJobs({ mirror: options.mirror }), { parallel: false, quiet: false });
  } else {
    const missing: ('image' | 'kernel')[] = [];
    for (const kind of ['image', 'kernel'] as const) if (!(await isBuilt(kind))) missing.push(kind);
    if (missing.length > 0) await installFor(missing, { yes: options.yes ?? false });
    await showJobs(
      missing.map((kind) => ({
        title: kind,
        run: async (report) => void (await ensureBuilt(kind, { mirror: options.mirror }, report)),
      })),
      { parallel: true, quiet: false },
    );
  }
  console.log(say({ en: `In the cache after ${seconds(since)}.`, fr: `En cache après ${seconds(since)}.` }));
  return 0;
}

async function list(json: boolean): Promise<number> {
  const current = new Map<Kind, string>([
    ['image', currentDigest('image')],
    ['kernel', currentDigest('kernel')],
    ['box', currentDigest('box')],
  ]);
  const entries = (await listCache()).map((entry) => ({
    ...entry,
    // An archive of Nextcloud is what somebody wanted; no version of the kit replaces it.
    current: entry.kind.startsWith('nextcloud') || current.get(entry.kind) === entry.digest,
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
      { en: 'for example lab-image.tar.zst.', fr: 'par exemple lab-image.tar.zst.' },
    );
  }
  const since = Date.now();
  await work(file);
  console.log(`${file}: ${say(done)} (${seconds(since)})`);
  return 0;
}
