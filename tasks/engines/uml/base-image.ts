import { existsSync } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { currentDigests, type ImageDigests } from '../../artifacts/build.ts';
import type { BuiltImage } from '../../artifacts/cache.ts';
import { writeFileAtomic } from '../../base/files.ts';

/**
 * Kernel and base image. A machine's disk is its difference to one base image, so a lab keeps the one it was made
 * from, also when the kit has moved on to another: `file` remembers which. `image` finds or builds it.
 */
export async function baseImage(
  file: string,
  image: (digests: ImageDigests) => Promise<BuiltImage>,
): Promise<BuiltImage> {
  if (existsSync(file)) return image(JSON.parse(await readFile(file, 'utf8')) as ImageDigests);
  const digests = currentDigests();
  const built = await image(digests);
  await mkdir(dirname(file), { recursive: true });
  await writeFileAtomic(file, JSON.stringify(digests));
  return built;
}
