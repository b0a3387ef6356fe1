/**
 * What a picture consists of, before it becomes SVG: shapes with a place and a style. Layout makes scenes and knows nothing of
 * colours; svg.ts paints them and knows nothing of labs.
 */
export interface Point {
  x: number;
  y: number;
}

/** Family of a role, which gives it its colour. */
export type Hue = 'user' | 'front' | 'web' | 'sql' | 'session' | 'files';

export type LineStyle = 'service' | 'vote' | 'copy' | 'watch' | 'time' | 'holds';

/** How something stands, in the live picture: a printed one has no tones. */
export type Tone = 'well' | 'trouble' | 'unknown' | 'frozen' | 'off' | 'held' | 'free';

export type Shape = (
  | {
      kind: 'box';
      x: number;
      y: number;
      w: number;
      h: number;
      look: 'network' | 'card' | 'pill' | 'mark' | 'frame' | 'socket';
      hue?: Hue;
    }
  | { kind: 'line'; points: Point[]; style: LineStyle; hue?: Hue; arrow?: 'end' | 'both' }
  | {
      kind: 'text';
      x: number;
      y: number;
      text: string;
      look: TextLook;
      anchor?: 'start' | 'middle' | 'end';
      hue?: Hue;
    }
) & { tone?: Tone };

export type TextLook = 'title' | 'name' | 'address' | 'body' | 'small' | 'label' | 'badge';

export interface Scene {
  width: number;
  height: number;
  /** Read out to those who cannot see the picture. */
  title: string;
  shapes: Shape[];
}

const SIZES: Record<TextLook, number> = {
  title: 18,
  name: 16,
  address: 13,
  body: 13,
  small: 12,
  label: 12,
  badge: 11,
};
const MONO: readonly TextLook[] = ['address', 'label'];

export const sizeOf = (look: TextLook): number => SIZES[look];
export const isMono = (look: TextLook): boolean => MONO.includes(look);

/** Width of a text in pixels, a little too large: which font the reader has is not known. */
export function widthOf(text: string, look: TextLook): number {
  const wide = isMono(look) ? 0.62 : look === 'name' || look === 'title' ? 0.6 : 0.56;
  return text.length * SIZES[look] * wide;
}

/** Cuts a text into lines that are not wider than `width`. */
export function wrap(text: string, look: TextLook, width: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last !== undefined && widthOf(`${last} ${word}`, look) <= width)
      lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}
