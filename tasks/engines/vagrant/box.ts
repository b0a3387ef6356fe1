import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type BuiltKind, currentDigest, entryFile } from '../../artifacts/cache.ts';
import { LabError } from '../../base/errors.ts';
import { type RunProgram, runProgram } from '../../base/exec.ts';
import { hasBox } from './vagrant.ts';
import type { Box } from './vagrantfile.ts';

/** Providers of Vagrant that the kit has boxes for. */
export const PROVIDERS = ['libvirt', 'virtualbox'] as const;
export type Provider = (typeof PROVIDERS)[number];

/** The provider of one of Vagrant's engines. */
export const providerOf = (engine: `vagrant-${Provider}`): Provider =>
  engine === 'vagrant-libvirt' ? 'libvirt' : 'virtualbox';

/** What the cache calls the box of each provider. */
const KINDS: Record<Provider, BuiltKind> = { libvirt: 'box', virtualbox: 'box-virtualbox' };

/** A libvirt box file beside which its kernel and initramfs are when it is started directly. */
const KERNEL = 'vmlinuz';
const INITRD = 'initrd.img';

/** Name of a provider's box: it carries the digest of its inputs, since Vagrant and libvirt keep copies by name. */
export const boxName = (provider: Provider): string => `ha-lab-${currentDigest(KINDS[provider])}`;

/** The boxes of the current inputs. Files that are not in the cache are left out. */
export function currentBox(): Box {
  const boxOf = (provider: Provider) => {
    const file = entryFile(KINDS[provider], currentDigest(KINDS[provider]));
    const url = existsSync(file) ? { url: pathToFileURL(file).href } : {};
    return { name: boxName(provider), ...url };
  };
  const folder = dirname(entryFile('box', currentDigest('box')));
  const [kernel, initrd] = [join(folder, KERNEL), join(folder, INITRD)];
  return {
    libvirt: boxOf('libvirt'),
    virtualbox: boxOf('virtualbox'),
    ...(existsSync(kernel) && existsSync(initrd) ? { boot: { kernel, initrd } } : {}),
  };
}

/** What asking for a box takes of the computer; tests give their own. */
interface BoxHost {
  platform: NodeJS.Platform;
  run: RunProgram;
  box: Box;
}

const thisHost = (): BoxHost => ({ platform: process.platform, run: runProgram, box: currentBox() });

/** True when a provider's box is in the cache, or Vagrant has it from elsewhere (`vagrant box add`; asking takes seconds). */
export async function haveBox(provider: Provider, { run, box } = thisHost()): Promise<boolean> {
  return box[provider].url !== undefined || hasBox(box[provider].name, provider, run);
}

/** True when a provider's box must be built first. LabError where it is missing and this computer cannot build it. */
export async function mustBuildBox(provider: Provider, host = thisHost()): Promise<boolean> {
  if (await haveBox(provider, host)) return false;
  if (host.platform !== 'linux') throw noBox(provider);
  return true;
}

/** The error for a box that is nowhere: how it comes to a computer that cannot build it. */
export function noBox(provider: Provider): LabError {
  const build = `lab image build --box ${provider}`;
  const add = `vagrant box add --name ${boxName(provider)} ${provider}.box`;
  return new LabError(
    { en: `There is no box for ${provider} yet.`, fr: `Il n’y a pas encore de box pour ${provider}.` },
    {
      en: `on a Debian-like computer run \`${build}\` and \`lab image export FILE\`, here \`lab image import FILE\`; or add the box that Packer built: \`${add}\` (docs/engines-vagrant.md).`,
      fr: `sur un ordinateur de type Debian lancez \`${build}\` et \`lab image export FICHIER\`, ici \`lab image import FICHIER\` ; ou ajoutez la box que Packer a construite : \`${add}\` (docs/engines-vagrant.md).`,
    },
  );
}
