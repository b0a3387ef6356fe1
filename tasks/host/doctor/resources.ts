import type { Topology } from '../../topology/model.ts';
import { overlapping } from '../networks.ts';
import { type Check, fail, ok, warn } from './check.ts';

/** Share of their memory that the machines really took together, roles applied: below it they do not run. */
const MEMORY_SHARE = 0.6;

/** MiB that a lab's disks take: machines write 60 to 100 MiB at first, more as the labs go on. */
const DISK_PER_MACHINE = { least: 150, comfortable: 600 };

/** MiB that building image and kernel takes in the cache's file system. */
const CACHE_SPACE = 5000;

function sizes({ machines }: Topology): { memory: number; least: number; comfortable: number } {
  return {
    memory: machines.reduce((sum, machine) => sum + machine.memory, 0),
    least: machines.length * DISK_PER_MACHINE.least,
    comfortable: machines.length * DISK_PER_MACHINE.comfortable,
  };
}

export const processor: Check = {
  id: 'processor',
  title: { en: 'Processor', fr: 'Processeur' },
  quick: false,
  enabled: () => true,
  run({ computer: { arch, cpus } }) {
    if (arch !== 'x64')
      return fail(
        { en: `${arch}: the machines are x86-64`, fr: `${arch} : les machines sont x86-64` },
        {
          en: 'Use a computer with an Intel or AMD 64-bit processor.',
          fr: 'Utiliser un ordinateur à processeur Intel ou AMD 64 bits.',
        },
      );
    if (cpus < 2)
      return warn(
        { en: 'x86-64, one processor only', fr: 'x86-64, un seul processeur' },
        {
          en: 'The lab runs, more slowly; the machines’ times in the guides were measured on two.',
          fr: 'Le lab fonctionne, plus lentement ; les durées des guides ont été mesurées sur deux.',
        },
      );
    return ok(`x86-64, ${cpus} processors`, `x86-64, ${cpus} processeurs`);
  },
};

export const memory: Check = {
  id: 'memory',
  title: { en: 'Memory', fr: 'Mémoire' },
  quick: true,
  enabled: () => true,
  run({ computer, topology }) {
    const { available, total } = computer.memory;
    const wanted = sizes(topology).memory;
    const found = {
      en: `${available} MiB free of ${total}; the machines of ${topology.name} have ${wanted} in all`,
      fr: `${available} Mio libres sur ${total} ; les machines de ${topology.name} en ont ${wanted} en tout`,
    };
    const fix = {
      en: 'Close other programs, or use a topology with fewer or smaller machines (docs/topology.md).',
      fr: 'Fermer d’autres programmes, ou prendre une topologie aux machines moins nombreuses ou plus petites (docs/topology.md).',
    };
    if (available < wanted * MEMORY_SHARE) return fail(found, fix);
    return available < wanted ? warn(found, fix) : ok(found.en, found.fr);
  },
};

export const disk: Check = {
  id: 'disk',
  title: { en: 'Disk', fr: 'Disque' },
  quick: true,
  enabled: () => true,
  run({ disk, folders, topology, builds }) {
    const { least, comfortable } = sizes(topology);
    const found = {
      en: `${disk.labs} MiB free in ${folders.labs}, ${disk.cache} in ${folders.cache}`,
      fr: `${disk.labs} Mio libres dans ${folders.labs}, ${disk.cache} dans ${folders.cache}`,
    };
    const fix = {
      en: `The lab takes up to ${comfortable} MiB, building its image ${CACHE_SPACE}: free some space (lab image prune), or set LAB_CACHE to a folder on another disk.`,
      fr: `Le lab prend jusqu’à ${comfortable} Mio, construire son image ${CACHE_SPACE} : libérer de la place (lab image prune), ou donner dans LAB_CACHE un dossier d’un autre disque.`,
    };
    const cacheFull = (builds.image || builds.kernel) && disk.cache < CACHE_SPACE;
    if (disk.labs < least || cacheFull) return fail(found, fix);
    return disk.labs < comfortable ? warn(found, fix) : ok(found.en, found.fr);
  },
};

/** User Mode Linux separates its parameters with spaces, and the files of a disk with commas and colons. */
export const folders: Check = {
  id: 'folders',
  title: { en: 'Folders', fr: 'Dossiers' },
  quick: true,
  enabled: ({ engine }) => engine === 'uml',
  run({ folders: { labs, cache } }) {
    const bad = [labs, cache].find((folder) => /[\s,:]/.test(folder));
    if (!bad)
      return ok('names without spaces, commas or colons', 'noms sans espaces, virgules ni deux-points');
    return fail(
      {
        en: `“${bad}”: the machines’ kernel takes no space, comma or colon in it`,
        fr: `« ${bad} » : le noyau des machines n’y accepte ni espace, ni virgule, ni deux-points`,
      },
      {
        en: 'Move the kit to another folder, or set LAB_CACHE if the cache is meant.',
        fr: 'Déplacer le kit dans un autre dossier, ou définir LAB_CACHE s’il s’agit du cache.',
      },
    );
  },
};

/** The uml engine's network is in a namespace of its own, VirtualBox's inside VirtualBox: only libvirt's is the host's. */
export const networks: Check = {
  id: 'networks',
  title: { en: 'Networks', fr: 'Réseaux' },
  quick: true,
  enabled: ({ engine }) => engine === 'vagrant-libvirt',
  run({ topology: { network }, networks }) {
    const clashes = overlapping(network, networks);
    const list = clashes.map(({ device, cidr }) => `${device} ${cidr}`).join(', ');
    if (clashes.length === 0)
      return ok(
        `no network of this computer overlaps ${network.cidr}`,
        `aucun réseau de cet ordinateur ne recouvre ${network.cidr}`,
      );
    return fail(
      {
        en: `the lab’s ${network.cidr} overlaps ${list}`,
        fr: `le réseau ${network.cidr} du lab recouvre ${list}`,
      },
      {
        en: 'Leave that network while the lab runs, use --engine uml, whose network is apart, or a topology on another network (docs/topology.md).',
        fr: 'Quitter ce réseau pendant le lab, prendre --engine uml, dont le réseau est à part, ou une topologie sur un autre réseau (docs/topology.md).',
      },
    );
  },
};
