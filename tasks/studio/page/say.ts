import type { Text } from '../../base/text.ts';
import { language } from './store.ts';

/** A text in the language that the reader chose. */
export const t = (text: Text): string => text[language.value];

/** Seconds without their unit, as the reader's language writes them. */
export const seconds = (value: number, digits = 2): string => {
  const text = String(Number(value.toFixed(digits)));
  return language.value === 'fr' ? text.replace('.', ',') : text;
};
