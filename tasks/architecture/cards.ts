import type { Language } from '../base/text.ts';
import type { RoleName } from '../topology/model.ts';
import { type CardNote, HUES, NAMES } from './look.ts';
import type { CardPlace } from './places.ts';
import type { Shape } from './scene.ts';

export const CARD = { width: 292, gap: 44, padding: 14, line: 18 };
export const ROLE_COLUMN = 10;

/** Of a machine of a topology: its memory and its second disk. */
export function sizeNote({ memory, disk: second }: CardPlace, language: Language): CardNote {
  const mib = { en: 'MiB', fr: 'Mio' }[language];
  const disk = second
    ? { en: `, second disk ${second} MiB`, fr: `, second disque ${second} Mio` }[language]
    : '';
  return { text: `${memory} ${mib}${disk}` };
}

/** A machine as a card with its roles; those that are in `built` have a frame. */
export function cardShapes(
  card: CardPlace,
  built: readonly RoleName[],
  language: Language,
  note: CardNote,
): Shape[] {
  const { x, y, w, h } = card;
  const left = x + CARD.padding;
  const shapes: Shape[] = [
    { kind: 'box', look: 'card', x, y, w, h, ...(note.alarm ? { tone: 'trouble' } : {}) },
    { kind: 'text', look: 'name', x: left, y: y + 25, text: card.machine },
    {
      kind: 'text',
      look: 'address',
      x: x + w - CARD.padding,
      y: y + 25,
      text: card.address,
      anchor: 'end',
    },
    {
      ...{ kind: 'text', look: 'small', x: left, y: y + 44, text: note.text },
      ...(note.alarm ? { tone: 'trouble' } : {}),
    },
  ];
  for (const place of card.roles) {
    const hue = HUES[place.role];
    if (built.includes(place.role)) {
      const frame = { x: place.x - 6, y: place.y - 4, w: place.w + 12, h: place.h + 4 };
      shapes.push({ kind: 'box', look: 'frame', hue, ...frame });
    }
    shapes.push({ kind: 'box', look: 'mark', hue, x: place.x, y: place.y + 2, w: 4, h: place.h - 2 });
    shapes.push({
      kind: 'text',
      look: 'body',
      hue,
      x: place.x + ROLE_COLUMN,
      y: place.y + 14,
      text: NAMES[place.role][language],
    });
    if (place.votes) {
      const text = { en: '1 vote', fr: '1 voix' }[language];
      const end = place.x + place.w;
      shapes.push({ kind: 'text', look: 'badge', hue, x: end, y: place.y + 14, text, anchor: 'end' });
    }
    place.lines.forEach((text, line) => {
      shapes.push({
        kind: 'text',
        look: 'small',
        x: place.x + ROLE_COLUMN,
        y: place.y + 14 + (line + 1) * CARD.line,
        text,
      });
    });
  }
  return shapes;
}
