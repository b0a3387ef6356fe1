import { createHash } from 'node:crypto';
import { HOST, type MachineFacts } from '../checks/probe.ts';
import { sentencesOf } from '../dossier/model.ts';
import { understand } from '../dossier/read.ts';
import { markOf } from '../session/start.ts';
import type { Bundle } from './bundle.ts';
import { dossierIn } from './dossier.ts';
import type { Flag, Report } from './flag.ts';

/** A student as the teacher knows him: his marks follow from his identifier, and from his code where there is one. */
export interface Known {
  student: string;
  code?: string | undefined;
}

/** What every machine says of itself with every collection. */
const SAID = ['hostname', 'boot', 'machine_id', 'now'] as const;

/** Machines of a bundle that said something. */
const answered = ({ content }: Bundle): [string, MachineFacts][] =>
  Object.entries(content.facts.machines).filter(
    ([name, { state }]) => name !== HOST && (state === 'answered' || state === 'late'),
  );

const namesOf = (machines: [string, MachineFacts][]): string => machines.map(([name]) => name).join(', ');

/**
 * Whose machines the facts are of: each says who it is, and carries a mark that belongs to one student. `added`: machines that `lab scale`
 * makes, which carry none.
 */
export function identityFlags(
  bundle: Bundle,
  known: Known[],
  added: ReadonlySet<string>,
  flag: Report,
): void {
  const machines = answered(bundle);
  const nameless = machines.filter(
    ([name, { identity }]) => SAID.some((word) => !identity[word]) || identity.hostname !== name,
  );
  if (nameless.length > 0)
    flag(
      'mark',
      `these machines do not say who they are: ${namesOf(nameless)}`,
      `ces machines ne disent pas qui elles sont : ${namesOf(nameless)}`,
    );
  const { student } = bundle.content;
  if (student === undefined) return;
  const code = known.find((other) => other.student === student)?.code;
  const foreign = machines.filter(
    ([name, { identity }]) =>
      identity.mark !== markOf(student, name, code) && (identity.mark || !added.has(name)),
  );
  if (foreign.length === 0) return;
  const owner = known.find((other) =>
    foreign.some(([name, { identity }]) => identity.mark === markOf(other.student, name, other.code)),
  );
  if (owner !== undefined)
    flag(
      'copied',
      `the machines are those of ${owner.student} (${namesOf(foreign)})`,
      `les machines sont celles de ${owner.student} (${namesOf(foreign)})`,
    );
  else
    flag(
      'mark',
      `the machines do not carry the student's mark (${namesOf(foreign)})`,
      `les machines ne portent pas la marque de l'étudiant (${namesOf(foreign)})`,
    );
}

/** What no two labs have in common, in both languages. */
const OWN = {
  key: { en: 'its key', fr: 'sa clé' },
  boot: { en: 'a boot', fr: 'un démarrage' },
  machine_id: { en: 'a machine-id', fr: 'un machine-id' },
  host_key: { en: 'an SSH host key', fr: "une clé d'hôte SSH" },
  galera: { en: 'a Galera group (UUID)', fr: 'un groupe Galera (UUID)' },
  drbd: { en: 'a DRBD generation', fr: 'une génération DRBD' },
  dossier: { en: 'the sentences of its dossier', fr: 'les phrases de son dossier' },
};

type Own = keyof typeof OWN;

/** Values that say nothing: not made yet. */
const EMPTY = /^(0|-)*4?$/;

/** So many sentences that are all alike are nobody's own. */
const TELLING = 5;

/** What the student's dossier says in his own words. */
function sentencesIn(bundle: Bundle): string[] {
  const read = understand(dossierIn(bundle)?.text ?? '', '');
  return Array.isArray(read) ? [] : sentencesOf(read.dossier);
}

/** What a bundle has that no other lab can have, each once. */
function identitiesOf(bundle: Bundle): { kind: Own; value: string }[] {
  const found = new Map<string, { kind: Own; value: string }>([['key', { kind: 'key', value: bundle.key }]]);
  for (const [, { identity }] of answered(bundle))
    for (const kind of ['boot', 'machine_id', 'host_key', 'galera', 'drbd'] as const) {
      // The last digit of a generation says who may write.
      const value = kind === 'drbd' ? identity.drbd?.slice(0, -1) : identity[kind];
      if (value && !EMPTY.test(value)) found.set(`${kind} ${value}`, { kind, value });
    }
  const sentences = sentencesIn(bundle);
  if (sentences.length >= TELLING)
    found.set('dossier', {
      kind: 'dossier',
      value: createHash('sha256').update(sentences.join('\n')).digest('hex'),
    });
  return [...found.values()];
}

/**
 * Bundles of different students that have in common what no two labs have; by the bundle, since files in different folders may have one
 * name. Of two, the one is flagged that is in doubt for another reason; both when that tells nothing. `doubtful`: bundles that are.
 */
export function sharedFlags(bundles: Bundle[], doubtful: ReadonlySet<Bundle>): Map<Bundle, Flag> {
  const having = new Map<string, Bundle[]>();
  for (const bundle of bundles)
    for (const { kind, value } of identitiesOf(bundle)) {
      const id = `${kind} ${value}`;
      having.set(id, [...(having.get(id) ?? []), bundle]);
    }
  const flags = new Map<Bundle, Flag>();
  for (const bundle of bundles) {
    const shared = new Map<Bundle, Set<Own>>();
    for (const { kind, value } of identitiesOf(bundle))
      for (const other of having.get(`${kind} ${value}`) ?? [])
        if (other.content.student !== bundle.content.student && accused(bundle, other, doubtful))
          shared.set(other, (shared.get(other) ?? new Set()).add(kind));
    if (shared.size > 0) flags.set(bundle, sharedFlag(shared));
  }
  return flags;
}

const accused = (bundle: Bundle, other: Bundle, doubtful: ReadonlySet<Bundle>): boolean =>
  doubtful.has(bundle) || !doubtful.has(other);

function sharedFlag(shared: Map<Bundle, Set<Own>>): Flag {
  const kinds = [...new Set([...shared.values()].flatMap((kinds) => [...kinds]))];
  const files = [...shared.keys()].map(({ file }) => file).join(', ');
  return {
    kind: 'copied',
    text: {
      en: `shares ${kinds.map((kind) => OWN[kind].en).join(', ')} with ${files}`,
      fr: `partage ${kinds.map((kind) => OWN[kind].fr).join(', ')} avec ${files}`,
    },
  };
}
