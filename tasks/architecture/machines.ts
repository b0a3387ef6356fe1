import type { Language } from '../base/text.ts';
import type { Floating, Machine, RoleName } from '../topology/model.ts';
import { CARD, cardShapes, ROLE_COLUMN, sizeNote, switchShapes } from './cards.ts';
import type { Architecture, Part } from './describe.ts';
import { HUES, legend, legendOfBuilt, NAMES, software, type Wording } from './look.ts';
import type { CardPlace, Places } from './places.ts';
import { type Scene, type Shape, widthOf, wrap } from './scene.ts';

/** How far from the visitor a role is; a machine stands in the row of the nearest of its roles. */
const ROW: Record<RoleName, number> = {
  client: 0,
  lb: 1,
  web: 2,
  router: 3,
  session: 3,
  sentinel: 4,
  arbitrator: 4,
  'quorum-device': 4,
  database: 4,
  storage: 4,
};
const MOST_IN_A_ROW = 4;
/** Of a card with two columns of roles, for a picture that is wider than high. */
const WIDE_CARD = 540;
const EDGE = 28;
/** Height of a line of explanations. */
const LEGEND = 22;
const PILL_HEIGHT = 30;
/** Between the middles of two addresses of one row. */
const PILL_STEP: Record<Form, number> = { tall: 220, wide: 290 };

interface Row {
  machines: Machine[];
  /** Addresses that machines of this row hold. */
  floating: Floating[];
}

function groupBy<K, T>(items: T[], keyOf: (item: T) => K): Map<K, T[]> {
  const groups = new Map<K, T[]>();
  for (const item of items) groups.set(keyOf(item), [...(groups.get(keyOf(item)) ?? []), item]);
  return groups;
}

/** Cuts a list into parts of equal length, each with at most `most`: not a full one and a rest. */
function evenly<T>(items: T[], most: number): T[][] {
  const count = Math.ceil(items.length / most);
  const size = Math.ceil(items.length / count);
  return Array.from({ length: count }, (_, at) => items.slice(at * size, (at + 1) * size));
}

/** Machines of one level in rows that keep those of the same roles together. */
function fill(machines: Machine[]): Machine[][] {
  const alike = groupBy(machines, ({ roles }) => roles.join());
  const rows: Machine[][] = [];
  for (const group of [...alike.values()].flatMap((entry) => evenly(entry, MOST_IN_A_ROW))) {
    const last = rows.at(-1);
    if (last && last.length + group.length <= MOST_IN_A_ROW) last.push(...group);
    else rows.push([...group]);
  }
  return rows;
}

function rowsOf({ topology }: Architecture): Row[] {
  const levels = groupBy(topology.machines, ({ roles }) => Math.min(...roles.map((role) => ROW[role])));
  return [...levels.entries()]
    .sort(([a], [b]) => a - b)
    .flatMap(([, machines]) => fill(machines))
    .map((machines) => ({
      machines,
      floating: Object.values(topology.floating).flatMap((floating) =>
        floating && machines.some(({ roles }) => roles.includes(floating.role)) ? [floating] : [],
      ),
    }));
}

/** How a picture is laid out: `wide` has two columns of roles in each card. */
export type Form = 'tall' | 'wide';

const widthOfCard = (form: Form) => (form === 'wide' ? WIDE_CARD : CARD.width);
const columnsOf = (form: Form) => (form === 'wide' ? 2 : 1);
/** Width of a column of roles; columns stand apart as far as a card's content from its edge. */
const widthOfColumn = (form: Form) =>
  (widthOfCard(form) - (columnsOf(form) + 1) * CARD.padding) / columnsOf(form);

/** What a card says of one role: its name, then its software in one or more lines. */
const roleLines = (part: Part, form: Form): string[] =>
  wrap(software(part).join(', '), 'small', widthOfColumn(form) - ROLE_COLUMN - 8);

const blockHeight = (part: Part, form: Form) => (1 + roleLines(part, form).length) * CARD.line + 8;

/** The roles of a machine in lines of as many as there are columns. */
function blocksOf(machine: Machine, parts: Part[], form: Form): Part[][] {
  const own = parts.filter(({ machines }) => machines.some(({ name }) => name === machine.name));
  const columns = columnsOf(form);
  return Array.from({ length: Math.ceil(own.length / columns) }, (_, at) =>
    own.slice(at * columns, (at + 1) * columns),
  );
}

const heightOf = (line: Part[], form: Form) => Math.max(...line.map((part) => blockHeight(part, form)));

function cardHeight(machine: Machine, parts: Part[], form: Form): number {
  const lines = blocksOf(machine, parts, form).reduce((sum, line) => sum + heightOf(line, form), 0);
  return 56 + lines + 6;
}

function cardPlace(
  machine: Machine,
  x: number,
  y: number,
  h: number,
  plan: Architecture,
  form: Form,
): CardPlace {
  const { name, address, memory, disk } = machine;
  const width = widthOfColumn(form);
  let at = y + 56;
  const roles = blocksOf(machine, plan.parts, form).flatMap((line) => {
    const top = at;
    at += heightOf(line, form);
    return line.map((part, column) => ({
      role: part.role,
      x: x + CARD.padding + column * (width + CARD.padding),
      y: top,
      w: width,
      h: blockHeight(part, form) - 6,
      lines: roleLines(part, form),
      votes: plan.votes.some(({ voters }) =>
        voters.some((voter) => voter.machine === name && voter.role === part.role),
      ),
    }));
  });
  return { machine: name, address, memory, disk, x, y, w: widthOfCard(form), h, roles };
}

const pillText = ({ address, role }: Floating, language: Language) => `${address}  ${NAMES[role][language]}`;

/** Where the machines of a topology stand, the visitor's first, and the addresses that move between them; from `top` on. */
export function machinesPlaces(plan: Architecture, language: Language, form: Form, top = 96): Places {
  const rows = rowsOf(plan);
  const cardWidth = widthOfCard(form);
  const widthOfRow = (count: number) => count * cardWidth + (count - 1) * CARD.gap;
  const widest = Math.max(2, ...rows.map(({ machines }) => machines.length));
  const places: Places = { width: widthOfRow(widest) + 4 * EDGE, bottom: 0, cards: [], pills: [], links: [] };
  let y = top;
  for (const row of rows) {
    const left = (places.width - widthOfRow(row.machines.length)) / 2;
    const xOf = (index: number) => left + index * (cardWidth + CARD.gap);
    const height = Math.max(...row.machines.map((machine) => cardHeight(machine, plan.parts, form)));
    const cardTop = row.floating.length > 0 ? y + PILL_HEIGHT + 46 : y;
    row.floating.forEach((floating, index) => {
      const place = index - (row.floating.length - 1) / 2;
      const text = pillText(floating, language);
      const w = widthOf(text, 'address') + 28;
      const ends = row.machines.flatMap(({ name, roles }, at) =>
        // Lines of several addresses end beside each other.
        roles.includes(floating.role) ? [{ name, x: xOf(at) + cardWidth / 2 + place * 48 }] : [],
      );
      const xs = ends.map((end) => end.x);
      const x = (Math.min(...xs) + Math.max(...xs)) / 2 + place * PILL_STEP[form];
      for (const end of ends) {
        const [from, to] = [
          { x, y: y + PILL_HEIGHT },
          { x: end.x, y: cardTop },
        ];
        const half = (from.y + to.y) / 2;
        places.links.push({
          address: floating.address,
          role: floating.role,
          machine: end.name,
          points: [from, { x: from.x, y: half }, { x: to.x, y: half }, to],
        });
      }
      const { address, role } = floating;
      places.pills.push({ address, role, text, x: x - w / 2, y, w, h: PILL_HEIGHT });
    });
    row.machines.forEach((machine, index) => {
      places.cards.push(cardPlace(machine, xOf(index), cardTop, height, plan, form));
    });
    y = cardTop + height + 34;
  }
  places.bottom = y;
  return places;
}

/** The machines of a topology in rows, the visitor's first, with the addresses that move between them. */
export function machinesScene(plan: Architecture, language: Language, wording: Wording = {}): Scene {
  const built = wording.built ?? [];
  const { width, bottom: y, cards, pills, links } = machinesPlaces(plan, language, 'tall');
  const { cidr, host } = plan.topology.network;
  // What a picture calls otherwise is no network of a lab.
  const switches = wording.network === undefined ? plan.topology.network.switches : [];
  // Each row's addresses, then its machines.
  const rows = [...new Set(cards.map((card) => card.y))];
  const shapes = rows.flatMap((top, index): Shape[] => [
    ...pills
      .filter((pill) => pill.y < top && pill.y > (rows[index - 1] ?? 0))
      .flatMap((pill): Shape[] => [
        { kind: 'box', look: 'pill', hue: HUES[pill.role], x: pill.x, y: pill.y, w: pill.w, h: pill.h },
        {
          kind: 'text',
          look: 'address',
          hue: HUES[pill.role],
          x: pill.x + pill.w / 2,
          y: pill.y + 20,
          text: pill.text,
          anchor: 'middle',
        },
      ]),
    ...cards
      .filter((card) => card.y === top)
      .flatMap((card) =>
        cardShapes(
          ...([card, built, language] as const),
          wording.note?.(card.machine) ?? sizeNote(card, language),
          wording.note ? [] : switches,
        ),
      ),
  ]);
  const network =
    wording.network ??
    {
      en: `lab network ${cidr}; your computer is ${host} on it`,
      fr: `réseau du labo ${cidr} ; votre ordinateur y est ${host}`,
    }[language];
  const title =
    wording.title ??
    {
      en: `Machines of the topology ${plan.topology.name}`,
      fr: `Machines de la topologie ${plan.topology.name}`,
    }[language];
  const legends = [
    ...(links.length > 0 ? [(at: number) => legend(['holds'], EDGE + 4, at, language)] : []),
    ...(built.length > 0 ? [(at: number) => legendOfBuilt(EDGE + 4, at, language)] : []),
  ];
  return {
    width,
    // As high with one line of explanations as without any.
    height: y + 22 + Math.max(1, legends.length) * LEGEND,
    title,
    shapes: [
      { kind: 'text', look: 'title', x: EDGE, y: 34, text: title },
      { kind: 'box', look: 'network', x: EDGE, y: 52, w: width - 2 * EDGE, h: y - 52 },
      { kind: 'text', look: 'small', x: EDGE + 16, y: 76, text: network },
      ...switchShapes(switches, width - EDGE - 16, 58, language),
      ...links.map(({ role, points }): Shape => ({ kind: 'line', style: 'holds', hue: HUES[role], points })),
      ...shapes,
      ...legends.flatMap((draw, index) => draw(y + 26 + index * LEGEND)),
    ],
  };
}
