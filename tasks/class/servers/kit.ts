import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { pack } from 'tar-stream';
import { LabError } from '../../base/errors.ts';
import { ROOT } from '../../base/paths.ts';

/** What a server needs of the kit: what is built, and what that reads. The packages that it is built of are in it, but for these. */
const PARTS = [
  'LICENSE',
  'package.json',
  'Vagrantfile.ejs',
  'bin',
  'labs',
  'packer',
  'roles',
  'tasks',
  'topologies',
];
const PACKAGES = ['ssh2', 'asn1', 'bcrypt-pbkdf', 'safer-buffer', 'tweetnacl'];

/** The same in every copy, and none newer than what was built of it (bin/build.js): equal files make an equal archive. */
const DATE = new Date('2000-01-01T00:00:00Z');

function filesBelow(root: string, path: string): string[] {
  const full = join(root, path);
  const found = statSync(full, { throwIfNoEntry: false });
  if (found?.isFile()) return [path];
  if (!found?.isDirectory()) return [];
  // What a build of a package's compiled part leaves is this computer's own; files with a dot are for its authors.
  return readdirSync(full)
    .filter((name) => !name.startsWith('.') && name !== 'node_modules' && name !== 'build')
    .sort()
    .flatMap((name) => filesBelow(root, `${path}/${name}`));
}

/** The kit as an archive for servers, and its digest. LabError when it is not built. */
export async function kitArchive(root = ROOT): Promise<{ archive: Buffer; digest: string }> {
  const record = join(root, 'dist', 'build.json');
  if (!existsSync(record))
    throw new LabError(
      { en: 'The kit is not built.', fr: 'Le kit n’est pas construit.' },
      {
        en: 'run `npm run build`, then repeat the command.',
        fr: 'lancez `npm run build`, puis relancez la commande.',
      },
    );
  const { files } = JSON.parse(readFileSync(record, 'utf8')) as { files: string[] };
  const built = ['build.json', ...files.filter((name) => !name.endsWith('.map'))].map(
    (name) => `dist/${name}`,
  );
  const parts = [...PARTS, ...PACKAGES.map((name) => `node_modules/${name}`)];
  const names = [...parts.flatMap((part) => filesBelow(root, part)), ...built];
  const stream = pack();
  const chunks: Buffer[] = [];
  const whole = (async () => {
    for await (const chunk of stream) chunks.push(chunk as Buffer);
  })();
  for (const name of names) {
    const file = join(root, name);
    const mode = statSync(file).mode & 0o111 ? 0o755 : 0o644;
    stream.entry({ name, mode, mtime: DATE }, readFileSync(file));
  }
  stream.finalize();
  await whole;
  const tar = Buffer.concat(chunks);
  return { archive: gzipSync(tar), digest: createHash('sha256').update(tar).digest('hex') };
}
