import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { LabError } from '../../base/errors.ts';
import { ROOT } from '../../base/paths.ts';
import type { Text } from '../../base/text.ts';
import { answersIn } from '../doctor.ts';
import type { OnServer } from './ssh.ts';

/** Release of Debian that servers are set up on, and that what is done to them was tried on. */
const RELEASE = '13';

/** Seconds that the clocks of two servers may be apart: munge takes five minutes, but labs compare times as well. */
const APART = 30;

/** Numbers of which the account gets the first that is free on every server: Debian gives them to nobody. */
const NUMBERS = [2900, 2999] as const;

/** Packages that a server needs: Slurm's, then those of a lab. The first one has the controller besides. */
const PACKAGES = [
  ...['munge', 'slurmd', 'slurm-client'],
  ...['nodejs', 'util-linux', 'iproute2', 'openssh-client', 'tar', 'zstd'],
];
const CONTROLLER_PACKAGES = ['slurmctld'];

/** A name that Slurm takes for a node. */
const NODE = /^[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?$/;
const ADDRESS = /^[0-9a-fA-F.:]{3,45}$/;

/** What a server said of itself. */
export interface Server {
  /** As it is named to ssh. */
  host: string;
  node: string;
  address: string;
  cores: number;
  /** MiB that it has, and those of them that labs may take. */
  memory: number;
  room: number;
  controllers: string[];
  /** Number of the account there, if it has one. */
  account: number | undefined;
  taken: number[];
  missing: string[];
  /** Seconds that its clock is ahead of this computer's: at least and at most. */
  ahead: [number, number];
}

/** What is left for labs when the system has had its share: a sixteenth, and at least 256 MiB. */
const roomOf = (memory: number) => Math.max(0, memory - Math.max(256, Math.ceil(memory / 16)));

export const packagesOf = (first: boolean): string[] =>
  first ? [...PACKAGES, ...CONTROLLER_PACKAGES] : PACKAGES;

/** Asks a server what it is. LabError when it cannot be one of a class. */
export async function survey(
  host: string,
  first: boolean,
  account: string,
  on: OnServer,
  now: () => number = Date.now,
): Promise<Server & { controller: string }> {
  const script = readFileSync(join(ROOT, 'tasks', 'class', 'servers', 'survey.sh'), 'utf8');
  const since = now();
  const ended = await on(host, {
    ...{ script, words: [account, ...NUMBERS.map(String), ...packagesOf(first)], seconds: 120 },
  });
  if (ended.code !== 0) throw notAsked(host, ended.stderr.trim().split('\n').slice(-3));
  return serverIn(host, answersIn(ended.stdout), [since / 1000, now() / 1000]);
}

/** A server out of its answers. LabError for one that cannot be of a class. Pure. */
export function serverIn(
  host: string,
  answers: Map<string, string>,
  [since, until]: [number, number],
): Server & { controller: string } {
  const of = (key: string) => answers.get(key) ?? '';
  const [cores, memory, time] = [Number(of('cores')), Number(of('memory')), Number(of('time'))];
  if (of('system') !== `debian ${RELEASE}`)
    throw unfit(
      {
        en: `${host} runs ${of('pretty') || 'another system'}, not Debian ${RELEASE}.`,
        fr: `${host} tourne sous ${of('pretty') || 'un autre système'}, pas Debian ${RELEASE}.`,
      },
      {
        en: `install Debian ${RELEASE} on it, or set up Slurm there by hand and use --cluster.`,
        fr: `installez-y Debian ${RELEASE}, ou configurez-y Slurm à la main et utilisez --cluster.`,
      },
    );
  if (of('systemd') !== 'yes')
    throw unfit(
      { en: `${host} was not started by systemd.`, fr: `${host} n'a pas été démarré par systemd.` },
      {
        en: 'take a computer or a virtual machine, not a container without an init.',
        fr: 'prenez un ordinateur ou une machine virtuelle, pas un conteneur sans init.',
      },
    );
  const controllers = of('controllers').split(' ').filter(Boolean);
  if (of('groups') !== 'cgroup2fs' || !controllers.includes('memory'))
    throw unfit(
      of('groups') === 'cgroup2fs'
        ? {
            en: `The control groups of ${host} do not limit memory.`,
            fr: `Les groupes de contrôle de ${host} ne limitent pas la mémoire.`,
          }
        : {
            en: `${host} has no control groups of version 2 (cgroup v2).`,
            fr: `${host} n'a pas de groupes de contrôle de version 2 (cgroup v2).`,
          },
      {
        en: 'remove systemd.unified_cgroup_hierarchy=0 and cgroup_disable=memory from its kernel’s command line, and start it again.',
        fr: 'retirez systemd.unified_cgroup_hierarchy=0 et cgroup_disable=memory de la ligne de commande de son noyau, et redémarrez-le.',
      },
    );
  if (of('slurm') === 'other')
    throw unfit(
      {
        en: `${host} has a Slurm that somebody else has set up (/etc/slurm/slurm.conf).`,
        fr: `${host} a un Slurm configuré par quelqu'un d'autre (/etc/slurm/slurm.conf).`,
      },
      {
        en: 'use that one: `lab class init FOLDER --cluster` on it. Or remove the file, if nobody needs it.',
        fr: 'utilisez celui-là : `lab class init DOSSIER --cluster` dessus. Ou supprimez ce fichier, si personne n’en a besoin.',
      },
    );
  const understood =
    NODE.test(of('node')) &&
    ADDRESS.test(of('address')) &&
    Number.isInteger(cores) &&
    cores > 0 &&
    memory > 0 &&
    time > 0;
  if (!understood)
    throw notAsked(
      host,
      [...answers].map(([key, value]) => `${key} ${value}`),
    );
  const number = Number(of('account'));
  return {
    ...{ host, node: of('node'), address: of('address'), cores, memory, room: roomOf(memory), controllers },
    account: Number.isInteger(number) ? number : undefined,
    taken: of('taken').split(' ').filter(Boolean).map(Number),
    missing: of('missing').split(' ').filter(Boolean),
    ahead: [time - until, time - since],
    controller: of('controller'),
  };
}

/** What only all of them together show. LabError for servers that cannot be one cluster. */
export function judgeTogether(servers: (Server & { controller: string })[], account: string): void {
  const [first] = servers;
  for (const server of servers) {
    const same = servers.find(
      (other) => other !== server && (other.node === server.node || other.address === server.address),
    );
    if (same)
      throw unfit(
        {
          en: `${server.host} and ${same.host} are one computer, or have the same name (${server.node}, ${server.address}).`,
          fr: `${server.host} et ${same.host} sont un seul ordinateur, ou portent le même nom (${server.node}, ${server.address}).`,
        },
        {
          en: 'name each server once, and give each a host name of its own (hostnamectl).',
          fr: 'citez chaque serveur une fois, et donnez à chacun son propre nom d’hôte (hostnamectl).',
        },
      );
    if (server.controller !== '' && server.controller !== first?.node)
      throw unfit(
        {
          en: `${server.host} belongs to the class whose controller is ${server.controller}.`,
          fr: `${server.host} appartient à la classe dont le contrôleur est ${server.controller}.`,
        },
        {
          en: `name ${server.controller} first, or take that server out of its class: docs/class.md, "To undo it".`,
          fr: `citez ${server.controller} en premier, ou retirez ce serveur de sa classe : docs/class.fr.md, « Revenir en arrière ».`,
        },
      );
  }
  const latest = servers.reduce((a, b) => (b.ahead[0] > a.ahead[0] ? b : a));
  const earliest = servers.reduce((a, b) => (b.ahead[1] < a.ahead[1] ? b : a));
  const apart = Math.floor(latest.ahead[0] - earliest.ahead[1]);
  if (apart > APART)
    throw unfit(
      {
        en: `The clocks of ${earliest.host} and ${latest.host} are ${apart} s apart or more.`,
        fr: `Les horloges de ${earliest.host} et ${latest.host} diffèrent de ${apart} s ou plus.`,
      },
      {
        en: 'install chrony on both, and wait until `chronyc tracking` says so of neither any more.',
        fr: 'installez chrony sur les deux, et attendez que `chronyc tracking` les dise à l’heure.',
      },
    );
  numberOf(servers, account);
}

/** Number of the account on all servers: the one that it has, or one that is free on all. LabError when there is none. */
export function numberOf(servers: Server[], account: string): number {
  const having = servers.filter((server) => server.account !== undefined);
  const number = having[0]?.account ?? firstFree(servers);
  const other = having.find((server) => server.account !== number);
  const taken = servers.find(
    (server) => server.account === undefined && number !== undefined && server.taken.includes(number),
  );
  if (number === 0)
    throw unfit(
      { en: 'Labs are not run as root.', fr: 'Les labs ne tournent pas sous root.' },
      { en: 'name another account with --user.', fr: 'indiquez un autre compte avec --user.' },
    );
  if (number !== undefined && !other && !taken) return number;
  throw unfit(
    other
      ? {
          en: `The account ${account} has the number ${number} on ${having[0]?.host} and ${other.account} on ${other.host}: on the store they would be two users.`,
          fr: `Le compte ${account} a le numéro ${number} sur ${having[0]?.host} et ${other.account} sur ${other.host} : ce seraient deux utilisateurs sur le dossier partagé.`,
        }
      : {
          en: `The account ${account} cannot have the same number on all servers${taken ? `: ${number} is somebody else's on ${taken.host}` : ''}.`,
          fr: `Le compte ${account} ne peut pas avoir le même numéro sur tous les serveurs${taken ? ` : ${number} y est à quelqu'un d'autre (${taken.host})` : ''}.`,
        },
    {
      en: 'name an account that no server has, or all have with one number: --user NAME.',
      fr: 'indiquez un compte qu’aucun serveur n’a, ou que tous ont avec un même numéro : --user NOM.',
    },
  );
}

function firstFree(servers: Server[]): number | undefined {
  for (let number: number = NUMBERS[0]; number <= NUMBERS[1]; number++)
    if (servers.every(({ taken }) => !taken.includes(number))) return number;
  return undefined;
}

const unfit = (what: Text, fix: Text): LabError => new LabError(what, fix);

const notAsked = (host: string, details: string[]): LabError =>
  new LabError(
    {
      en: `What ${host} says of itself was not understood.`,
      fr: `Ce que ${host} dit de lui-même n'a pas été compris.`,
    },
    {
      en: 'it must be a Debian with bash, coreutils and procps, whose shell prints nothing of its own (.bashrc) when ssh runs a command.',
      fr: 'il faut un Debian avec bash, coreutils et procps, dont le shell n’affiche rien de lui-même (.bashrc) quand ssh lance une commande.',
    },
    details.slice(0, 5),
  );
