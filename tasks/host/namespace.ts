import { accessSync, constants, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Ended, findTool, outputOf, runProgram } from '../base/exec.ts';
import type { Text } from '../base/text.ts';

/** Whether the uml engine's private network can be made by this user. */
export interface NamespaceFacts {
  /** 'untested': a tool that the test itself needs is missing. */
  state: 'works' | 'refused' | 'untested';
  /** Why not, and what to do. */
  reason?: Text;
  fix?: Text;
}

/** Settings of the kernel that explain a refusal; undefined where the kernel has no such setting. */
export interface NamespaceSettings {
  root: boolean;
  /** kernel.apparmor_restrict_unprivileged_userns (Ubuntu 23.10 and later). */
  appArmorRestricts: string | undefined;
  /** kernel.unprivileged_userns_clone (Debian's older kernels). */
  usernsClone: string | undefined;
  /** user.max_user_namespaces. */
  maxUserns: string | undefined;
  tun: 'usable' | 'missing' | 'forbidden';
}

function setting(name: string): string | undefined {
  const file = join('/proc/sys', name.replaceAll('.', '/'));
  return existsSync(file) ? readFileSync(file, 'utf8').trim() : undefined;
}

function tunDevice(): NamespaceSettings['tun'] {
  if (!existsSync('/dev/net/tun')) return 'missing';
  try {
    accessSync('/dev/net/tun', constants.R_OK | constants.W_OK);
    return 'usable';
  } catch {
    return 'forbidden';
  }
}

function readSettings(root: boolean): NamespaceSettings {
  return {
    root,
    appArmorRestricts: setting('kernel.apparmor_restrict_unprivileged_userns'),
    usernsClone: setting('kernel.unprivileged_userns_clone'),
    maxUserns: setting('user.max_user_namespaces'),
    tun: tunDevice(),
  };
}

/** A setting that forbids namespaces to this user, and the command that lifts it (kept over a restart). */
function blockingSetting(settings: NamespaceSettings): [string, string] | undefined {
  if (settings.root) return undefined;
  if (settings.usernsClone === '0') return ['kernel.unprivileged_userns_clone', '1'];
  if (settings.maxUserns === '0') return ['user.max_user_namespaces', '15000'];
  if (settings.appArmorRestricts === '1') return ['kernel.apparmor_restrict_unprivileged_userns', '0'];
  return undefined;
}

const AS_ROOT: Text = {
  en: 'Or run the lab as root (sudo).',
  fr: 'Ou lancer le lab en root (sudo).',
};

/** What the probe's lines and the kernel's settings mean for a user. */
export function judgeNamespaces(ended: Ended, settings: NamespaceSettings): NamespaceFacts {
  const lines = outputOf(ended).trim().split('\n');
  const failed = lines.filter((line) => / failed /.test(`${line} `));
  if (ended.code === 0 && failed.length === 0 && lines.includes('execute ok')) return { state: 'works' };

  const said = (failed[0] ?? lines.at(-1) ?? '').replace(/^(\w+) failed /, '$1: ').trim() || 'no answer';
  const blocked = blockingSetting(settings);
  if (blocked) {
    const [name, value] = blocked;
    const command = `echo '${name}=${value}' | sudo tee /etc/sysctl.d/60-ha-lab.conf && sudo sysctl --system`;
    return {
      state: 'refused',
      reason: {
        en: `the setting ${name} forbids namespaces to ordinary users (${said})`,
        fr: `le réglage ${name} interdit les espaces de noms aux utilisateurs ordinaires (${said})`,
      },
      fix: {
        en: `Allow them: ${command}. ${AS_ROOT.en}`,
        fr: `Les permettre : ${command}. ${AS_ROOT.fr}`,
      },
    };
  }
  if (settings.tun !== 'usable') {
    const missing = settings.tun === 'missing';
    return {
      state: 'refused',
      reason: {
        en: `/dev/net/tun ${missing ? 'does not exist' : 'cannot be opened by this user'} (${said})`,
        fr: `/dev/net/tun ${missing ? 'n’existe pas' : 'ne peut pas être ouvert par cet utilisateur'} (${said})`,
      },
      fix: missing
        ? {
            en: 'Load it: sudo modprobe tun. In a container, give it the device (--device /dev/net/tun).',
            fr: 'Le charger : sudo modprobe tun. Dans un conteneur, lui donner le périphérique (--device /dev/net/tun).',
          }
        : {
            en: `Open it to everyone, as udev does by default: sudo chmod 666 /dev/net/tun. ${AS_ROOT.en}`,
            fr: `L’ouvrir à tous, comme udev le fait d’ordinaire : sudo chmod 666 /dev/net/tun. ${AS_ROOT.fr}`,
          },
    };
  }
  return {
    state: 'refused',
    reason: {
      en: `this computer refuses a private network to this user (${ended.timedOut ? 'no answer in time' : said})`,
      fr: `cet ordinateur refuse un réseau privé à cet utilisateur (${ended.timedOut ? 'pas de réponse à temps' : said})`,
    },
    fix: settings.root
      ? {
          en: 'In a container, allow it namespaces and mounts (--privileged), or run the lab outside of it.',
          fr: 'Dans un conteneur, lui permettre espaces de noms et montages (--privileged), ou lancer le lab au dehors.',
        }
      : AS_ROOT,
  };
}

/**
 * Makes the namespaces the uml engine makes, with a bridge, a tap and an executable memory file system inside, and
 * lets them go. About 50 ms; at most 5 s. `root`: the kit's root.
 */
export async function probeNamespaces(kit: string): Promise<NamespaceFacts> {
  for (const tool of ['unshare', 'ip', 'bash']) {
    if (findTool(tool)) continue;
    return {
      state: 'untested',
      reason: { en: `the command ${tool} is missing`, fr: `la commande ${tool} manque` },
    };
  }
  const root = process.getuid?.() === 0;
  const ended = await runProgram(
    'unshare',
    [
      ...(root ? [] : ['--user', '--map-root-user']),
      ...['--net', '--mount', '--pid', '--fork', '--kill-child', '--mount-proc'],
      ...['bash', join(kit, 'tasks', 'host', 'namespace-probe.sh')],
    ],
    { seconds: 5 },
  );
  return judgeNamespaces(ended, readSettings(root));
}
