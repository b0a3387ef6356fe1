import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { currentDigest, entryFile } from '../../image/cache.ts';
import type { Box } from '../../render/vagrantfile.ts';

/** A box file beside which its kernel and initramfs are when it is started directly. */
const KERNEL = 'vmlinuz';
const INITRD = 'initrd.img';
/** The VirtualBox box in the same entry of the cache (packer/box.pkr.hcl). */
const VIRTUALBOX = 'virtualbox.box';

/**
 * The box of the current inputs: its name carries their digest, since Vagrant and libvirt keep copies by name.
 * Files that are not in the cache are left out.
 */
export function currentBox(): Box {
  const digest = currentDigest('box');
  const file = entryFile('box', digest);
  const folder = dirname(file);
  const [kernel, initrd] = [join(folder, KERNEL), join(folder, INITRD)];
  const virtualbox = join(folder, VIRTUALBOX);
  return {
    name: `ha-lab-${digest}`,
    ...(existsSync(file) ? { libvirt: pathToFileURL(file).href } : {}),
    ...(existsSync(virtualbox) ? { virtualbox: pathToFileURL(virtualbox).href } : {}),
    ...(existsSync(kernel) && existsSync(initrd) ? { boot: { kernel, initrd } } : {}),
  };
}
