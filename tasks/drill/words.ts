import { say, type Text } from '../ui/text.ts';
import type { Fault, FaultKind, Kind, Verdict } from './model.ts';

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
  fading: ({ machine }) => ({
    en: `${machine} cut from its partners, then its power`,
    fr: `${machine} coupée de ses partenaires, puis de l'alimentation`,
  }),
};

/** One line on a fault, with what its machine held. */
export function faultText(fault: Fault): string {
  const held =
    fault.held.length > 0 ? ` (${say({ en: 'held', fr: 'détenait' })}: ${fault.held.join(', ')})` : '';
  return say(FAULT_WORDS[fault.kind](fault)) + held;
}
