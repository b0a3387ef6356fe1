import { NAMES } from '../../architecture/look.ts';
import { label, languageOfRun, say, type Text, table } from '../../base/text.ts';
import { CONCERN_WORDS, type Finding } from './finding.ts';
import { goneWithout, singlePoints, visitorsOf } from './losses.ts';
import { CONCERNS, type Dossier, type GROWTH } from './model.ts';
import { type Alarms, drawDossier } from './picture.ts';
import type { ReadDossier } from './read.ts';
import { KIND_WORDS, outageWords, SINGLE_POINT, takersWords } from './words.ts';

/** A cell of a table; `mark` says how it stands. */
export interface Cell {
  text: string;
  mark?: 'well' | 'wrong' | 'open';
}

export interface Table {
  head: string[];
  rows: Cell[][];
}

/** A part of the page about a dossier. */
export interface Part {
  title: string;
  text?: string;
  pictures?: { alt: string; source: string }[];
  table?: Table;
  list?: string[];
}

const plain = (text: string | undefined): Cell => ({ text: text ?? '' });
const said = (text: Text): Cell => ({ text: say(text) });

/** What is gone without an element of the hardware. */
function goneCell(dossier: Dossier, name: string): Cell {
  if (visitorsOf(dossier).has(name)) return plain('–');
  const { components, votes } = goneWithout(dossier, name);
  const lost = [
    ...components,
    ...votes.map(({ group, left, of }) =>
      say({ en: `${group}: ${left} of ${of} votes`, fr: `${group} : ${left} voix sur ${of}` }),
    ),
  ];
  return lost.length === 0
    ? { ...said({ en: 'nothing', fr: 'rien' }), mark: 'well' }
    : { text: lost.join(', '), mark: 'wrong' };
}

const LOSS_HEAD: Text[] = [
  { en: 'takes over', fr: 'prend le relais' },
  { en: 'noticed', fr: 'remarqué par' },
  { en: 'predicted outage', fr: 'interruption prédite' },
];

/** Each element of the hardware; with `tell`, what is said of its loss, and what is gone without it. */
export function hardwareTable(dossier: Dossier, { tell = true } = {}): Table {
  const head: Text[] = [
    { en: 'element', fr: 'élément' },
    { en: 'kind', fr: 'sorte' },
    { en: 'address', fr: 'adresse' },
    ...(tell ? LOSS_HEAD : []),
    ...(tell ? [{ en: 'gone without it', fr: 'disparaît sans lui' }] : []),
  ];
  const visitors = visitorsOf(dossier);
  const rows = Object.entries(dossier.hardware).map(([name, element]) => {
    const own = [plain(name), said(KIND_WORDS[element.kind ?? 'machine']), plain(element.address)];
    const loss = visitors.has(name)
      ? [plain('–'), plain('–'), plain('–')]
      : [said(takersWords(element['takes-over'])), plain(element.noticed), said(outageWords(element.outage))];
    return tell ? [...own, ...loss, goneCell(dossier, name)] : own;
  });
  return { head: head.map(say), rows };
}

const GROWTH_WORDS: Record<(typeof GROWTH)[number], Text> = {
  machines: { en: 'more machines', fr: 'plus de machines' },
  size: { en: 'bigger machines', fr: 'des machines plus grosses' },
  no: { en: 'not needed', fr: 'pas nécessaire' },
};

/** Each component, with where it runs and what it asks; with `tell`, what is said of its loss. */
export function componentsTable(dossier: Dossier, { tell = true } = {}): Table {
  const head: Text[] = [
    { en: 'component', fr: 'composant' },
    { en: 'role', fr: 'rôle' },
    { en: 'software', fr: 'logiciel' },
    { en: 'runs on', fr: 'tourne sur' },
    { en: 'uses', fr: 'utilise' },
    ...(tell ? [...LOSS_HEAD, { en: 'more load', fr: 'plus de charge' }] : []),
  ];
  const rows = Object.entries(dossier.components).map(([name, component]) => {
    const { role, software, on = [], uses = [], address, grows } = component;
    const isVisitor = role === 'client';
    const loss = isVisitor
      ? [plain('–'), plain('–'), plain('–'), plain('–')]
      : [
          said(takersWords(component['takes-over'])),
          plain(component.noticed),
          said(outageWords(component.outage)),
          grows ? said(GROWTH_WORDS[grows]) : plain('?'),
        ];
    return [
      plain(name),
      role ? said(NAMES[role]) : plain('?'),
      plain(software),
      plain([on.join(', '), ...(address ? [address] : [])].join('; ')),
      plain(uses.join(', ')),
      ...(tell ? loss : []),
    ];
  });
  return { head: head.map(say), rows };
}

const dataUri = (svg: string): string => `data:image/svg+xml;base64,${Buffer.from(svg).toString('base64')}`;

/** The pictures of a dossier: its machines, and who uses whom. */
export function pictureParts(dossier: Dossier, alarms?: Alarms): Part[] {
  const language = languageOfRun();
  const titles = {
    machines: { en: 'The architecture', fr: "L'architecture" },
    flows: { en: 'Who uses whom', fr: 'Qui utilise qui' },
  };
  return (['machines', 'flows'] as const).map((name) => ({
    title: say(titles[name]),
    pictures: [{ alt: say(titles[name]), source: dataUri(drawDossier(name, dossier, language, alarms)) }],
  }));
}

/** Findings as lines, each with where it stands in the file. */
export const findingLines = ({ file, lineOf }: ReadDossier, findings: Finding[]): string[] =>
  findings.map(({ at, text }) => {
    const place = `${file}:${lineOf(at)}`;
    return `${label({ en: place, fr: place })} ${say(text)}`;
  });

/** A table for a terminal. */
export const tableLines = ({ head, rows }: Table): string[] =>
  table([head.map((word) => word.toUpperCase()), ...rows.map((row) => row.map((cell) => cell.text))]);

/** What the page says of a dossier itself. */
export function dossierParts(dossier: Dossier, left: string[], alarms?: Alarms): Part[] {
  const named = Object.entries(dossier['single-points']);
  const single = [...singlePoints(dossier).keys()];
  return [
    ...(named.length === 0
      ? []
      : [
          {
            title: say({
              en: 'Single points of failure of the given drawing',
              fr: 'Points de défaillance uniques du schéma donné',
            }),
            table: {
              head: [say({ en: 'element', fr: 'élément' }), say({ en: 'why', fr: 'pourquoi' })],
              rows: named.map(([name, why]) => [plain(name), plain(why)]),
            },
          },
        ]),
    ...pictureParts(dossier, alarms),
    {
      title: say({ en: 'Hardware', fr: 'Matériel' }),
      text:
        single.length === 0
          ? say({
              en: 'By what the dossier says, the service survives the loss of any one of these.',
              fr: "D'après le dossier, le service survit à la perte de n'importe lequel de ces éléments.",
            })
          : `${label({ en: `${say(SINGLE_POINT)}s`, fr: 'Points de défaillance uniques' })} ${single.join(', ')}.`,
      table: hardwareTable(dossier),
    },
    { title: say({ en: 'Software', fr: 'Logiciels' }), table: componentsTable(dossier) },
    {
      title: say({ en: 'What the exercise asks for', fr: "Ce que demande l'énoncé" }),
      list: CONCERNS.map(
        (concern) => `${label(CONCERN_WORDS[concern])} ${(dossier.covers[concern] ?? ['?']).join(', ')}`,
      ),
    },
    ...(left.length === 0
      ? []
      : [{ title: say({ en: 'Still missing', fr: 'Ce qui manque encore' }), list: left }]),
  ];
}
