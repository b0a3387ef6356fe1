import { join } from 'node:path';
import { type RunProgram, runProgram } from '../base/exec.ts';
import { ROOT } from '../base/paths.ts';
import type { Text } from '../base/text.ts';
import type { ClusterEngine, Finding, Limits } from './engine.ts';
import { type ClassRecord, limitsOf } from './record.ts';

/** Seconds that a server may take to answer. */
const PROBE_SECONDS = 120;

/** MiB that the disks of a lab come to take, with the snapshots of a course. */
const DISK_OF_A_LAB = 4000;

/** Oldest Node.js that the kit runs on (package.json). */
const NODE = [20, 19] as const;

/** What probe.sh printed, by name. */
export function answersIn(text: string): Map<string, string> {
  return new Map(
    text.split('\n').flatMap((line) => {
      const [, key, value = ''] = /^([a-z]+) ?(.*)$/.exec(line) ?? [];
      return key === undefined ? [] : [[key, value.trim().slice(0, 300)] as const];
    }),
  );
}

/** A thing that is as it must be, or what to tell the administrator. */
const judged = (good: boolean, bad: Finding['status'], yes: Text, no: Text, fix: Text): Finding =>
  good ? { status: 'ok', text: yes } : { status: bad, text: no, fix };

/** What the answers of a server mean for labs. Pure. */
export function judgeServer(answers: Map<string, string>, limits: Limits): Finding[] {
  const of = (key: string) => answers.get(key) ?? '';
  const [major = 0, minor = 0] = of('node').replace('v', '').split('.').map(Number);
  const node = major > NODE[0] || (major === NODE[0] && minor >= NODE[1]);
  const memory = Number(of('memory'));
  const scratch = Number(of('scratch'));
  return [
    judged(
      of('kit') === 'yes',
      'fail',
      { en: 'The kit is there.', fr: 'Le kit est là.' },
      { en: `The kit is not at ${ROOT} on this server.`, fr: `Le kit n'est pas en ${ROOT} sur ce serveur.` },
      {
        en: 'put it in a folder that all servers see, or at the same path on each.',
        fr: 'placez-le dans un dossier que tous les serveurs voient, ou au même chemin sur chacun.',
      },
    ),
    judged(
      node,
      'fail',
      { en: `Node.js ${of('node')}.`, fr: `Node.js ${of('node')}.` },
      {
        en: `Node.js is too old or missing (${of('node')}).`,
        fr: `Node.js est trop ancien ou absent (${of('node')}).`,
      },
      {
        en: `install Node.js ${NODE.join('.')} or newer (Debian 13: nodejs).`,
        fr: `installer Node.js ${NODE.join('.')} ou plus récent (Debian 13 : nodejs).`,
      },
    ),
    judged(
      answers.get('missing') === '',
      'fail',
      { en: 'The programs that a lab needs are there.', fr: 'Les programmes nécessaires à un lab sont là.' },
      {
        en: `Missing: ${of('missing') || 'no answer'}.`,
        fr: `Il manque : ${of('missing') || 'sans réponse'}.`,
      },
      {
        en: 'install util-linux, iproute2, openssh-client, tar and zstd.',
        fr: 'installer util-linux, iproute2, openssh-client, tar et zstd.',
      },
    ),
    namespaces(of('namespaces'), of('tun')),
    judged(
      memory >= limits.memory,
      Number.isNaN(memory) ? 'fail' : 'warn',
      {
        en: `The job's memory is limited (${memory} MiB).`,
        fr: `La mémoire du travail est limitée (${memory} Mio).`,
      },
      {
        en: `The job's memory is not limited as asked (${of('memory') || 'no answer'}, asked: ${limits.memory} MiB): one lab could take the others' memory.`,
        fr: `La mémoire du travail n'est pas limitée comme demandé (${of('memory') || 'sans réponse'}, demandé : ${limits.memory} Mio) : un lab pourrait prendre la mémoire des autres.`,
      },
      {
        en: 'TaskPlugin=task/affinity,task/cgroup, and ConstrainRAMSpace=yes in cgroup.conf.',
        fr: 'TaskPlugin=task/affinity,task/cgroup, et ConstrainRAMSpace=yes dans cgroup.conf.',
      },
    ),
    judged(
      Number(of('cores')) >= limits.cores,
      'fail',
      {
        en: `${of('cores')} of ${of('installed')} cores.`,
        fr: `${of('cores')} cœurs sur ${of('installed')}.`,
      },
      {
        en: `The job has ${of('cores') || 'no'} cores, asked: ${limits.cores}.`,
        fr: `Le travail a ${of('cores') || 'aucun'} cœur(s), demandé : ${limits.cores}.`,
      },
      { en: 'ask for fewer: `lab class init --cores`.', fr: 'demandez-en moins : `lab class init --cores`.' },
    ),
    judged(
      scratch >= DISK_OF_A_LAB,
      Number.isNaN(scratch) ? 'fail' : 'warn',
      {
        en: `Room for disks: ${scratch} MiB, ${Math.floor(scratch / DISK_OF_A_LAB)} labs.`,
        fr: `Place pour les disques : ${scratch} Mio, ${Math.floor(scratch / DISK_OF_A_LAB)} labs.`,
      },
      {
        en: `There is no room for the disks of a lab (${of('scratch') || 'no answer'} MiB).`,
        fr: `Pas de place pour les disques d'un lab (${of('scratch') || 'sans réponse'} Mio).`,
      },
      {
        en: 'another folder on a disk of the server: `lab class init --scratch FOLDER`.',
        fr: 'un autre dossier, sur un disque du serveur : `lab class init --scratch DOSSIER`.',
      },
    ),
    judged(
      of('class') === 'works',
      'fail',
      {
        en: 'The class’s folder can be written and locked.',
        fr: 'Le dossier de la classe est accessible en écriture et verrouillable.',
      },
      {
        en: 'The class’s folder cannot be written, renamed in or locked.',
        fr: 'Le dossier de la classe n’est pas accessible en écriture, en renommage ou en verrouillage.',
      },
      {
        en: 'a folder that every server mounts read-write, with locks (NFS 4; not "nolock").',
        fr: 'un dossier que chaque serveur monte en lecture-écriture, avec verrous (NFS 4 ; sans « nolock »).',
      },
    ),
    judged(
      of('image') === 'there',
      'fail',
      { en: 'Kernel and image are in the cache.', fr: 'Noyau et image sont dans le cache.' },
      {
        en: 'Kernel and image are not in the cache on this server.',
        fr: 'Noyau et image ne sont pas dans le cache de ce serveur.',
      },
      {
        en: 'on a server: `lab image pull ADDRESS`, `lab image import FILE` or `lab image build`; `lab class init --cache FOLDER` names a cache that all see.',
        fr: 'sur un serveur : `lab image pull ADRESSE`, `lab image import FICHIER` ou `lab image build` ; `lab class init --cache DOSSIER` indique un cache que tous voient.',
      },
    ),
  ];
}

function namespaces(answer: string, tun: string): Finding {
  const why = answer.replace(/^refused: /, '');
  return judged(
    answer === 'works',
    'fail',
    {
      en: 'A job may make namespaces, a bridge, a tap and executable memory.',
      fr: 'Un travail peut créer espaces de noms, pont, tap et mémoire exécutable.',
    },
    {
      en: `A job may not make a private network (${why || 'no answer'}).`,
      fr: `Un travail ne peut pas créer de réseau privé (${why || 'sans réponse'}).`,
    },
    tun === 'usable'
      ? {
          en: 'allow unprivileged user namespaces: kernel.unprivileged_userns_clone=1, user.max_user_namespaces above 0, on Ubuntu kernel.apparmor_restrict_unprivileged_userns=0.',
          fr: 'permettre les espaces de noms utilisateur : kernel.unprivileged_userns_clone=1, user.max_user_namespaces supérieur à 0, sous Ubuntu kernel.apparmor_restrict_unprivileged_userns=0.',
        }
      : {
          en: `open /dev/net/tun to users (it is ${tun || 'missing'}): modprobe tun, chmod 666 /dev/net/tun; with ConstrainDevices=yes it must be allowed to jobs.`,
          fr: `ouvrir /dev/net/tun aux utilisateurs (il est ${tun === 'forbidden' ? 'interdit' : 'absent'}) : modprobe tun, chmod 666 /dev/net/tun ; avec ConstrainDevices=yes, il doit être permis aux travaux.`,
        },
  );
}

export interface ServerDiagnosis {
  server: string;
  findings: Finding[];
}

export interface ClassDiagnosis {
  healthy: boolean;
  cluster: Finding[];
  servers: ServerDiagnosis[];
}

/**
 * Looks at everything a class needs: the cluster's settings, and each server from inside a job of the same kind as a lab's. LabError when the
 * cluster does not answer.
 */
export async function diagnose(
  record: ClassRecord,
  engine: ClusterEngine,
  run: RunProgram = runProgram,
  told: (server: string) => void = () => undefined,
): Promise<ClassDiagnosis> {
  const limits = limitsOf(record.settings);
  const cluster = await engine.judge(limits);
  const servers: ServerDiagnosis[] = [];
  for (const { name, usable, state } of await engine.servers()) {
    told(name);
    servers.push({
      server: name,
      findings: usable ? await probe(record, engine, name, run) : [notUsable(state)],
    });
  }
  if (servers.length === 0)
    cluster.push({
      status: 'fail',
      text: { en: 'The cluster has no server.', fr: 'Le cluster n’a aucun serveur.' },
      fix: { en: 'nodes and a partition in slurm.conf.', fr: 'des nœuds et une partition dans slurm.conf.' },
    });
  const all = [...cluster, ...servers.flatMap(({ findings }) => findings)];
  return { healthy: all.every(({ status }) => status !== 'fail'), cluster, servers };
}

const notUsable = (state: string): Finding => ({
  status: 'warn',
  text: { en: `It takes no jobs now (${state}).`, fr: `Il ne prend pas de travaux en ce moment (${state}).` },
  fix: {
    en: '`scontrol show node` says why; the administrator brings it back with `scontrol update nodename=… state=resume`.',
    fr: '`scontrol show node` dit pourquoi ; l’administrateur le remet avec `scontrol update nodename=… state=resume`.',
  },
});

async function probe(
  { settings, folder }: ClassRecord,
  engine: ClusterEngine,
  server: string,
  run: RunProgram,
): Promise<Finding[]> {
  const script = join(ROOT, 'tasks', 'class', 'probe.sh');
  const words = [ROOT.replace(/\/$/, ''), folder, settings.scratch, settings.cache ?? '-'];
  const { program, args } = engine.probe(server, limitsOf(settings), ['bash', script, ...words]);
  const ended = await run(program, args, { seconds: PROBE_SECONDS });
  const answers = answersIn(ended.stdout);
  if (answers.size > 0) return judgeServer(answers, limitsOf(settings));
  const why = ended.stderr.trim().split('\n').at(-1) || 'no answer';
  return [
    {
      status: 'fail',
      text: { en: `No job could be run there (${why}).`, fr: `Aucun travail n'a pu y être lancé (${why}).` },
      fix: {
        en: 'if it is full, try again later; the kit and the class’s folder must be at the same path on it.',
        fr: 's’il est plein, réessayez plus tard ; le kit et le dossier de la classe doivent y être au même chemin.',
      },
    },
  ];
}
