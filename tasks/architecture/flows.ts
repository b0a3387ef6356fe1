import { Graph, layout } from '@dagrejs/dagre';
import type { Language } from '../base/text.ts';
import type { Architecture, Flow, Part } from './describe.ts';
import { HUES, LINES, legend, legendOfBuilt, NAMES, software, type Wording } from './look.ts';
import { type LineStyle, type Point, type Scene, type Shape, widthOf } from './scene.ts';

const LINE = 18;
const PADDING = 14;
const EDGE = 28;
const TOP = 62;
/** Height of a line of explanations. */
const LEGEND = 22;
const ORDER: LineStyle[] = ['service', 'vote', 'copy', 'watch', 'time'];

/** Lines of a node: what it is, its address or machines, its software, what its machines say to each other. */
function linesOf(
  part: Part,
  language: Language,
): { text: string; look: 'name' | 'address' | 'small' | 'label' }[] {
  const { floating, machines } = part;
  const between = { en: 'between them:', fr: 'entre elles :' }[language];
  return [
    { text: NAMES[part.role][language], look: 'name' },
    ...(floating ? [{ text: floating.address, look: 'address' as const }] : []),
    { text: machines.map(({ name }) => name).join(', '), look: 'address' },
    { text: software(part).join(', '), look: 'small' },
    ...part.inner.map(({ kind, ports }) => ({
      text: `${between} ${ports.join(' ')} (${LINES[kind][language]})`,
      look: 'small' as const,
    })),
  ];
}

/** Ports in few lines: those of one protocol together. */
function labelOf({ ports }: Flow): string {
  const byProto = new Map<string, string[]>();
  for (const name of ports) {
    const [port = '', proto = ''] = name.split('/');
    byProto.set(proto, [...(byProto.get(proto) ?? []), port]);
  }
  return [...byProto]
    .map(([proto, list]) => (proto ? `${list.join(', ')}/${proto}` : list.join(', ')))
    .join('  ');
}

/** The flows as they are drawn: one line where both sides open the same port to each other. */
function drawn(flows: Flow[]): (Flow & { both: boolean })[] {
  // The clock is left out: every machine asks for it, and it explains nothing.
  const shown = flows.filter(({ kind }) => kind !== 'time');
  const isBack = (a: Flow, b: Flow) =>
    a.from === b.to && a.to === b.from && a.kind === b.kind && labelOf(a) === labelOf(b);
  return shown.flatMap((flow, index) => {
    const back = shown.findIndex((other) => isBack(flow, other));
    return back >= 0 && back < index ? [] : [{ ...flow, both: back >= 0 }];
  });
}

/** Who talks to whom, through which ports: roles as boxes, top down from the visitor. */
export function flowsScene(plan: Architecture, language: Language, wording: Wording = {}): Scene {
  const built = wording.built ?? [];
  const graph = new Graph({ multigraph: true });
  graph.setGraph({ rankdir: 'TB', nodesep: 46, ranksep: 64, edgesep: 34, marginx: EDGE, marginy: 8 });
  graph.setDefaultEdgeLabel(() => ({}));
  for (const part of plan.parts) {
    const lines = linesOf(part, language);
    const width = Math.max(...lines.map(({ text, look }) => widthOf(text, look))) + 2 * PADDING;
    graph.setNode(part.role, { width, height: lines.length * LINE + PADDING + 6 });
  }
  const flows = drawn(plan.flows);
  flows.forEach((flow, index) => {
    const label = {
      width: widthOf(labelOf(flow), 'label') + 8,
      height: 18,
      labelpos: 'c',
      weight: flow.kind === 'service' ? 4 : 1,
    };
    graph.setEdge(flow.from, flow.to, label, String(index));
  });
  layout(graph);
  const lines: Shape[] = [];
  const labels: Shape[] = [];
  flows.forEach((flow, index) => {
    const edge = graph.edge(flow.from, flow.to, String(index)) as { points: Point[]; x: number; y: number };
    const hue = HUES[flow.to];
    lines.push({
      kind: 'line',
      style: flow.kind,
      hue,
      arrow: flow.both ? 'both' : 'end',
      points: edge.points.map(({ x, y }) => ({ x, y: y + TOP })),
    });
    // What a student draws need not name ports.
    if (flow.ports.length === 0) return;
    labels.push({
      kind: 'text',
      look: 'label',
      hue,
      x: edge.x,
      y: edge.y + TOP + 4,
      text: labelOf(flow),
      anchor: 'middle',
    });
  });
  const nodes = plan.parts.flatMap((part): Shape[] => {
    const { x, y, width, height } = graph.node(part.role) as {
      x: number;
      y: number;
      width: number;
      height: number;
    };
    const [left, top] = [x - width / 2, y - height / 2 + TOP];
    return [
      {
        kind: 'box',
        look: built.includes(part.role) ? 'frame' : 'card',
        hue: HUES[part.role],
        x: left,
        y: top,
        w: width,
        h: height,
      },
      ...linesOf(part, language).map(
        ({ text, look }, line): Shape => ({
          kind: 'text',
          look: look === 'label' ? 'small' : look,
          ...(look === 'name' ? { hue: HUES[part.role] } : {}),
          x: left + PADDING,
          y: top + 22 + line * LINE,
          text,
        }),
      ),
    ];
  });
  const size = graph.graph() as { width: number; height: number };
  const title =
    wording.title ??
    {
      en: `Who talks to whom in the topology ${plan.topology.name}`,
      fr: `Qui parle à qui dans la topologie ${plan.topology.name}`,
    }[language];
  const below = size.height + TOP + 24;
  const used = ORDER.filter((style) => flows.some(({ kind }) => kind === style));
  return {
    width: Math.max(size.width, 560),
    height: below + 20 + (built.length > 0 ? LEGEND : 0),
    title,
    shapes: [
      { kind: 'text', look: 'title', x: EDGE, y: 34, text: title },
      ...lines,
      ...nodes,
      ...labels,
      ...legend(used, EDGE, below, language),
      ...(built.length > 0 ? legendOfBuilt(EDGE, below + LEGEND, language) : []),
    ],
  };
}
