import { HUES, NAMES } from '../../architecture/look.ts';
import type { CardPlace, Places, RolePlace } from '../../architecture/places.ts';
import { type Shape, type TextLook, type Tone, widthOf, wrap } from '../../architecture/scene.ts';
import type { Language, Text } from '../../base/text.ts';
import type { LabState } from '../../watch/model/state.ts';
import {
  flowOf,
  type Holding,
  holdings,
  isMirrored,
  isOpen,
  type MachineView,
  machineViews,
  type Voting,
  votings,
} from '../../watch/model/view.ts';
import { clockOf, holdingText, MARK_WORDS, MARKS, rateText, sinceText } from '../../watch/model/words.ts';

/** A part of the live picture that can be chosen or read out. */
export interface Piece {
  /** Machine or address. */
  name: string;
  /** What a screen reader says. */
  label: string;
  shapes: Shape[];
}

export interface LiveScene {
  width: number;
  height: number;
  back: Shape[];
  links: { key: string; shape: Shape }[];
  pills: Piece[];
  cards: Piece[];
}

const EDGE = 28;
const PADDING = 14;
const LINE = 18;

/**
 * The picture of the machines with what is known of them now: places, names and colours of the printed one, and in the place of the
 * software what it does. Every state has a sign and words besides its colour.
 */
export function liveScene(places: Places, state: LabState, language: Language): LiveScene {
  const views = new Map(machineViews(state).map((view) => [view.name, view]));
  const held = new Map(holdings(state).map((holding) => [holding.address, holding]));
  const groups = votings(state);
  return {
    width: places.width,
    height: places.bottom + 4,
    back: [
      {
        kind: 'box',
        look: 'network',
        x: EDGE - 12,
        y: 4,
        w: places.width - 2 * EDGE + 24,
        h: places.bottom - 8,
      },
    ],
    links: places.links.map(({ address, machine, role, points }) => ({
      key: `${address} ${machine}`,
      shape: {
        ...{ kind: 'line', style: 'holds', hue: HUES[role], points },
        tone: linkTone(held.get(address), machine),
      },
    })),
    pills: places.pills.map((pill) => {
      const holding = held.get(pill.address);
      const hue = HUES[pill.role];
      const words = holding ? holderWords(holding, language) : '';
      const tone = holding && pillTone(holding);
      const middle = pill.x + pill.w / 2;
      return {
        name: pill.address,
        label: `${pill.text}: ${words}`,
        shapes: [
          { kind: 'box', look: 'pill', hue, x: pill.x, y: pill.y, w: pill.w, h: pill.h, ...withTone(tone) },
          {
            kind: 'text',
            look: 'address',
            hue,
            x: middle,
            y: pill.y + 20,
            text: pill.text,
            anchor: 'middle',
          },
          {
            ...{ kind: 'text', look: 'body', x: middle, y: pill.y - 8, text: words, anchor: 'middle' },
            ...withTone(tone),
          },
        ],
      };
    }),
    cards: places.cards.map((card) => {
      const view = views.get(card.machine);
      return {
        name: card.machine,
        label: view ? machineLabel(view, language) : card.machine,
        shapes: cardShapes(card, view, groups, language),
      };
    }),
  };
}

const withTone = (tone: Tone | undefined): { tone?: Tone } => (tone ? { tone } : {});

function linkTone(holding: Holding | undefined, machine: string): Tone {
  if (holding?.holders.includes(machine)) return holding.holders.length > 1 ? 'trouble' : 'held';
  return holding?.perhaps.includes(machine) ? 'unknown' : 'free';
}

const pillTone = ({ status }: Holding): Tone =>
  (({ one: 'well', several: 'trouble', none: 'trouble', unknown: 'unknown', unused: 'off' }) as const)[
    status
  ];

const PILL_SIGNS: Record<Holding['status'], string> = {
  ...{ one: '●', several: '▲', none: '▲', unknown: '?', unused: '○' },
};

/** Sign and holder of an address. */
export const holderWords = (holding: Holding, language: Language): string =>
  `${PILL_SIGNS[holding.status]} ${holdingText(holding)[language]}`;

/** How a machine is, in few words. */
export function stateWords({ mark, state, failed }: MachineView, language: Language): string {
  if (mark === 'trouble') return failed.map(([name, now]) => `${name} ${now}`).join(', ');
  if (mark === 'unknown' && state.heard !== undefined && state.unknownSince !== undefined)
    return sinceText(clockOf(state.unknownSince))[language];
  return MARK_WORDS[mark][language];
}

/** A machine in one sentence. */
export function machineLabel(view: MachineView, language: Language): string {
  const holds =
    view.holds.length > 0
      ? { en: `holds ${view.holds.join(', ')}`, fr: `tient ${view.holds.join(', ')}` }
      : undefined;
  return [view.name, view.address, stateWords(view, language), holds?.[language]].filter(Boolean).join(', ');
}

function cardShapes(
  card: CardPlace,
  view: MachineView | undefined,
  groups: Voting[],
  language: Language,
): Shape[] {
  const { x, y, w, h } = card;
  const left = x + PADDING;
  const right = x + w - PADDING;
  const mark = view?.mark ?? 'unknown';
  const quiet = mark === 'trouble' ? 'well' : mark;
  const state = view
    ? `${MARKS[mark]} ${stateWords(view, language)}`
    : `${MARKS.unknown} ${MARK_WORDS.unknown[language]}`;
  const traffic = view ? trafficWords(view, language) : '';
  // What a card has no room for is cut; the details have it whole.
  const room = w - 2 * PADDING - widthOf(traffic, 'small') - 12;
  const shapes: Shape[] = [
    { kind: 'box', look: 'card', x, y, w, h, tone: mark },
    { kind: 'text', look: 'name', x: left, y: y + 25, text: card.machine, tone: quiet },
    { kind: 'text', look: 'address', x: right, y: y + 25, text: card.address, anchor: 'end', tone: quiet },
    { kind: 'text', look: 'body', x: left, y: y + 44, text: cut(state, 'body', room), tone: mark },
  ];
  if (traffic)
    shapes.push({ kind: 'text', look: 'small', x: right, y: y + 44, text: traffic, anchor: 'end' });
  return [
    ...shapes,
    ...card.roles.flatMap((place) => roleShapes(place, card.machine, view, groups, language)),
  ];
}

function cut(text: string, look: TextLook, width: number): string {
  let short = text;
  while (short.length > 1 && widthOf(short, look) > width) short = `${short.slice(0, -2).trimEnd()}…`;
  return short;
}

/** What goes over the machine's cable, in few words; empty where it is not known. */
export function trafficWords({ state, mark }: MachineView, language: Language): string {
  const flow = mark === 'off' ? undefined : flowOf(state);
  if (!flow) return '';
  const { receiving, sending } = flow;
  return `↓ ${rateText(receiving)[language]}  ↑ ${rateText(sending)[language]}`;
}

const VOTE: Record<'here' | 'lost' | 'unknown', Text> = {
  here: { en: '● 1 vote', fr: '● 1 voix' },
  lost: { en: '○ vote lost', fr: '○ voix perdue' },
  unknown: { en: '? 1 vote', fr: '? 1 voix' },
};

function roleShapes(
  place: RolePlace,
  machine: string,
  view: MachineView | undefined,
  groups: Voting[],
  language: Language,
): Shape[] {
  const hue = HUES[place.role];
  // A service that is down is said in the machine's own line, not by each of its roles.
  const mark = view?.mark === 'trouble' ? 'well' : (view?.mark ?? 'unknown');
  const text = place.x + 10;
  const shapes: Shape[] = [
    { kind: 'box', look: 'mark', hue, x: place.x, y: place.y + 2, w: 4, h: place.h - 2, tone: mark },
    {
      kind: 'text',
      look: 'body',
      hue,
      x: text,
      y: place.y + 14,
      text: NAMES[place.role][language],
      tone: mark,
    },
  ];
  const voter = groups
    .flatMap(({ voters }) => voters)
    .find((one) => one.machine === machine && one.role === place.role);
  if (place.votes && voter)
    shapes.push({
      ...{ kind: 'text', look: 'badge', hue, anchor: 'end' },
      ...{ x: place.x + place.w, y: place.y + 14, text: VOTE[voter.state][language], tone: mark },
    });
  const now = view ? roleWords(place, view, groups, language) : undefined;
  // Where the software takes two lines, what it does may too.
  const lines =
    now === undefined ? place.lines : wrap(now, 'small', place.w - 10).slice(0, place.lines.length);
  lines.forEach((line, index) => {
    shapes.push({
      ...{ kind: 'text', look: 'small', x: text, y: place.y + 14 + (index + 1) * LINE },
      ...{ text: cut(line, 'small', place.w - 10), tone: mark },
    });
  });
  return shapes;
}

/** What a role does now on a machine that is heard; undefined: nothing more than its software is known. */
function roleWords(
  { role }: RolePlace,
  { state, mark, name }: MachineView,
  groups: Voting[],
  language: Language,
): string | undefined {
  if (mark !== 'well' && mark !== 'trouble') return undefined;
  switch (role) {
    case 'lb': {
      if (!state.requests) return undefined;
      const servers = Object.entries(state.requests.servers).map(
        ([server, { status }]) => `${server} ${status}`,
      );
      return [`${state.requests.rate}/s`, ...servers].join('  ');
    }
    case 'database':
      if (state.galera === undefined) return undefined;
      return `${isOpen(state.galera) ? '●' : '▲'} Galera ${state.galera.split(' ').slice(0, 2).join(' ')}`;
    case 'storage': {
      const { replica } = state;
      if (!replica) return undefined;
      const copied = replica.synced === undefined ? '' : ` ${replica.synced} %`;
      return `${isMirrored(replica) ? '●' : '▲'} DRBD ${replica.role} ${replica.disk}, ${replica.connection}${copied}`;
    }
    case 'session': {
      const { session } = state;
      if (!session) return undefined;
      if (session.role === 'master') return `● ${{ en: 'Redis master', fr: 'Redis maître' }[language]}`;
      return session.linked
        ? `● ${{ en: 'Redis replica', fr: 'Redis réplique' }[language]}`
        : `▲ ${{ en: 'Redis replica without its master', fr: 'Redis réplique sans son maître' }[language]}`;
    }
    case 'arbitrator':
    case 'sentinel': {
      const says = groups
        .flatMap(({ voters }) => voters)
        .find((voter) => voter.machine === name && voter.role === role)?.says;
      if (!says) return undefined;
      return says.quorate
        ? { en: `● counts ${says.votes} votes`, fr: `● compte ${says.votes} voix` }[language]
        : {
            en: `▲ counts ${says.votes} votes: no majority`,
            fr: `▲ compte ${says.votes} voix : pas de majorité`,
          }[language];
    }
    default:
      return undefined;
  }
}
