import type { Text } from '../../base/text.ts';
import { EVENT_WORDS } from '../../inspect/journal/words.ts';
import type { VoteGroup } from './plan.ts';
import type { Line } from './state.ts';
import type { Holding, Mark, Voting } from './view.ts';

/** A shape for each state, so that colour never carries it alone. */
export const MARKS: Record<Mark, string> = { well: '●', trouble: '▲', unknown: '?', frozen: '‖', off: '○' };

export const MARK_WORDS: Record<Mark, Text> = {
  well: { en: 'running', fr: 'en marche' },
  trouble: { en: 'service down', fr: 'service arrêté' },
  unknown: { en: 'unknown', fr: 'état inconnu' },
  frozen: { en: 'frozen', fr: 'gelée' },
  off: { en: 'off', fr: 'éteinte' },
};

export const GROUP_WORDS: Record<VoteGroup, Text> = {
  galera: { en: 'databases (Galera)', fr: 'bases de données (Galera)' },
  corosync: { en: 'storage (Corosync)', fr: 'stockage (Corosync)' },
  sentinel: { en: 'sessions (Redis Sentinel)', fr: 'sessions (Redis Sentinel)' },
};

/** Codes of lines that do not come from a journal. */
const LINE_WORDS: Record<string, Text> = {
  'power-off': { en: 'is off', fr: 'est éteinte' },
  'power-absent': { en: 'is gone', fr: "n'existe plus" },
  'power-running': { en: 'has power', fr: 'est sous tension' },
  'power-frozen': { en: 'is frozen', fr: 'est gelée' },
  silent: { en: 'is not heard any more', fr: 'ne donne plus signe de vie' },
  answers: { en: 'answers', fr: 'répond' },
  holds: { en: 'holds', fr: 'tient' },
  leaves: { en: 'lets go of', fr: 'lâche' },
  member: { en: 'database:', fr: 'base de données :' },
  'session-master': { en: 'Redis is the master', fr: 'Redis est maître' },
  'session-replica': { en: 'Redis is a replica', fr: 'Redis est réplique' },
  majority: { en: 'sees a majority:', fr: 'voit une majorité :' },
  'no-majority': { en: 'sees no majority:', fr: 'ne voit pas de majorité :' },
  'service-ended': { en: 'service down:', fr: 'service arrêté :' },
  'fault-made': { en: 'fault:', fr: 'panne :' },
  'fault-undone': { en: 'fault undone:', fr: 'panne annulée :' },
  applied: { en: 'is ready:', fr: 'est prête :' },
  serves: { en: 'the service answers', fr: 'le service répond' },
  'drill-steady': { en: 'drill: visitors measure before the fault', fr: 'exercice : mesure avant la panne' },
  'drill-waiting': {
    en: 'drill: full redundancy is waited for',
    fr: 'exercice : attente de la redondance complète',
  },
  'drill-reading': {
    en: 'drill: all that was written is read back',
    fr: 'exercice : relecture de tout ce qui a été écrit',
  },
  'drill-stopped': { en: 'drill: stopped without a result', fr: 'exercice : arrêté sans résultat' },
  'drill-pass': { en: 'drill: passed', fr: 'exercice : réussi' },
  'drill-fail': { en: 'drill: FAILED', fr: 'exercice : ÉCHEC' },
  'drill-unknown': { en: 'drill: it cannot be told', fr: 'exercice : verdict inconnu' },
  'command-begun': { en: 'command:', fr: 'commande :' },
  'command-ended': { en: 'command ended:', fr: 'commande terminée :' },
};

/** What a line says, without its time and machine. A code that nobody knows is shown as it is. */
export function lineText({ code, text, words: said }: Pick<Line, 'code' | 'text' | 'words'>): Text {
  const words = LINE_WORDS[code] ?? EVENT_WORDS[code] ?? { en: code, fr: code };
  const rest = said ?? GROUP_WORDS[text as VoteGroup] ?? { en: text, fr: text };
  // Words of the journal's events take a colon before what they are about.
  const own = Object.hasOwn(LINE_WORDS, code) || !rest.en;
  return {
    en: [`${words.en}${own ? '' : ':'}`, rest.en].filter(Boolean).join(' '),
    fr: [`${words.fr}${own ? '' : ' :'}`, rest.fr].filter(Boolean).join(' '),
  };
}

/** Who holds an address, in few words. `clock`: writes a time. */
export function holdingText({ status, holders, perhaps }: Holding): Text {
  const all = (words: string[], and: string) => words.join(` ${and} `);
  const also = perhaps.length > 0;
  switch (status) {
    case 'one':
      return {
        en: `${holders[0]}${also ? `, perhaps also ${all(perhaps, 'and')}` : ''}`,
        fr: `${holders[0]}${also ? `, peut-être aussi ${all(perhaps, 'et')}` : ''}`,
      };
    case 'several':
      return {
        en: `${all(holders, 'and')} at once`,
        fr: `${all(holders, 'et')} en même temps`,
      };
    case 'none':
      return { en: 'nobody', fr: 'personne' };
    case 'unused':
      return { en: 'not set up', fr: 'pas encore en place' };
    case 'unknown':
      return also
        ? { en: `unknown, last ${all(perhaps, 'and')}`, fr: `inconnu, en dernier ${all(perhaps, 'et')}` }
        : { en: 'unknown', fr: 'inconnu' };
  }
}

/** How a vote stands. */
export function votingText({ votes, voters, majority, status }: Voting): Text {
  const count = votes === undefined ? '?' : String(votes);
  const of = {
    en: `${count} of ${voters.length} votes, ${majority} needed`,
    fr: `${count} voix sur ${voters.length}, ${majority} nécessaires`,
  };
  switch (status) {
    case 'majority':
      return of;
    case 'none':
      return { en: `${of.en}: no majority`, fr: `${of.fr} : pas de majorité` };
    case 'unknown':
      return { en: `${of.en}: unknown`, fr: `${of.fr} : inconnu` };
  }
}

/** `unknown since 20:31:04`. */
export const sinceText = (clock: string): Text => ({
  en: `unknown since ${clock}`,
  fr: `état inconnu depuis ${clock}`,
});

/** A time of day, to the second; in the time zone of whoever reads. `t`: ms since 1970. */
export function clockOf(t: number): string {
  const date = new Date(t);
  const two = (value: number) => String(value).padStart(2, '0');
  return [date.getHours(), date.getMinutes(), date.getSeconds()].map(two).join(':');
}

/** Bytes a second in few digits. */
export function rateText(bytes: number): Text {
  const [value, unit] = bytes >= 1e6 ? [bytes / 1e6, 'M'] : bytes >= 1e3 ? [bytes / 1e3, 'k'] : [bytes, ''];
  const digits = value >= 10 || unit === '' ? String(Math.round(value)) : value.toFixed(1);
  return { en: `${digits} ${unit}B/s`, fr: `${digits.replace('.', ',')} ${unit}o/s` };
}
