import { say } from '../../base/text.ts';
import type { Judgement } from '../drill/model.ts';
import { JUDGED_WORDS } from '../drill/names.ts';

/** The page's own texts, in the language of this run. */
export const pageWords = () => ({
  title: say({ en: 'Drills', fr: 'Exercices' }),
  overview: say({ en: 'Overview', fr: "Vue d'ensemble" }),
  repeated: say({ en: 'Made more than once', fr: 'Faits plusieurs fois' }),
  times: say({ en: 'Times', fr: 'Fois' }),
  least: say({ en: 'Least', fr: 'Minimum' }),
  middle: say({ en: 'Median', fr: 'Médiane' }),
  greatest: say({ en: 'Greatest', fr: 'Maximum' }),
  fault: say({ en: 'Fault', fr: 'Panne' }),
  drill: say({ en: 'Drill', fr: 'Exercice' }),
  verdict: say({ en: 'Verdict', fr: 'Verdict' }),
  longest: say({ en: 'Longest outage', fr: 'Plus longue interruption' }),
  redundancy: say({ en: 'Full redundancy after', fr: 'Redondance complète après' }),
  lost: say({ en: 'Lost writes', fr: 'Écritures perdues' }),
  timeline: say({ en: 'Timeline', fr: 'Chronologie' }),
  wholeRun: say({ en: 'Whole run', fr: 'Tout' }),
  around: say({ en: 'Around the fault', fr: 'Autour de la panne' }),
  closer: say({ en: 'Closer', fr: 'Plus près' }),
  farther: say({ en: 'Farther', fr: 'Plus loin' }),
  keys: say({
    en: 'With the timeline focused: ← → move, + − zoom, 0 around the fault. Drag to move.',
    fr: 'La chronologie active : ← → déplacer, + − zoomer, 0 autour de la panne. Glisser pour déplacer.',
  }),
  axis: say({ en: 'seconds from the fault', fr: 'secondes depuis la panne' }),
  legend: say({ en: 'Legend', fr: 'Légende' }),
  served: say({ en: 'answered in time (higher: slower)', fr: 'servie à temps (plus haut : plus lente)' }),
  late: say({ en: 'answered late', fr: 'servie trop tard' }),
  failed: say({ en: 'failed', fr: 'échouée' }),
  outage: say({ en: 'outage', fr: 'interruption' }),
  doubtful: say({
    en: 'doubtful: client or computer stood still',
    fr: "douteuse : le client ou l'ordinateur s'est arrêté",
  }),
  foreseen: say({
    en: 'the outage ends here, by the timers',
    fr: "fin de l'interruption d'après les délais",
  }),
  saidBefore: say({ en: '… as it was said beforehand', fr: "… comme annoncé d'avance" }),
  faultLasts: say({ en: 'the fault lasts', fr: 'la panne dure' }),
  limit: say({ en: 'limit', fr: 'limite' }),
  outages: say({ en: 'Outages', fr: 'Interruptions' }),
  kind: say({ en: 'Request', fr: 'Requête' }),
  requests: say({ en: 'Number', fr: 'Nombre' }),
  failures: say({ en: 'Failed', fr: 'Échecs' }),
  slow: say({ en: 'Late', fr: 'Tard' }),
  silence: say({ en: 'Silence', fr: 'Silence' }),
  predicted: say({ en: 'Predicted', fr: 'Prévu' }),
  far: say({ en: 'far from it', fr: 'loin du prévu' }),
  before: say({ en: 'Before: p50 / p99', fr: 'Avant : p50 / p99' }),
  after: say({ en: 'From the fault on: p50 / p99', fr: 'Dès la panne : p50 / p99' }),
  causes: say({ en: 'Causes', fr: 'Causes' }),
  budgets: say({ en: 'Budgets', fr: 'Budgets' }),
  budget: say({ en: 'Budget', fr: 'Budget' }),
  what: say({ en: 'What', fr: 'Quoi' }),
  allowed: say({ en: 'Allowed', fr: 'Permis' }),
  measured: say({ en: 'Measured', fr: 'Mesuré' }),
  why: say({ en: 'Why', fr: 'Pourquoi' }),
  writes: say({ en: 'Writes, read back', fr: 'Écritures, relues' }),
  attempted: say({ en: 'Attempted', fr: 'Tentées' }),
  acknowledged: say({ en: 'Acknowledged', fr: 'Confirmées' }),
  recovered: say({ en: 'Recovered', fr: 'Retrouvées' }),
  unexpected: say({ en: 'Unexpected', fr: 'Inattendues' }),
  notRead: say({ en: 'not read back', fr: 'non relues' }),
  predictions: say({ en: 'Predictions', fr: 'Prévisions' }),
  formula: say({ en: 'Formula', fr: 'Formule' }),
  source: say({ en: 'Source', fr: 'Source' }),
  events: say({ en: 'Events', fr: 'Événements' }),
  time: say({ en: 'Time', fr: 'Temps' }),
  machine: say({ en: 'Machine', fr: 'Machine' }),
  event: say({ en: 'Event', fr: 'Événement' }),
  saying: say({ en: 'In its words', fr: 'Dans ses mots' }),
  noEvents: say({ en: 'No events were collected.', fr: "Aucun événement n'a été relevé." }),
  conditions: say({ en: 'Conditions', fr: 'Conditions' }),
  none: say({ en: 'none', fr: 'aucune' }),
  made: say({ en: 'Made from the recorded result', fr: 'Fait à partir du résultat enregistré' }),
});
export type PageWords = ReturnType<typeof pageWords>;

export const judgedText = (what: Judgement['what']) => say(JUDGED_WORDS[what]);

/** Seconds as the page writes them. */
export const secondsText = (value: number | null, digits = 2): string =>
  value === null
    ? '–'
    : `${say({ en: value.toFixed(digits), fr: value.toFixed(digits).replace('.', ',') })} s`;

export const milliseconds = (value: number): string => `${Math.round(value * 1000)} ms`;
