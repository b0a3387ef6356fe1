import { hostOnlyRanges, isAllowed, NETWORKS_CONF } from '../virtualbox.ts';
import { type Check, fail, ok, warn } from './check.ts';

export const virtualbox: Check = {
  id: 'virtualbox',
  title: { en: 'VirtualBox', fr: 'VirtualBox' },
  quick: false,
  enabled: ({ facts }) => facts.virtualbox?.installed === true,
  run({ facts, topology: { network } }) {
    const { usable, version, reason } = facts.virtualbox ?? {
      usable: false,
      version: undefined,
      reason: undefined,
    };
    if (!usable)
      return warn(reason ?? { en: 'not usable', fr: 'inutilisable' }, {
        en: 'Mend this, or use another engine.',
        fr: 'Corriger cela, ou prendre un autre moteur.',
      });
    const ranges = hostOnlyRanges();
    if (!ranges || isAllowed(network.cidr, ranges)) return ok(`version ${version}`, `version ${version}`);
    // The Vagrantfile uses an internal network, to which these ranges do not apply.
    const list = ranges.join(', ') || '-';
    return ok(
      `version ${version}; host-only networks may only be in ${list} (${NETWORKS_CONF}): the lab’s network is an internal one, without that limit`,
      `version ${version} ; les réseaux privés hôte sont limités à ${list} (${NETWORKS_CONF}) : celui du lab est interne, sans cette limite`,
    );
  },
};

export const vagrant: Check = {
  id: 'vagrant',
  title: { en: 'Vagrant', fr: 'Vagrant' },
  quick: false,
  enabled: ({ facts }) => facts.vagrant === true,
  run({ versions, facts }) {
    const version = versions.get('vagrant');
    const plugin = facts.libvirtPlugin ? ', vagrant-libvirt' : '';
    if (version) return ok(`version ${version}${plugin}`, `version ${version}${plugin}`);
    return warn(
      { en: 'vagrant --version does not answer', fr: 'vagrant --version ne répond pas' },
      { en: 'Install it again, or use the uml engine.', fr: 'Le réinstaller, ou prendre le moteur uml.' },
    );
  },
};

/** Boxes are built on Debian-like computers: elsewhere one is brought. */
export const box: Check = {
  id: 'box',
  title: { en: 'VirtualBox box', fr: 'Box VirtualBox' },
  quick: false,
  enabled: ({ engine, builds, computer }) =>
    engine === 'vagrant-virtualbox' && builds.image && computer.platform !== 'linux',
  run() {
    return fail(
      { en: 'neither in the cache nor known to Vagrant', fr: 'ni dans le cache, ni connue de Vagrant' },
      {
        en: 'Build it on a Debian-like computer (lab image build --box virtualbox, lab image export) and bring it here (lab image import), or build one with Packer: docs/engines-vagrant.md.',
        fr: 'La construire sur un ordinateur de type Debian (lab image build --box virtualbox, lab image export) et l’apporter ici (lab image import), ou en construire une avec Packer : docs/engines-vagrant.md.',
      },
    );
  },
};

export const packer: Check = {
  id: 'packer',
  title: { en: 'Packer', fr: 'Packer' },
  quick: false,
  enabled: ({ versions }) => versions.has('packer'),
  run({ versions }) {
    const version = versions.get('packer');
    return ok(`version ${version}`, `version ${version}`);
  },
};
