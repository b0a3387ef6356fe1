import * as z from 'zod';
import { LabError } from '../../base/errors.ts';
import { type CacheKind, FILES } from '../cache.ts';

/** The file that says what a repository offers, and the one with its signature, in the format of minisign. */
export const INDEX = 'ha-lab.json';
export const SIGNATURE = `${INDEX}.minisig`;

const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
const digest = z.string().regex(/^[0-9a-f]{20}$/);
const bytes = z.int().nonnegative();

const file = z.object({
  kind: z.enum(Object.keys(FILES) as [CacheKind, ...CacheKind[]]),
  /** Of what it was made from: the name of its entry in the cache. */
  digest,
  /** Of the file beside the index, as it is transferred. */
  name: z.string().regex(/^[a-z0-9][a-z0-9.-]{0,99}$/),
  size: bytes,
  sha256,
  packed: z.enum(['zstd', 'no']),
  /** Of what is in it; `disk`: bytes that it takes on a disk, holes left out. */
  content: z.object({ size: bytes, sha256, disk: bytes }),
  facts: z.record(z.string(), z.unknown()).optional(),
});

const schema = z.object({
  format: z.literal(1),
  /** The kit that wrote it: its version, and its commit where it was a git checkout. */
  kit: z.object({
    version: z.string().max(40),
    commit: z
      .string()
      .regex(/^[0-9a-f]{40}$/)
      .optional(),
  }),
  files: z.array(file).max(50),
});

/** What a repository offers. */
export type Index = z.infer<typeof schema>;
export type RepositoryFile = z.infer<typeof file>;

/** The index in a text. LabError when it is none that this version of the kit understands; `where` it is from. */
export function parseIndex(text: string, where: string): Index {
  let found: unknown;
  try {
    found = JSON.parse(text);
  } catch {
    found = undefined;
  }
  const index = schema.safeParse(found);
  if (index.success) return index.data;
  throw new LabError(
    {
      en: `${where} is no index of a repository that this version of the kit understands.`,
      fr: `${where} n'est pas un index de dépôt que cette version du kit comprend.`,
    },
    {
      en: 'write the repository again with `lab image export DIRECTORY`, with the version of the kit that is used here.',
      fr: 'réécrivez le dépôt avec `lab image export DOSSIER`, avec la version du kit employée ici.',
    },
    index.error.issues.slice(0, 3).map(({ path, message }) => `${path.join('.') || 'JSON'}: ${message}`),
  );
}

/** Kinds that are compressed already. */
const PACKED: CacheKind[] = ['box', 'box-virtualbox', 'nextcloud'];

/** How a kind is kept in a repository. */
export const packingOf = (kind: CacheKind): RepositoryFile['packed'] =>
  PACKED.includes(kind) ? 'no' : 'zstd';

/** Name of an entry's file in a repository: image-DIGEST.ext4.zst. */
export function nameOf(kind: CacheKind, digest: string): string {
  const ending = /\..*$/.exec(FILES[kind])?.[0] ?? '';
  return `${kind}-${digest}${ending}${packingOf(kind) === 'zstd' ? '.zst' : ''}`;
}

/** What wrote an index, for people: `0.1.0 (0123456789ab)`. */
export const kitOf = ({ version, commit }: Index['kit']): string =>
  commit ? `${version} (${commit.slice(0, 12)})` : version;
