import { say, type Text } from '../../base/text.ts';
import type { Bar } from './analyse.ts';

/** The page's own texts, in the language of this run. */
export const timelineWords = () => ({
  title: say({ en: 'Timeline of lab up', fr: 'Chronologie de lab up' }),
  began: say({ en: 'Began', fr: 'Début' }),
  ready: say({ en: 'Took', fr: 'Durée' }),
  machinesCpu: say({ en: 'CPU time of the machines', fr: 'Temps processeur des machines' }),
  computerCpu: say({ en: 'CPU time of the whole computer', fr: "Temps processeur de tout l'ordinateur" }),
  kitCpu: say({ en: "CPU time of the kit's own process", fr: 'Temps processeur du kit lui-même' }),
  notCounted: say({ en: 'not counted by this engine', fr: 'non compté par ce moteur' }),
  chart: say({ en: 'Machines', fr: 'Machines' }),
  closer: say({ en: 'Closer', fr: 'Plus près' }),
  farther: say({ en: 'Farther', fr: 'Plus loin' }),
  whole: say({ en: 'Whole run', fr: 'Tout' }),
  axis: say({ en: 'seconds', fr: 'secondes' }),
  kit: say({ en: 'the kit', fr: 'le kit' }),
  boot: say({ en: 'boot, until ssh answers', fr: "démarrage, jusqu'à la réponse de ssh" }),
  ship: say({ en: 'files delivered', fr: 'fichiers livrés' }),
  role: say({ en: 'role', fr: 'rôle' }),
  wait: say({
    en: 'wait: for its turn, for roles of other machines, or inside a role',
    fr: "attente : de son tour, de rôles d'autres machines, ou dans un rôle",
  }),
  failed: say({ en: 'failed or cut off', fr: 'échoué ou interrompu' }),
  onPath: say({ en: 'decided how long it took', fr: 'a décidé de la durée' }),
  load: say({
    en: 'processors in use (full height: one)',
    fr: 'processeurs occupés (toute la hauteur : un)',
  }),
  path: say({ en: 'What decided how long it took', fr: 'Ce qui a décidé de la durée' }),
  pathNote: say({
    en: 'Read backwards: each part waited for the one above. Shortening anything else does not make the lab ready earlier.',
    fr: 'À lire à rebours : chaque partie a attendu celle du dessus. Raccourcir autre chose ne rend pas le lab prêt plus tôt.',
  }),
  roles: say({ en: 'Roles and boots, the longest first', fr: "Rôles et démarrages, les plus longs d'abord" }),
  cpuNote: say({
    en: 'CPU time is what the machine took of the computer meanwhile, whatever it did: where two roles overlap on a machine, both count it.',
    fr: "Le temps processeur est ce que la machine a pris à l'ordinateur pendant ce temps, quoi qu'elle fît : si deux rôles se chevauchent sur une machine, il compte pour les deux.",
  }),
  units: say({ en: 'Units of systemd', fr: 'Unités de systemd' }),
  unitsNote: say({
    en: 'Each from its start until it was active or done, the latest time it started; CPU time by the machine’s own clock.',
    fr: "Chacune depuis son lancement jusqu'à ce qu'elle soit active ou terminée, la dernière fois ; temps processeur selon l'horloge de la machine.",
  }),
  noUnits: say({ en: 'The machine did not answer.', fr: "La machine n'a pas répondu." }),
  machine: say({ en: 'Machine', fr: 'Machine' }),
  what: say({ en: 'What', fr: 'Quoi' }),
  from: say({ en: 'From', fr: 'De' }),
  seconds: say({ en: 'Seconds', fr: 'Secondes' }),
  cpu: say({ en: 'CPU seconds', fr: 'Secondes processeur' }),
  unit: say({ en: 'Unit', fr: 'Unité' }),
});
export type TimelineWords = ReturnType<typeof timelineWords>;

const KIT: Record<string, Text> = {
  build: { en: 'image and kernel', fr: 'image et noyau' },
  network: { en: 'network', fr: 'réseau' },
  roles: { en: 'machines and roles', fr: 'machines et rôles' },
  settle: { en: 'page and services', fr: 'page et services' },
  snapshot: { en: 'kept for lab start', fr: 'gardé pour lab start' },
};

/** What a bar is called. */
export function nameOfBar({ kind, name, for: waitedFor = [] }: Pick<Bar, 'kind' | 'name' | 'for'>): string {
  switch (kind) {
    case 'turn':
      return say({ en: 'its turn', fr: 'son tour' });
    case 'boot':
      return say({ en: 'boot', fr: 'démarrage' });
    case 'ask':
      return say({ en: 'answers', fr: 'répond' });
    case 'ship':
      return say({ en: 'files', fr: 'fichiers' });
    case 'kit':
      return KIT[name] ? say(KIT[name]) : name;
    case 'wait':
    case 'waiting':
      return `${say({ en: 'waits for', fr: 'attend' })} ${waitedFor.join(', ')}`;
    case 'role':
      return name;
  }
}
