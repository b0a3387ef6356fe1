import { type Check, fail, ok, warn } from './check.ts';
import { installCommand } from './install.ts';
import { missingFor, type Purpose, REQUIREMENTS } from './requirements.ts';

export const system: Check = {
  id: 'system',
  title: { en: 'System', fr: 'Système' },
  quick: false,
  enabled: () => true,
  run({ computer: { platform, system, debianLike, wsl, root } }) {
    const who = { en: root ? ', as root' : '', fr: root ? ', en root' : '' };
    const name = `${system}${wsl ? ' (WSL)' : ''}`;
    if (platform !== 'linux' || debianLike) return ok(`${name}${who.en}`, `${name}${who.fr}`);
    return warn(
      { en: `${name}: not made from Debian`, fr: `${name} : pas dérivé de Debian` },
      {
        en: 'Missing tools must be installed by hand, and the image may not build here: import one built on Debian (lab image import).',
        fr: 'Les outils manquants sont à installer à la main, et l’image ne se construit peut-être pas ici : en importer une construite sous Debian (lab image import).',
      },
    );
  },
};

export const namespaces: Check = {
  id: 'namespaces',
  title: { en: 'Private network (namespaces)', fr: 'Réseau privé (espaces de noms)' },
  quick: true,
  // When another engine runs the lab this computer's refusal does not matter.
  enabled: ({ computer, engine }) => computer.platform === 'linux' && (!engine || engine === 'uml'),
  run({ facts }) {
    const { state, reason, fix } = facts.namespaces ?? { state: 'untested' };
    if (state === 'works')
      return ok(
        'bridge, cable (tap) and executable memory could be made',
        'pont, câble (tap) et mémoire exécutable ont pu être créés',
      );
    const found = reason ?? { en: 'not tested', fr: 'pas essayé' };
    if (state === 'untested')
      return warn(found, {
        en: 'It is tested once the missing tools are installed.',
        fr: 'L’essai se fera une fois les outils manquants installés.',
      });
    return fail(found, fix ?? { en: 'Choose another engine.', fr: 'Choisir un autre moteur.' });
  },
};

/** A check of the table's tools for one purpose. */
function toolsCheck(
  purpose: Purpose,
  en: string,
  fr: string,
  quick: boolean,
  enabled: Check['enabled'],
): Check {
  return {
    id: `tools-${purpose}`,
    title: { en, fr },
    quick,
    enabled,
    run({ shelf, versions, computer }) {
      const missing = missingFor([purpose], shelf);
      if (missing.length === 0) {
        const present = REQUIREMENTS.filter(
          ({ tool, neededFor, file }) => neededFor.includes(purpose) && !file && shelf.hasTool(tool),
        );
        const tools = present.map(({ tool }) =>
          versions.has(tool) ? `${tool} ${versions.get(tool)}` : tool,
        );
        return ok(tools.join(', '), tools.join(', '));
      }
      const names = missing.map(({ tool }) => tool).join(', ');
      const packages = [...new Set(missing.map(({ debianPackage }) => debianPackage))];
      const found = { en: `missing: ${names}`, fr: `il manque : ${names}` };
      if (!computer.debianLike)
        return fail(found, {
          en: `Install the tools that Debian has in these packages: ${packages.join(', ')}.`,
          fr: `Installer les outils que Debian livre dans ces paquets : ${packages.join(', ')}.`,
        });
      const command = installCommand(packages, computer.root);
      return warn(found, {
        en: `lab up installs them after asking; or run: ${command}`,
        fr: `lab up les installe après l’avoir demandé ; ou lancer : ${command}`,
      });
    },
  };
}

export const tools: readonly Check[] = [
  toolsCheck(
    'uml',
    'Tools that run the lab',
    'Outils qui font tourner le lab',
    true,
    ({ engine }) => engine === 'uml',
  ),
  toolsCheck(
    'vagrant-libvirt',
    'Tools that run the lab',
    'Outils qui font tourner le lab',
    true,
    ({ engine }) => engine === 'vagrant-libvirt',
  ),
  toolsCheck(
    'vagrant-virtualbox',
    'Tools that run the lab',
    'Outils qui font tourner le lab',
    true,
    ({ engine, computer }) => engine === 'vagrant-virtualbox' && computer.platform === 'linux',
  ),
  toolsCheck(
    'image',
    'Tools that build the image',
    'Outils qui construisent l’image',
    false,
    ({ engine, builds, computer }) => builds.image && engine !== undefined && computer.platform === 'linux',
  ),
  toolsCheck(
    'box',
    'Tools that build the box',
    'Outils qui construisent la box',
    false,
    ({ engine, builds }) => builds.image && engine === 'vagrant-libvirt',
  ),
  toolsCheck(
    'box-virtualbox',
    'Tools that build the box',
    'Outils qui construisent la box',
    false,
    ({ engine, builds, computer }) =>
      builds.image && engine === 'vagrant-virtualbox' && computer.platform === 'linux',
  ),
  toolsCheck(
    'nextcloud',
    'Tools that take an archive of Nextcloud',
    'Outils qui prennent une archive de Nextcloud',
    false,
    ({ engine }) => engine === 'uml' || engine === 'vagrant-libvirt',
  ),
  toolsCheck(
    'kernel',
    'Tools that build the kernel',
    'Outils qui construisent le noyau',
    false,
    ({ engine, builds }) => builds.kernel && engine === 'uml',
  ),
];

export const subordinateIds: Check = {
  id: 'subordinate-ids',
  title: { en: 'User ids for building the image', fr: 'Identifiants pour construire l’image' },
  quick: false,
  enabled: ({ computer, builds, engine }) =>
    computer.platform === 'linux' && !computer.root && builds.image && engine !== undefined,
  run({ subordinateIds: has }) {
    if (has)
      return ok('/etc/subuid and /etc/subgid have a range', '/etc/subuid et /etc/subgid ont une plage');
    return fail(
      {
        en: '/etc/subuid or /etc/subgid has no range for this user',
        fr: '/etc/subuid ou /etc/subgid n’a pas de plage pour cet utilisateur',
      },
      {
        en: 'Give one: sudo usermod --add-subuids 100000-165535 --add-subgids 100000-165535 "$USER". Or import an image (lab image import).',
        fr: 'En donner une : sudo usermod --add-subuids 100000-165535 --add-subgids 100000-165535 "$USER". Ou importer une image (lab image import).',
      },
    );
  },
};

export const kvm: Check = {
  id: 'kvm',
  title: { en: 'Hardware virtualization (KVM)', fr: 'Virtualisation matérielle (KVM)' },
  quick: false,
  enabled: ({ facts }) => facts.kvm !== undefined,
  run({ facts }) {
    const { works, reason } = facts.kvm ?? { works: false, reason: { en: 'not tried', fr: 'pas essayé' } };
    if (works) return ok(reason.en, reason.fr);
    return warn(reason, {
      en: 'Turn virtualization on in the firmware (VT-x, AMD-V), or nested virtualization where this computer is itself virtual; the uml engine does without.',
      fr: 'Activer la virtualisation dans le firmware (VT-x, AMD-V), ou la virtualisation imbriquée si cet ordinateur est lui-même virtuel ; le moteur uml s’en passe.',
    });
  },
};
