import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { outputOf, runProgram } from '../base/exec.ts';
import type { Text } from '../base/text.ts';

export interface LibvirtFacts {
  installed: boolean;
  usable: boolean;
  reason: Text;
}

/**
 * True when Vagrant's libvirt plugin is installed: by `vagrant plugin install`, or by a Debian package. Files are
 * read because `vagrant plugin list` takes seconds.
 */
export function hasLibvirtPlugin(
  home = process.env.VAGRANT_HOME ?? join(homedir(), '.vagrant.d'),
  packaged = '/usr/share/vagrant-plugins/plugins.d',
): boolean {
  const own = join(home, 'plugins.json');
  if (existsSync(own) && /"vagrant-libvirt"\s*:/.test(readFileSync(own, 'utf8'))) return true;
  return existsSync(packaged) && readdirSync(packaged).some((name) => name.startsWith('vagrant-libvirt'));
}

/** Whether libvirt's system daemon answers this user. At most 5 s. */
export async function probeLibvirt(): Promise<LibvirtFacts> {
  const ended = await runProgram('virsh', ['--connect', 'qemu:///system', 'uri'], { seconds: 5 });
  if (ended.missing)
    return {
      installed: false,
      usable: false,
      reason: { en: 'libvirt is not installed', fr: 'libvirt n’est pas installé' },
    };
  if (ended.code === 0)
    return { installed: true, usable: true, reason: { en: 'libvirt answers', fr: 'libvirt répond' } };
  const said =
    outputOf(ended)
      .trim()
      .split('\n')
      .at(-1)
      ?.replace(/^(error: )?(internal error: )?/, '') ?? '';
  const denied = /denied|authentication|polkit/i.test(said);
  return {
    installed: true,
    usable: false,
    reason: denied
      ? {
          en: 'libvirt refuses this user (sudo adduser "$USER" libvirt, then log in again)',
          fr: 'libvirt refuse cet utilisateur (sudo adduser "$USER" libvirt, puis se reconnecter)',
        }
      : {
          en: `libvirt does not answer (sudo systemctl start libvirtd): ${said}`,
          fr: `libvirt ne répond pas (sudo systemctl start libvirtd) : ${said}`,
        },
  };
}
