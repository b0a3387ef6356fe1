import type { Architecture, Part } from '../architecture/describe.ts';
import type { Floating, Machine, RoleName } from '../topology/model.ts';
import type { Language } from '../ui/text.ts';
import { HUES, legend, NAMES, software } from './look.ts';
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
const CARD = { width: 292, gap: 44, padding: 14, line: 18 };
const EDGE = 28;
const PILL_HEIGHT = 30;
/** Between the middles of two addresses of one row. */
const PILL_STEP = 220;
const ROLE_COLUMN = 10;

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
  for (const group of [...alike.values()].flatMap((one) => evenly(one, MOST_IN_A_ROW))) {
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
      floating: Object.values(topology.floating).flatMap((one) =>
        one && machines.some(({ roles }) => roles.includes(one.role)) ? [one] : [],
      ),
    }));
}

/** What a card says of one role: its name, then its software in one or more lines. */
const roleLines = (part: Part): string[] =>
  wrap(software(part).join(', '), 'small', CARD.width - 2 * CARD.padding - ROLE_COLUMN - 8);

function cardHeight(machine: Machine, parts: Part[]): number {
  const lines = parts
    .filter(({ role }) => machine.roles.includes(role))
    .reduce((sum, part) => sum + (1 + roleLines(part).length) * CARD.line + 8, 0);
  return 56 + lines + 6;
}

function card(
  machine: Machine,
  x: number,
  y: number,
  height: number,
  plan: Architecture,
  language: Language,
): Shape[] {
  const mib = { en: 'MiB', fr: 'Mio' }[language];
  const disk = machine.disk
    ? { en: `, second disk ${machine.disk} MiB`, fr: `, second disque ${machine.disk} Mio` }[language]
    : '';
  const left = x + CARD.padding;
  const right = x + CARD.width - CARD.padding;
  const shapes: Shape[] = [
    { kind: 'box', look: 'card', x, y, w: CARD.width, h: height },
    { kind: 'text', look: 'name', x: left, y: y + 25, text: machine.name },
    { kind: 'text', look: 'address', x: right, y: y + 25, text: machine.address, anchor: 'end' },
    { kind: 'text', look: 'small', x: left, y: y + 44, text: `${machine.memory} ${mib}${disk}` },
  ];
  let at = y + 56;
  for (const part of plan.parts.filter(({ role }) => machine.roles.includes(role))) {
    const hue = HUES[part.role];
    const lines = roleLines(part);
    const height = (1 + lines.length) * CARD.line + 2;
    shapes.push({ kind: 'box', look: 'mark', hue, x: left, y: at + 2, w: 4, h: height - 2 });
    shapes.push({
      kind: 'text',
      look: 'body',
      hue,
      x: left + ROLE_COLUMN,
      y: at + 14,
      text: NAMES[part.role][language],
    });
    const votes = plan.votes.some(({ voters }) =>
      voters.some((one) => one.machine === machine.name && one.role === part.role),
    );
    if (votes) {
      const text = { en: '1 vote', fr: '1 voix' }[language];
      shapes.push({ kind: 'text', look: 'badge', hue, x: right, y: at + 14, text, anchor: 'end' });
    }
    lines.forEach((text, line) => {
      shapes.push({
        kind: 'text',
        look: 'small',
        x: left + ROLE_COLUMN,
        y: at + 14 + (line + 1) * CARD.line,
        text,
      });
    });
    at += height + 6;
  }
  return shapes;
}

const pillText = ({ address, role }: Floating, language: Language) => `${address}  ${NAMES[role][language]}`;

/** The machines of a topology in rows, the visitor's first, with the addresses that move between them. */
export function machinesScene(plan: Architecture, language: Language): Scene {
  const rows = rowsOf(plan);
  const widthOfRow = (count: number) => count * CARD.width + (count - 1) * CARD.gap;
  const widest = Math.max(2, ...rows.map(({ machines }) => machines.length));
  const width = widthOfRow(widest) + 4 * EDGE;
  const { cidr, host } = plan.topology.network;
  const back: Shape[] = [];
  const shapes: Shape[] = [];
  let y = 96;
  for (const row of rows) {
    const left = (width - widthOfRow(row.machines.length)) / 2;
    const xOf = (index: number) => left + index * (CARD.width + CARD.gap);
    const height = Math.max(...row.machines.map((machine) => cardHeight(machine, plan.parts)));
    const top = row.floating.length > 0 ? y + PILL_HEIGHT + 46 : y;
    row.floating.forEach((floating, index) => {
      const place = index - (row.floating.length - 1) / 2;
      const text = pillText(floating, language);
      const w = widthOf(text, 'address') + 28;
      const hue = HUES[floating.role];
      const ends = row.machines.flatMap(({ roles }, at) =>
        // Lines of several addresses end beside each other.
        roles.includes(floating.role) ? [xOf(at) + CARD.width / 2 + place * 48] : [],
      );
      const middle = (Math.min(...ends) + Math.max(...ends)) / 2;
      const x = middle + place * PILL_STEP;
      for (const end of ends) {
        const [from, to] = [
          { x, y: y + PILL_HEIGHT },
          { x: end, y: top },
        ];
        const half = (from.y + to.y) / 2;
        back.push({
          kind: 'line',
          style: 'holds',
          hue,
          points: [from, { x: from.x, y: half }, { x: to.x, y: half }, to],
        });
      }
      shapes.push({ kind: 'box', look: 'pill', hue, x: x - w / 2, y, w, h: PILL_HEIGHT });
      shapes.push({ kind: 'text', look: 'address', hue, x, y: y + 20, text, anchor: 'middle' });
    });
    row.machines.forEach((machine, index) => {
      shapes.push(...card(machine, xOf(index), top, height, plan, language));
    });
    y = top + height + 34;
  }
  const network = {
    en: `lab network ${cidr}; your computer is ${host} on it`,
    fr: `réseau du labo ${cidr} ; votre ordinateur y est ${host}`,
  }[language];
  const title = {
    en: `Machines of the topology ${plan.topology.name}`,
    fr: `Machines de la topologie ${plan.topology.name}`,
  }[language];
  return {
    width,
    height: y + 44,
    title,
    shapes: [
      { kind: 'text', look: 'title', x: EDGE, y: 34, text: title },
      { kind: 'box', look: 'network', x: EDGE, y: 52, w: width - 2 * EDGE, h: y - 52 },
      { kind: 'text', look: 'small', x: EDGE + 16, y: 76, text: network },
      ...back,
      ...shapes,
      ...(Object.keys(plan.topology.floating).length > 0
        ? legend(['holds'], EDGE + 4, y + 26, language)
        : []),
    ],
  };
}
