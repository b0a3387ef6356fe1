import { LabError } from '../../base/errors.ts';
import { type BuiltKind, currentDigest, inspect } from '../cache.ts';
import { kitOf, type RepositoryFile } from './layout.ts';
import type { Repository } from './open.ts';

/** What pulling from a repository comes to. */
export interface Plan {
  /** To be taken. */
  take: RepositoryFile[];
  /** In the cache already. */
  there: BuiltKind[];
  /** Wanted, but not offered for this version of the kit; `offered`: the digests that are. */
  missing: { kind: BuiltKind; wanted: string; offered: string[] }[];
}

/** What of a repository this version of the kit uses: these kinds, and what there is of Nextcloud (its disk for uml only). */
export async function planOf({ index }: Repository, kinds: readonly BuiltKind[]): Promise<Plan> {
  const plan: Plan = { take: [], there: [], missing: [] };
  for (const kind of kinds) {
    const wanted = currentDigest(kind);
    const offers = index.files.filter((file) => file.kind === kind);
    const fit = offers.find(({ digest }) => digest === wanted);
    if ((await inspect(kind, wanted)) === 'good') plan.there.push(kind);
    else if (fit) plan.take.push(fit);
    else plan.missing.push({ kind, wanted, offered: offers.map(({ digest }) => digest) });
  }
  if (plan.missing.length === kinds.length) return plan;
  for (const file of index.files) {
    const wanted = file.kind === 'nextcloud' || (file.kind === 'nextcloud-code' && kinds.includes('image'));
    if (wanted && (await inspect(file.kind, file.digest)) !== 'good') plan.take.push(file);
  }
  return plan;
}

/** LabError for what a repository does not offer to this version of the kit: which version it is for, and which to use. */
export function mismatch({ source, index }: Repository, missing: Plan['missing']): LabError | undefined {
  if (missing.length === 0) return undefined;
  const offered = missing.filter(({ offered }) => offered.length > 0);
  const names = missing.map(({ kind }) => kind).join(', ');
  if (offered.length === 0) {
    return new LabError(
      { en: `${source.name} offers no ${names}.`, fr: `${source.name} ne propose pas : ${names}.` },
      {
        en: '`lab image build` (with --box for a box) makes it there before the export, or here.',
        fr: "`lab image build` (avec --box pour une box) le fait là-bas avant l'export, ou ici.",
      },
    );
  }
  const { commit } = index.kit;
  return new LabError(
    {
      en: `${source.name} is for another version of the kit, ${kitOf(index.kit)}: its ${names} cannot be used by this one.`,
      fr: `${source.name} est fait pour une autre version du kit, ${kitOf(index.kit)} : celle-ci ne peut pas en utiliser ${names}.`,
    },
    commit
      ? {
          en: `use that version (\`git checkout ${commit.slice(0, 12)}\`), have it exported by this one, or build here: \`lab image build\`.`,
          fr: `prenez cette version-là (\`git checkout ${commit.slice(0, 12)}\`), faites-le exporter par celle-ci, ou construisez ici : \`lab image build\`.`,
        }
      : {
          en: 'use that version, have it exported by this one, or build here: `lab image build`.',
          fr: 'prenez cette version-là, faites-le exporter par celle-ci, ou construisez ici : `lab image build`.',
        },
    missing.map(({ kind, wanted, offered }) => `${kind}: ${offered.join(', ') || '-'} ≠ ${wanted}`),
  );
}
