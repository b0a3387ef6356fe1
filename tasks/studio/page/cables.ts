import type { CardPlace, Places } from '../../architecture/places.ts';
import type { Point } from '../../architecture/scene.ts';
import type { Flow, LabState } from '../../watch/model/state.ts';
import { flowOf } from '../../watch/model/view.ts';

/** From a machine to the switch, which is the frame of the picture. */
export interface Cable {
  machine: string;
  d: string;
  /** How much goes over it, 0 to 5; undefined: it has no power, or that is not known. */
  level: number | undefined;
  shown?: Shown;
}

/** What a cable was drawn for: bytes a second, as they were lately. */
export interface Shown {
  at: number;
  rate: number;
  level: number;
}

/** Where the frame is (scene.ts), and how far below its row a cable runs that has other machines on both sides. */
const FRAME = 16;
const BELOW = 9;

/** Bytes a second from which on a cable is drawn wider; and how far below that it must fall to be drawn narrower again. */
const STEPS = [1e3, 1e4, 1e5, 1e6, 1e7];
const BACK = 0.6;

/** ms over which a rate is smoothed: single bursts, as a lab at rest has them, move nothing. */
const LATELY = 5000;

/** The rate as it was lately. Where time jumps, as in a recording, it is that of the moment. */
function lately({ at, receiving, sending }: Flow, before: Shown | undefined): number {
  const now = receiving + sending;
  const passed = before ? at - before.at : Number.NaN;
  if (!before || !(passed >= 0 && passed <= LATELY)) return now;
  return now + (before.rate - now) * Math.exp(-passed / LATELY);
}

function shownOf(flow: Flow, before: Shown | undefined): Shown {
  const rate = lately(flow, before);
  return { at: flow.at, rate, level: levelOf(rate, before?.level) };
}

/** The level of a rate. One near a step stays where it was: a picture at rest is still. */
export function levelOf(rate: number, before: number | undefined): number {
  const level = STEPS.filter((step) => rate >= step).length;
  if (before === undefined || level >= before) return level;
  return Math.max(level, STEPS.filter((step) => rate >= step * BACK).length);
}

/** The cable of each machine, where the engine counts what goes over them; none elsewhere. */
export function cablesOf(
  { width, cards }: Places,
  state: LabState,
  before: ReadonlyMap<string, Shown | undefined>,
): Cable[] {
  const known = Object.values(state.machines).some(({ cable }) => cable);
  if (!known) return [];
  return cards.map((card) => {
    const machine = state.machines[card.machine];
    const flow = machine?.power === 'off' || !machine?.cable ? undefined : flowOf(machine);
    const shown = flow && shownOf(flow, before.get(card.machine));
    return {
      machine: card.machine,
      d: pathOf(
        wayOf(
          card,
          cards.filter(({ y }) => y === card.y),
          width,
        ),
      ),
      ...(shown ? { shown } : {}),
      level: shown?.level,
    };
  });
}

/** The way of a cable: out of the card's side where nothing stands between it and the frame, else below the row. */
function wayOf({ x, y, w, h }: CardPlace, row: CardPlace[], width: number): Point[] {
  const left = Math.min(...row.map((card) => card.x));
  const right = Math.max(...row.map((card) => card.x));
  const at = y + 40;
  if (x === left)
    return [
      { x, y: at },
      { x: FRAME, y: at },
    ];
  if (x === right)
    return [
      { x: x + w, y: at },
      { x: width - FRAME, y: at },
    ];
  const middle = x + w / 2;
  return [
    { x: middle, y: y + h },
    { x: middle, y: y + h + BELOW },
    { x: middle < width / 2 ? FRAME : width - FRAME, y: y + h + BELOW },
  ];
}

const pathOf = (points: Point[]): string =>
  points.map(({ x, y }, index) => `${index === 0 ? 'M' : 'L'}${Math.round(x)} ${Math.round(y)}`).join('');
