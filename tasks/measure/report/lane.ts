import type { Expected } from '../drill/names.ts';
import { HEIGHT, type Lane } from './chart.ts';

/** What a lane is drawn with: in a report as text, in the studio's page as nodes. Looks are in page/lanes.css. */
export interface Mark {
  tag: 'rect' | 'path';
  attributes: Record<string, string>;
  title?: string;
}

/** What is drawn in every lane of a drill besides its requests. Milliseconds since the sampler began. */
export interface Around {
  from: number;
  to: number;
  /** The time that the fault lasts, as far as it has. */
  during?: { from: number; to: number } | undefined;
  moments: { x: number; what: string }[];
}

/** The end of an outage as it is predicted: by the timers, and by the user. Milliseconds since the sampler began. */
export interface Foreseen {
  from: number;
  to: number;
}

const ms = (seconds: number) => Math.round(seconds * 1000);

/** Between which times an outage is to end. `fault`: when it began, s. */
export const foreseen = (
  fault: number,
  { atLeast, seconds }: Pick<Expected, 'atLeast' | 'seconds'>,
): Foreseen => ({ from: ms(fault + atLeast), to: ms(fault + seconds) });

const rect = (look: string, from: number, to: number, title?: string): Mark => ({
  tag: 'rect',
  attributes: {
    class: look,
    x: String(from),
    y: '0',
    width: String(Math.max(1, to - from)),
    height: String(HEIGHT),
  },
  ...(title === undefined ? {} : { title }),
});
const path = (look: string, d: string): Mark => ({ tag: 'path', attributes: { class: look, d } });

/** The tick of an event in the lane of its machine. */
export const eventPath = (x: number): string => `M${x} 12v${HEIGHT - 24}`;

/** The lines of moments, from top to bottom. */
export const momentMarks = (moments: Around['moments']): Mark[] =>
  moments.map(({ x, what }) => path(`moment ${what}`, `M${x} 0v${HEIGHT}`));

/** One kind of request: the fault's time, outages, prediction, limit, moments, requests. `texts`: what each outage was. */
export function laneMarks(
  lane: Lane,
  around: Around,
  texts: string[],
  predicted?: Foreseen,
  said?: number,
): Mark[] {
  const { from, to, during, moments } = around;
  return [
    ...(during ? [rect('during', during.from, during.to)] : []),
    ...lane.bands.map((band, index) =>
      rect(`band${band.window.doubtful ? ' doubtful' : ''}`, band.from, band.from + band.width, texts[index]),
    ),
    ...(predicted ? [rect('predicted', predicted.from, predicted.to)] : []),
    ...(said === undefined ? [] : [path('said', `M${said} 0v${HEIGHT}`)]),
    path('limit', `M${from} ${lane.limit}H${to}`),
    ...momentMarks(moments),
    path('served', lane.served),
    path('late', lane.late),
    path('failed', lane.failed),
  ];
}

/** A time in which nothing was answered yet: whether it is an outage is known when the requests that wait have ended. */
export const waitingMark = (from: number, to: number): Mark => rect('waiting', from, to);

const escaped = (text: string) =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');

/** Marks as the text of an SVG. */
export const written = (marks: Mark[]): string =>
  marks
    .map(({ tag, attributes, title }) => {
      const list = Object.entries(attributes).map(([name, value]) => ` ${name}="${escaped(value)}"`);
      const end = title === undefined ? '/>' : `><title>${escaped(title)}</title></${tag}>`;
      return `<${tag}${list.join('')}${end}`;
    })
    .join('');
