import { LabError } from '../base/errors.ts';
import { BUILT_KINDS, type CacheEntry, currentDigest, inspect, listCache } from './cache.ts';

/**
 * What another computer can use instead of building it: what this version of the kit has built, for whichever engines, and what
 * there is of Nextcloud, which is no reason by itself. LabError when nothing is built.
 */
export async function entriesToShare(): Promise<CacheEntry[]> {
  const entries: CacheEntry[] = [];
  let built = false;
  for (const entry of await listCache()) {
    const { kind, digest } = entry;
    const own = BUILT_KINDS.find((one) => one === kind);
    if (own && digest !== currentDigest(own)) continue;
    if ((await inspect(kind, digest)) !== 'good') continue;
    entries.push(entry);
    built ||= own !== undefined;
  }
  if (built) return entries;
  throw new LabError(
    { en: 'There is nothing to export yet.', fr: "Il n'y a encore rien à exporter." },
    { en: 'run `lab image build` first.', fr: "lancez d'abord `lab image build`." },
  );
}
