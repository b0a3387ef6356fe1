import type { Hue, LineStyle, Point, Scene, Shape } from './scene.ts';
import { isMono, sizeOf, type TextLook, widthOf } from './scene.ts';

/** Colours of a family: its line and text, and the ground of its boxes. */
interface Tint {
  ink: string;
  ground: string;
}
export interface Theme {
  paper: string;
  network: string;
  card: string;
  edge: string;
  text: string;
  faint: string;
  alarm: string;
  hues: Record<Hue, Tint>;
}

export const LIGHT: Theme = {
  paper: '#ffffff',
  network: '#f3f5f8',
  card: '#ffffff',
  edge: '#c5ccd6',
  text: '#1c2430',
  faint: '#566070',
  alarm: '#b3261e',
  hues: {
    user: { ink: '#4a5568', ground: '#edf0f4' },
    front: { ink: '#4338ca', ground: '#ecebfd' },
    web: { ink: '#9a4a00', ground: '#fdf0e1' },
    sql: { ink: '#0b63a8', ground: '#e3f0fb' },
    session: { ink: '#b01c56', ground: '#fce8f0' },
    files: { ink: '#1b6e3c', ground: '#e3f4e9' },
  },
};

export const DARK: Theme = {
  paper: '#11161d',
  network: '#171e27',
  card: '#202935',
  edge: '#465264',
  text: '#e9edf3',
  faint: '#a9b4c3',
  alarm: '#ff8a80',
  hues: {
    user: { ink: '#b9c3d1', ground: '#2a3442' },
    front: { ink: '#a8a4ff', ground: '#2a2a52' },
    web: { ink: '#f5b26b', ground: '#40301d' },
    sql: { ink: '#7cc0f7', ground: '#1a344a' },
    session: { ink: '#f58fb4', ground: '#472436' },
    files: { ink: '#7fd39d', ground: '#1c3d2a' },
  },
};

const DASHES: Record<LineStyle, string> = {
  service: '',
  vote: '6 4',
  copy: '12 4',
  watch: '2 4',
  time: '1 6',
  holds: '6 4',
};

const HUES = Object.keys(LIGHT.hues) as Hue[];

/** Rules of one theme. Written out for each: many programs that show SVG know no variables. */
export function rules(theme: Theme): string {
  const perHue = HUES.map((hue) => {
    const { ink, ground } = theme.hues[hue];
    return `text.${hue}{fill:${ink}}.line.${hue}{stroke:${ink}}.head.${hue},.mark.${hue}{fill:${ink}}.pill.${hue},.frame.${hue}{fill:${ground};stroke:${ink}}.card.${hue}{stroke:${ink}}`;
  });
  return [
    `.paper,.halo{fill:${theme.paper}}.network{fill:${theme.network};stroke:${theme.edge}}.card,.socket{fill:${theme.card};stroke:${theme.edge}}`,
    `text{fill:${theme.text}}text.small{fill:${theme.faint}}.line{stroke:${theme.faint}}.head{fill:${theme.faint}}`,
    ...perHue,
  ].join('');
}

/** Rules of both themes: sizes and fonts. */
export function fixedRules(): string {
  const looks = (['title', 'name', 'address', 'body', 'small', 'label', 'badge'] satisfies TextLook[]).map(
    (look) =>
      `.${look}{font-size:${sizeOf(look)}px${isMono(look) ? ';font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace' : ''}}`,
  );
  return [
    'text{font-family:system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans","DejaVu Sans",sans-serif}',
    ...looks,
    '.title,.name,.body{font-weight:600}.badge{font-weight:600}',
    '.card,.network,.pill,.frame,.socket{stroke-width:1.25}.line{fill:none;stroke-width:1.6}',
    ...Object.entries(DASHES).flatMap(([name, dash]) =>
      dash ? [`.line.${name}{stroke-dasharray:${dash}}`] : [],
    ),
  ].join('');
}

/** What stands out in a printed picture; the live one has tones of its own. */
const alarms = ({ alarm }: Theme): string =>
  `text.trouble{fill:${alarm};font-weight:600}.card.trouble{stroke:${alarm};stroke-width:2.5}`;

function style(theme: 'auto' | 'light' | 'dark', alarmed: boolean): string {
  const fixed = fixedRules();
  const of = (colours: Theme) => rules(colours) + (alarmed ? alarms(colours) : '');
  if (theme === 'dark') return fixed + of(DARK);
  if (theme === 'light') return fixed + of(LIGHT);
  return `${fixed}${of(LIGHT)}@media (prefers-color-scheme:dark){${of(DARK)}}`;
}

/** A part of an SVG picture, before it becomes text in a file or nodes in a page. */
export interface Drawn {
  tag: 'rect' | 'path' | 'text';
  attributes: Record<string, string>;
  text?: string;
}

const escaped = (text: string) =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
const round = (value: number) => String(Math.round(value * 10) / 10);

const written = ({ tag, attributes, text }: Drawn): string => {
  const list = Object.entries(attributes).map(([name, value]) => ` ${name}="${value}"`);
  return `<${tag}${list.join('')}${text === undefined ? '/>' : `>${escaped(text)}</${tag}>`}`;
};

/** A smooth line through the middles between its points; it begins and ends straight. */
function curve(points: Point[]): string {
  const [first, ...rest] = points;
  const last = rest.at(-1);
  if (!first || !last) return '';
  const at = ({ x, y }: Point) => `${round(x)} ${round(y)}`;
  let d = `M${at(first)}`;
  rest.slice(0, -1).forEach((point, index) => {
    const next = rest[index + 1] ?? last;
    const end = index === rest.length - 2 ? last : { x: (point.x + next.x) / 2, y: (point.y + next.y) / 2 };
    d += `Q${at(point)} ${at(end)}`;
  });
  return rest.length === 1 ? `${d}L${at(last)}` : d;
}

/** A triangle at the end of a line. Not a marker: those do not take the line's colour everywhere. */
function head(points: Point[], hue: string): Drawn[] {
  const end = points.at(-1);
  const before = points.at(-2);
  if (!end || !before) return [];
  const angle = Math.atan2(end.y - before.y, end.x - before.x);
  const corner = (turn: number) =>
    `${round(end.x - 9 * Math.cos(angle + turn))} ${round(end.y - 9 * Math.sin(angle + turn))}`;
  const d = `M${round(end.x)} ${round(end.y)}L${corner(0.42)}L${corner(-0.42)}Z`;
  return [{ tag: 'path', attributes: { class: `head${hue}`, d } }];
}

/** What a shape is drawn with. */
export function drawnOf(shape: Shape): Drawn[] {
  const hue = `${shape.hue ? ` ${shape.hue}` : ''}${shape.tone ? ` ${shape.tone}` : ''}`;
  switch (shape.kind) {
    case 'box': {
      const { x, y, w, h, look } = shape;
      const radius = { network: 14, card: 10, pill: h / 2, mark: 2, frame: 6, socket: 8 }[look];
      const place = { x: round(x), y: round(y), width: round(w), height: round(h), rx: round(radius) };
      return [{ tag: 'rect', attributes: { class: `${look}${hue}`, ...place } }];
    }
    case 'line':
      return [
        { tag: 'path', attributes: { class: `line ${shape.style}${hue}`, d: curve(shape.points) } },
        ...(shape.arrow ? head(shape.points, hue) : []),
        ...(shape.arrow === 'both' ? head(shape.points.toReversed(), hue) : []),
      ];
    case 'text': {
      const { x, y, look, anchor } = shape;
      const end = anchor && anchor !== 'start' ? { 'text-anchor': anchor } : {};
      const text: Drawn = {
        tag: 'text',
        attributes: { class: `${look}${hue}`, x: round(x), y: round(y), ...end },
        text: shape.text,
      };
      if (look !== 'label') return [text];
      // A label lies on its line: something of the paper's colour between them.
      const w = widthOf(shape.text, look) + 6;
      const halo = { x: round(x - w / 2), y: round(y - 13), width: round(w), height: '17', rx: '3' };
      return [{ tag: 'rect', attributes: { class: 'halo', ...halo } }, text];
    }
  }
}

/** The same picture as a part of a page, which brings the rules. */
export function toInlineSvg(scene: Scene): string {
  const [width, height] = [Math.ceil(scene.width), Math.ceil(scene.height)];
  return [
    `<svg viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${escaped(scene.title).replaceAll('"', '&quot;')}">`,
    ...scene.shapes.map((shape) => drawnOf(shape).map(written).join('')),
    '</svg>',
  ].join('\n');
}

/** A self-contained SVG. `auto` follows the reader's light or dark setting. */
export function toSvg(scene: Scene, theme: 'auto' | 'light' | 'dark' = 'auto'): string {
  const [width, height] = [Math.ceil(scene.width), Math.ceil(scene.height)];
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-labelledby="title">`,
    `<title id="title">${escaped(scene.title)}</title>`,
    `<style>${style(
      theme,
      scene.shapes.some(({ tone }) => tone === 'trouble'),
    )}</style>`,
    `<rect class="paper" width="${width}" height="${height}" rx="8"/>`,
    ...scene.shapes.map((shape) => drawnOf(shape).map(written).join('')),
    '</svg>',
    '',
  ].join('\n');
}
