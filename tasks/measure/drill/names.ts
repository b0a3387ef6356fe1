import type { Text } from '../../base/text.ts';
import type { Holder } from '../../inspect/holders.ts';
import type { Fault, FaultKind, Judgement, Kind, KindResult, Outcome, Verdict } from './model.ts';

export type { Expected } from './predict.ts';
export type { Target } from './target.ts';
// Read by the page in the browser, too: nothing of Node.
export type { Fault, FaultKind, Holder, Kind, KindResult, Verdict };

/** Names of what a drill measures, does and finds, for people. */
export const KIND_WORDS: Record<Kind, Text> = {
  'page.new': { en: 'page, new connection', fr: 'page, nouvelle connexion' },
  'page.kept': { en: 'page, kept connection', fr: 'page, connexion gardée' },
  session: { en: 'login kept', fr: 'session gardée' },
  row: { en: 'database row', fr: 'ligne en base' },
  upload: { en: 'upload', fr: 'envoi de fichier' },
  download: { en: 'download', fr: 'lecture de fichier' },
  large: { en: 'large upload', fr: 'gros envoi' },
};

export const VERDICT_WORDS: Record<Verdict, Text> = {
  pass: { en: 'pass', fr: 'réussi' },
  fail: { en: 'FAIL', fr: 'ÉCHEC' },
  unknown: { en: 'unknown', fr: 'inconnu' },
};

const FAULT_WORDS: Record<FaultKind, (fault: Fault) => Text> = {
  none: () => ({ en: 'nothing', fr: 'rien' }),
  power: ({ machine }) => ({ en: `power of ${machine} cut`, fr: `alimentation de ${machine} coupée` }),
  stop: ({ machine }) => ({ en: `planned stop of ${machine}`, fr: `arrêt prévu de ${machine}` }),
  cable: ({ machine }) => ({ en: `cable of ${machine} cut`, fr: `câble de ${machine} coupé` }),
  'one-cable': ({ machine, switch: name }) => ({
    en: `cable of ${machine} to switch ${name} cut`,
    fr: `câble de ${machine} vers le commutateur ${name} coupé`,
  }),
  switch: ({ switch: name }) => ({
    en: `power of switch ${name} cut`,
    fr: `alimentation du commutateur ${name} coupée`,
  }),
  link: () => ({ en: 'cable between the switches cut', fr: 'câble entre les commutateurs coupé' }),
  'power-switch': () => ({ en: 'power switch broken', fr: 'prise commandée en panne' }),
  pair: ({ machine, peer }) => ({
    en: `${machine} and ${peer} cut from each other`,
    fr: `${machine} et ${peer} coupées l'une de l'autre`,
  }),
  freeze: ({ machine }) => ({ en: `${machine} frozen`, fr: `${machine} gelée` }),
  kill: ({ machine, service }) => ({
    en: `${service} killed on ${machine}`,
    fr: `${service} tué sur ${machine}`,
  }),
  disk: ({ machine }) => ({ en: `disk of ${machine} full`, fr: `disque de ${machine} plein` }),
  loss: ({ machine }) => ({
    en: `${machine} loses packets (20 %)`,
    fr: `${machine} perd des paquets (20 %)`,
  }),
  delay: ({ machine }) => ({ en: `${machine} delayed (200 ms)`, fr: `${machine} ralentie (200 ms)` }),
  clock: ({ machine }) => ({
    en: `clock of ${machine} an hour ahead`,
    fr: `horloge de ${machine} avancée d'une heure`,
  }),
  several: ({ machine, with: others = [] }) => ({
    en: `power of ${[machine, ...others].join(', ')} cut at once`,
    fr: `alimentation de ${[machine, ...others].join(', ')} coupée en même temps`,
  }),
  fading: ({ machine }) => ({
    en: `${machine} cut from its partners, then its power`,
    fr: `${machine} coupée de ses partenaires, puis de l'alimentation`,
  }),
};

/** A fault in a few words, with what its machine held. */
export function faultWords(fault: Fault): Text {
  const { en, fr } = FAULT_WORDS[fault.kind](fault);
  const held = fault.held.join(', ');
  return held ? { en: `${en} (held: ${held})`, fr: `${fr} (détenait : ${held})` } : { en, fr };
}

/** What a budget is about. */
export const JUDGED_WORDS: Record<Judgement['what'], Text> = {
  outage: { en: 'outage', fr: 'interruption' },
  failed: { en: 'failed requests', fr: 'requêtes échouées' },
  lost: { en: 'lost writes', fr: 'écritures perdues' },
  redundancy: { en: 'redundancy', fr: 'redondance' },
};

/** What can be done, without saying to whom. */
export const FAULT_NAMES: Record<FaultKind, Text> = {
  none: { en: 'nothing', fr: 'rien' },
  power: { en: 'cut its power', fr: "couper l'alimentation" },
  stop: { en: 'planned stop', fr: 'arrêt prévu' },
  cable: { en: 'cut its cable', fr: 'couper le câble' },
  'one-cable': { en: 'cut its cable to one switch', fr: 'couper le câble vers un commutateur' },
  switch: { en: 'cut the power of a switch', fr: "couper l'alimentation d'un commutateur" },
  link: { en: 'cut the cable between the switches', fr: 'couper le câble entre les commutateurs' },
  'power-switch': { en: 'break the power switch', fr: 'mettre en panne la prise commandée' },
  pair: { en: 'cut it from another machine', fr: "couper d'une autre machine" },
  freeze: { en: 'freeze it', fr: 'geler' },
  kill: { en: 'kill a service', fr: 'tuer un service' },
  disk: { en: 'fill its disk', fr: 'remplir le disque' },
  loss: { en: 'lose packets (20 %)', fr: 'perdre des paquets (20 %)' },
  delay: { en: 'delay packets (200 ms)', fr: 'retarder les paquets (200 ms)' },
  clock: { en: 'clock an hour ahead', fr: "avancer l'horloge d'une heure" },
  several: { en: 'cut the power of several machines', fr: "couper l'alimentation de plusieurs machines" },
  fading: { en: 'cut from its partners, then its power', fr: "couper des partenaires, puis l'alimentation" },
};

export const OUTCOME_WORDS: Record<Outcome, Text> = {
  serves: { en: 'serves', fr: 'sert' },
  stops: { en: 'stops', fr: "s'arrête" },
};

/** What a machine can hold. */
export const HOLDER_WORDS: Record<Holder, Text> = {
  front: { en: 'front address', fr: "adresse d'entrée" },
  router: { en: 'database address', fr: 'adresse des bases' },
  storage: { en: 'storage address', fr: 'adresse du stockage' },
  database: { en: 'database in use', fr: 'base en service' },
  redis: { en: 'Redis master', fr: 'maître Redis' },
};
