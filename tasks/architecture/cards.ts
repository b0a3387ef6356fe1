import type { Language } from '../base/text.ts';
import type { RoleName, SwitchName } from '../topology/model.ts';
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

/** Where a cable of a machine is plugged in; it says to which switch it leads. */
const SOCKET = { w: 20, h: 16, gap: 4 };

/** A machine as a card with its roles; those that are in `built` have a frame. */
export function cardShapes(
  card: CardPlace,
  built: readonly RoleName[],
  language: Language,
  note: CardNote,
  switches: readonly SwitchName[] = [],
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
  if (switches.length > 1)
    switches.forEach((name, index) => {
      const left = x + w - CARD.padding - (switches.length - index) * (SOCKET.w + SOCKET.gap) + SOCKET.gap;
      shapes.push({ kind: 'box', look: 'socket', x: left, y: y + 32, w: SOCKET.w, h: SOCKET.h });
      const middle = left + SOCKET.w / 2;
      shapes.push({ kind: 'text', look: 'small', x: middle, y: y + 44, text: name, anchor: 'middle' });
    });
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

const SWITCH = { w: 112, h: 26, gap: 64 };

/** The switches of a network that has two, with the cable between them; `right`: where the last one ends. */
export function switchShapes(
  switches: readonly SwitchName[],
  right: number,
  y: number,
  language: Language,
): Shape[] {
  if (switches.length < 2) return [];
  const xOf = (index: number) =>
    right - (switches.length - index) * SWITCH.w - (switches.length - 1 - index) * SWITCH.gap;
  const middle = y + SWITCH.h / 2;
  return switches.flatMap((name, index): Shape[] => {
    const x = xOf(index);
    const text = { en: `switch ${name}`, fr: `commutateur ${name}` }[language];
    const cable: Shape = {
      ...{ kind: 'line', style: 'service' },
      points: [
        { x: x - SWITCH.gap, y: middle },
        { x, y: middle },
      ],
    };
    return [
      ...(index > 0 ? [cable] : []),
      { kind: 'box', look: 'socket', x, y, w: SWITCH.w, h: SWITCH.h },
      { kind: 'text', look: 'small', x: x + SWITCH.w / 2, y: y + 17, text, anchor: 'middle' },
    ];
  });
}
