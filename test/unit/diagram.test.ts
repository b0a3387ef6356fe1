import { join } from 'node:path';
import { expect } from 'chai';
import { describe as describeLab } from '../../tasks/architecture/describe.ts';
import { flowsScene } from '../../tasks/architecture/flows.ts';
import { machinesScene } from '../../tasks/architecture/machines.ts';
import { draw, FORMAT_NAMES, PICTURE_NAMES } from '../../tasks/architecture/pictures.ts';
import { type Scene, type Shape, widthOf } from '../../tasks/architecture/scene.ts';
import { DARK, LIGHT, type Theme, toSvg } from '../../tasks/architecture/svg.ts';
import { DIAGRAM_FORMATS, PICTURES } from '../../tasks/cli/kit.ts';
import { readRoles } from '../../tasks/roles/roles.ts';
import { loadTopology, parseTopology } from '../../tasks/topology/load.ts';
import type { Topology } from '../../tasks/topology/model.ts';

const root = join(import.meta.dirname, '../..');
const roles = readRoles(root);

const webs = Array.from(
  { length: 9 },
  (_, at) => `  web${at + 1}: { address: 10.0.2.${21 + at}, roles: [web] }`,
);
const WIDE = `name: wide
network: { cidr: 10.0.2.0/24, host: 10.0.2.1 }
floating: { front: { address: 10.0.2.10, role: lb } }
machines:
  lb1: { address: 10.0.2.11, roles: [lb] }
  lb2: { address: 10.0.2.12, roles: [lb] }
${webs.join('\n')}
`;

type Box = Extract<Shape, { kind: 'box' }>;
const boxes = ({ shapes }: Scene, look: Box['look']) =>
  shapes.filter((shape): shape is Box => shape.kind === 'box' && shape.look === look);
const apart = (a: Box, b: Box) =>
  a.x + a.w <= b.x || b.x + b.w <= a.x || a.y + a.h <= b.y || b.y + b.h <= a.y;

/** Texts that leave the picture, or the card that they begin in. */
function outside(scene: Scene): string[] {
  const cards = boxes(scene, 'card');
  return scene.shapes.flatMap((shape) => {
    if (shape.kind !== 'text') return [];
    const width = widthOf(shape.text, shape.look);
    const left = shape.x - { start: 0, middle: width / 2, end: width }[shape.anchor ?? 'start'];
    const card = cards.find(
      ({ x, y, w, h }) => shape.x > x && shape.x < x + w && shape.y > y && shape.y < y + h,
    );
    const [from, to] = card && shape.look !== 'label' ? [card.x, card.x + card.w] : [0, scene.width];
    return left >= from && left + width <= to && shape.y < scene.height ? [] : [shape.text];
  });
}

/** Contrast of two colours as WCAG counts it. */
function contrast(a: string, b: string): number {
  const luminance = (colour: string) => {
    const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
      const value = Number.parseInt(colour.slice(at, at + 2), 16) / 255;
      return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const [light = 0, dark = 0] = [luminance(a), luminance(b)].sort((x, y) => y - x);
  return (light + 0.05) / (dark + 0.05);
}

describe('pictures of a topology', () => {
  const topologies = new Map<string, Topology>();
  before(async () => {
    for (const name of ['seven', 'spread']) topologies.set(name, await loadTopology(name, root));
    topologies.set('wide', parseTopology(WIDE, 'wide.yaml'));
  });
  const scenes = (name: string) => {
    const topology = topologies.get(name);
    if (!topology) throw new Error(name);
    const plan = describeLab(topology, roles);
    return (['en', 'fr'] as const).flatMap((language) => [
      machinesScene(plan, language),
      flowsScene(plan, language),
    ]);
  };

  for (const name of ['seven', 'spread', 'wide'])
    it(`${name}: cards do not cover each other, and no text leaves its card or the picture`, () => {
      for (const scene of scenes(name)) {
        const cards = boxes(scene, 'card');
        for (const [index, card] of cards.entries())
          for (const other of cards.slice(index + 1)) expect(apart(card, other), scene.title).to.equal(true);
        expect(outside(scene), scene.title).to.deep.equal([]);
      }
    });

  it('every machine and floating address is in the picture, and machines alike stand together', () => {
    const [scene] = scenes('spread');
    const spread = topologies.get('spread');
    if (!scene || !spread) throw new Error('spread');
    const texts = scene.shapes.flatMap((shape) => (shape.kind === 'text' ? [shape.text] : []));
    for (const { name, address } of spread.machines) expect(texts).to.include.members([name, address]);
    const pills = texts.filter((text) => /^10\.0\.2\.\d+ {2}/.test(text));
    expect(pills).to.have.length(Object.keys(spread.floating).length);
    const rowOf = (name: string) =>
      scene.shapes.find((shape) => shape.kind === 'text' && shape.look === 'name' && shape.text === name);
    const row = (name: string) => (rowOf(name) as { y: number } | undefined)?.y;
    expect(row('nas1')).to.equal(row('nas2'));
    expect(row('db1')).to.equal(row('db2'));
  });

  it('many machines of one kind are several rows', () => {
    const [scene] = scenes('wide');
    if (!scene) throw new Error('wide');
    expect(new Set(boxes(scene, 'card').map(({ y }) => y)).size).to.equal(4);
  });

  it('both sides of a vote are one line with two heads', () => {
    const [, scene] = scenes('seven');
    const both = scene?.shapes.filter((shape) => shape.kind === 'line' && shape.arrow === 'both');
    expect(both).to.have.length(1);
  });

  const themes: [string, Theme][] = [
    ['light', LIGHT],
    ['dark', DARK],
  ];
  for (const [name, theme] of themes)
    it(`${name}: every text can be read (contrast of 4.5 and more)`, () => {
      for (const ground of [theme.paper, theme.card, theme.network])
        for (const colour of [theme.text, theme.faint]) expect(contrast(colour, ground)).to.be.above(4.5);
      for (const [hue, { ink, ground }] of Object.entries(theme.hues))
        for (const paper of [theme.paper, theme.card, ground])
          expect(contrast(ink, paper), `${hue} ${ink} on ${paper}`).to.be.above(4.5);
    });

  it('the SVG needs nothing else, follows the reader’s setting and escapes what it is given', () => {
    const scene: Scene = {
      width: 10,
      height: 10,
      title: 'a < b & "c"',
      shapes: [{ kind: 'text', look: 'body', x: 1, y: 1, text: '<script>' }],
    };
    const svg = toSvg(scene);
    expect(svg).to.include('prefers-color-scheme:dark').and.include('a &lt; b &amp;');
    expect(svg).to.not.include('<script>');
    for (const name of PICTURE_NAMES) {
      const topology = topologies.get('seven');
      if (!topology) throw new Error('seven');
      const text = draw(name, 'svg', topology, roles, 'fr');
      expect(text).to.not.match(/NaN|undefined|url\(|href/);
    }
  });

  it('Mermaid names every machine or role once, with names it can read', () => {
    const topology = topologies.get('seven');
    if (!topology) throw new Error('seven');
    const machines = draw('machines', 'mermaid', topology, roles, 'en');
    expect([...machines.matchAll(/^ {4}(\w+)\[/gm)].map((match) => match[1])).to.deep.equal(
      topology.machines.map(({ name }) => name),
    );
    const flows = draw('flows', 'mermaid', topology, roles, 'en');
    expect(flows).to.include('web -->|"3306/tcp"| router').and.include('quorum_device[');
    expect(flows).to.not.include('quorum-device');
  });

  it('the command offers the pictures and formats that there are', () => {
    expect(PICTURES).to.deep.equal([...PICTURE_NAMES]);
    expect(DIAGRAM_FORMATS).to.deep.equal([...FORMAT_NAMES]);
  });
});
