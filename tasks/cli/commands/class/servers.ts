import { LabError } from '../../../base/errors.ts';
import { languageOfRun, say, type Text } from '../../../base/text.ts';
import { classFolder } from '../../../class/record.ts';
import { kitArchive } from '../../../class/servers/kit.ts';
import { type Done, labOn, type SetUp, type Step, setUpServers } from '../../../class/servers/setup.ts';
import { type OnServer, overSsh, serversNamed } from '../../../class/servers/ssh.ts';
import { type InitOptions, notUsable } from './init-options.ts';

const STEPS: Record<Step, Text> = {
  survey: { en: 'Asking the servers what they are …', fr: 'Question aux serveurs : que sont-ils …' },
  packages: { en: 'Packages …', fr: 'Paquets …' },
  configure: { en: 'Account, key and configuration …', fr: 'Compte, clé et configuration …' },
  store: { en: 'The folder that all see …', fr: 'Le dossier que tous voient …' },
  start: { en: 'Starting Slurm …', fr: 'Démarrage de Slurm …' },
  kit: { en: 'The kit …', fr: 'Le kit …' },
};

/** Options of `lab class init` that the first server is given as they are. */
const PASSED = [
  ...[
    'className',
    'memory',
    'cores',
    'hours',
    'save',
    'idle',
    'extra',
    'scratch',
    'cache',
    'topology',
    'app',
  ],
  ...['program', 'saveSeconds', 'idleSeconds', 'graceSeconds'],
] as const;

const optionOf = (name: string): string =>
  `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;

/** `lab class init FOLDER --servers A,B,C`: plain Debian servers become a cluster with a class on it. */
export async function initServers(
  wish: string,
  options: InitOptions & { servers: string },
  on: OnServer = overSsh(options.sshConfig),
  archive = kitArchive,
): Promise<number> {
  if (!wish.startsWith('/')) throw notUsable('FOLDER', wish);
  const folder = classFolder(wish);
  const account = options.user ?? 'lab';
  if (!/^[a-z_][a-z0-9_-]{0,31}$/.test(account) || account === 'root') throw notUsable('--user', account);
  const kit = options.kit ?? '/opt/ha-lab';
  if (!/^\/[A-Za-z0-9/._@+-]*[A-Za-z0-9._@+-]$/.test(kit) || kit.split('/').includes('..'))
    throw notUsable('--kit', kit);
  const alone = (['partition', 'account', 'qos'] as const).find((name) => options[name] !== undefined);
  if (alone || options.cluster)
    throw new LabError(
      {
        en: `--${alone ?? 'cluster'} is for a cluster that is there, --servers for making one.`,
        fr: `--${alone ?? 'cluster'} est pour un cluster existant, --servers pour en créer un.`,
      },
      { en: 'leave one of them out.', fr: 'enlevez l’une des deux.' },
    );
  const hosts = serversNamed(options.servers);
  const quiet = options.json || !process.stderr.isTTY;
  const done = await setUpServers({ hosts, folder, account, kit }, on, archive, (step) => {
    if (!quiet) console.error(say(STEPS[step]));
  });
  const passed = PASSED.flatMap((name) => {
    const value = options[name];
    return value === undefined ? [] : [optionOf(name), value];
  });
  const host = hosts[0] ?? '';
  const words = ['--lang', languageOfRun(), 'class', 'init', folder, '--cluster', '--json', ...passed];
  const made = await labOn(on, { host, account, kit }, words);
  if (options.json) console.log(JSON.stringify({ ...done, class: JSON.parse(made) }, null, 2));
  else show(done, folder, host);
  return 0;
}

function show({ servers, account, kit, limits }: SetUp, folder: string, host: string): void {
  for (const server of servers) console.log(lineOf(server));
  for (const { host } of limits)
    console.log(
      say({
        en: `⚠ ${host} cannot keep a lab to its cores (no cpuset in its control groups): a lab may take more than --cores.`,
        fr: `⚠ ${host} ne peut pas limiter un lab à ses cœurs (pas de cpuset dans ses groupes de contrôle) : un lab peut prendre plus que --cores.`,
      }),
    );
  const lab = `sudo -iu ${account} LAB_CLASS=${folder} node ${kit}/bin/lab.js`;
  console.log(
    say({
      en: `The class is in ${folder}. From here on its commands are given on ${host}:\n  ${lab} class doctor\n  ${lab} class up ROSTER.csv`,
      fr: `La classe est dans ${folder}. Ses commandes se donnent désormais sur ${host} :\n  ${lab} class doctor\n  ${lab} class up LISTE.csv`,
    }),
  );
}

function lineOf({ host, node, address, cores, memory, changed }: Done): string {
  const what =
    changed.length === 0
      ? say({ en: 'nothing to change', fr: 'rien à changer' })
      : say({ en: `changed: ${changed.join(', ')}`, fr: `changé : ${changed.join(', ')}` });
  return say({
    en: `✔ ${host} (${node}, ${address}): ${cores} cores, ${memory} MiB for labs; ${what}`,
    fr: `✔ ${host} (${node}, ${address}) : ${cores} cœurs, ${memory} Mio pour les labs ; ${what}`,
  });
}
