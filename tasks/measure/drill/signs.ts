import * as z from 'zod';
import { say, type Text } from '../../base/text.ts';

/** What shows that a fault took effect. */
export const SIGNS = [
  /** The engine's word for the machine's state. */
  'state',
  /** Whether the machine answers the client; whether it hears its peer. */
  'answers',
  'hears',
  /** The main process of the service. */
  'process',
  /** MiB of room on the disk. */
  'room',
  /** Pings of the client that were answered; the shortest time to an answer, ms. */
  'loss',
  'delay',
  /** Seconds that the clock is ahead of the computer's. */
  'clock',
  /** The carrier of a card; the engine's word for the cable between the switches. */
  'carrier',
  'link',
  /** The engine's word for the power switch. */
  'fencing',
  /** Nothing could be found out. */
  'asked',
] as const;
export type Sign = (typeof SIGNS)[number];

export const effectSchema = z.object({
  /** null: it could not be found out. */
  seen: z.boolean().nullable(),
  sign: z.enum(SIGNS),
  /** What was found, as the sign has it. */
  found: z.string(),
});
export type Effect = z.infer<typeof effectSchema>;

/** What a sign is told of. */
interface Broken {
  machine: string;
  peer?: string | undefined;
  service?: string | undefined;
}

/** What was found instead of the fault's effect; `found` as the sign has it. */
const SIGN_WORDS: Record<Exclude<Sign, 'asked'>, (fault: Broken, found: string) => Text> = {
  state: ({ machine }, found) => ({
    en: `the engine says that ${machine} is ${found}`,
    fr: `le moteur dit que ${machine} est dans l'état ${found}`,
  }),
  answers: ({ machine }, found) => ({
    en: `${machine} still answers the client (${found} pings)`,
    fr: `${machine} répond encore au client (${found} pings)`,
  }),
  hears: ({ machine, peer }, found) => ({
    en: `${machine} still has answers from ${peer} (${found} pings)`,
    fr: `${machine} reçoit encore les réponses de ${peer} (${found} pings)`,
  }),
  process: ({ machine, service }, found) => ({
    en: `${service} still has the same process on ${machine} (${found})`,
    fr: `${service} a encore le même processus sur ${machine} (${found})`,
  }),
  room: ({ machine }, found) => ({
    en: `the disk of ${machine} still has room (${found} MiB)`,
    fr: `le disque de ${machine} a encore de la place (${found} Mio)`,
  }),
  loss: ({ machine }, found) => ({
    en: `${machine} loses no packets (${found} pings answered)`,
    fr: `${machine} ne perd pas de paquets (${found} pings ont une réponse)`,
  }),
  delay: ({ machine }, found) => ({
    en: `${machine} answers without delay (${found} ms)`,
    fr: `${machine} répond sans retard (${found} ms)`,
  }),
  clock: ({ machine }, found) => ({
    en: `the clock of ${machine} is only ${found} s ahead`,
    fr: `l'horloge de ${machine} n'avance que de ${found} s`,
  }),
  carrier: (_, found) => ({
    en: `the card still has its carrier (${found})`,
    fr: `la carte a encore sa porteuse (${found})`,
  }),
  link: () => ({
    en: 'the engine says that the cable between the switches is plugged in',
    fr: 'le moteur dit que le câble entre les commutateurs est branché',
  }),
  fencing: () => ({
    en: 'the engine says that the power switch works',
    fr: 'le moteur dit que la prise commandée fonctionne',
  }),
};

/** Why a fault does not count as felt; undefined where it was felt, or nothing was looked for. */
export function effectWords(fault: Broken, effect: Effect | undefined): Text | undefined {
  if (!effect || effect.seen === true) return undefined;
  const { sign, found } = effect;
  if (sign === 'asked')
    return {
      en: `Whether the fault was felt could not be found out (${found})`,
      fr: `Impossible de savoir si la panne a eu un effet (${found})`,
    };
  const { en, fr } = SIGN_WORDS[sign](fault, found);
  return { en: `The fault was not felt: ${en}`, fr: `La panne n'a pas eu d'effet : ${fr}` };
}

/** One sentence on a drill whose fault was not felt; undefined where it was, or nothing was looked for. */
export function effectText({
  fault,
  effect,
}: {
  fault: Broken;
  effect?: Effect | undefined;
}): string | undefined {
  const words = effectWords(fault, effect);
  if (!words) return undefined;
  const [en, fr] = effect?.sign === 'asked' ? [':', ' :'] : [';', ' ;'];
  return say({
    en: `${words.en}${en} the drill proves nothing.`,
    fr: `${words.fr}${fr} l'exercice ne prouve rien.`,
  });
}
