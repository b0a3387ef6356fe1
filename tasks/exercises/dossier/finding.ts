import type { Text } from '../../base/text.ts';
import type { Concern } from './model.ts';
import type { Path } from './read.ts';

/** What the exercise asks of a dossier, in the order in which it is worked on. */
export const TOPICS = ['given', 'elements', 'losses', 'noticing', 'growth'] as const;
export type Topic = (typeof TOPICS)[number];

/** Something that a dossier lacks, or that contradicts itself. */
export interface Finding {
  topic: Topic;
  /** Where it stands. */
  at: Path;
  text: Text;
}

/** Takes what is found: where, and what in both languages. */
export type Say = (at: Path, en: string, fr: string) => void;

/** Letters below which a sentence says nothing. */
const LEAST = 12;
export const saysSomething = (text: string | undefined): boolean => (text ?? '').trim().length >= LEAST;

/** What to add where somebody has written something, but not enough to say anything; nothing where there is nothing. */
export function tooShort(text: string | undefined): Text {
  const written = (text ?? '').trim();
  if (written === '') return { en: '', fr: '' };
  return {
    en: ` "${written}" is too short: a sentence, ${LEAST} letters at least`,
    fr: ` « ${written} » est trop court : une phrase, d'au moins ${LEAST} caractères`,
  };
}

/** Concerns, as people call them. */
export const CONCERN_WORDS: Record<Concern, Text> = {
  https: { en: 'the https front', fr: "l'entrée https" },
  sessions: { en: 'login sessions', fr: 'les sessions des utilisateurs' },
  files: { en: 'stored files', fr: 'les fichiers déposés' },
  database: { en: 'the database', fr: 'la base de données' },
};

/** A name that leads nowhere. */
export const unknown = (say: Say, at: Path, who: string, what: string): void =>
  say(at, `${who} names ${what}, which is not in the dossier`, `${who} nomme ${what}, absent du dossier`);
