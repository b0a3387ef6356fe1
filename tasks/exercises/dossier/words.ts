import type { Text } from '../../base/text.ts';
import type { HardwareKind, Outage } from './model.ts';

export const KIND_WORDS: Record<HardwareKind, Text> = {
  machine: { en: 'machine', fr: 'machine' },
  disk: { en: 'disk', fr: 'disque' },
  switch: { en: 'switch', fr: 'commutateur' },
  link: { en: 'link', fr: 'liaison' },
  power: { en: 'power supply', fr: 'alimentation' },
  other: { en: 'other equipment', fr: 'autre équipement' },
};

export const SINGLE_POINT: Text = { en: 'single point of failure', fr: 'point de défaillance unique' };

/** Seconds as a dossier has them. */
export function outageWords(outage: Outage | undefined): Text {
  if (outage === undefined) return { en: '?', fr: '?' };
  if (outage === 'forever') return { en: 'until it is mended', fr: "jusqu'à la réparation" };
  return { en: `${outage} s`, fr: `${String(outage).replace('.', ',')} s` };
}

/** Who is said to take over. */
export function takersWords(takers: string[] | undefined): Text {
  if (takers === undefined) return { en: '?', fr: '?' };
  return takers.length === 0
    ? { en: 'nothing', fr: 'rien' }
    : { en: takers.join(', '), fr: takers.join(', ') };
}
