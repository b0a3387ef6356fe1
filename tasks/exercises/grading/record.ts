import type { LabChecks } from '../checks/judge.ts';
import { historyAnswer, kitProbes } from '../checks/kit.ts';
import { type Facts, factsDigest, HOST, type MachineFacts, probeKey } from '../checks/probe.ts';
import { HINT_READ } from '../guides/ids.ts';
import type { LabGuide } from '../guides/model.ts';
import { doneByKit, provenanceOf } from '../state/provenance.ts';
import { anchorOf, type HistoryEntry, historyFlaws } from '../state/state.ts';
import type { Bundle } from './bundle.ts';
import type { BundleContent } from './content.ts';
import type { Report } from './flag.ts';

/** The check that a bundle was made by, in its history: where it is; -1 when it is not there. */
const checkOf = ({ facts, history }: BundleContent): number => {
  const digest = factsDigest(facts);
  return history.findLastIndex((entry) => entry.kind === 'check' && entry.facts === digest);
};

/** When a bundle was made by its own record; undefined when that has no check of these facts. */
export const checkedAt = (content: BundleContent): string | undefined =>
  content.history[checkOf(content)]?.at;

/** The history as it was when the bundle's machines were asked. */
const historyBefore = (content: BundleContent): HistoryEntry[] => {
  const check = checkOf(content);
  return check < 0 ? content.history : content.history.slice(0, check);
};

/**
 * The facts with what the kit recorded of starts, steps and incidents taken from the history: what the bundle says of them beside counts
 * for nothing.
 */
export function factsOfRecord(content: BundleContent, checks: LabChecks[]): Facts {
  const { facts } = content;
  const host = facts.machines[HOST];
  if (!host) return facts;
  const history = historyBefore(content);
  const answers = Object.fromEntries(
    kitProbes(checks.flatMap(({ expectations }) => [...expectations.values()].flat())).flatMap((probe) => {
      const answer = historyAnswer(probe, history);
      return answer === undefined ? [] : [[probeKey(probe), { code: 0, out: JSON.stringify(answer) }]];
    }),
  ) as MachineFacts['answers'];
  return {
    ...facts,
    machines: { ...facts.machines, [HOST]: { ...host, answers: { ...host.answers, ...answers } } },
  };
}

/**
 * What is wrong with the record of a lab: its beginning, its chain, what the machines remember of it, and the check that the bundle was
 * made by. `labs`: those that it is judged for; `added`: machines that `lab scale` makes, which remember nothing.
 */
export function recordFlags(
  bundle: Bundle,
  labs: LabGuide[],
  added: ReadonlySet<string>,
  flag: Report,
): void {
  const { content } = bundle;
  const { history } = content;
  const first = history.find(({ kind }) => kind === 'record');
  const flaw = (en: string, fr: string) => flag('history', en, fr);
  const flaws = historyFlaws(history);
  if (flaws.length > 0)
    flaw(`its history was changed: ${flaws[0]}`, `son historique a été modifié : ${flaws[0]}`);
  if (!first) flaw('its record lacks the beginning', 'il manque le début de son registre');
  else if (first.what !== bundle.key)
    flag(
      'key',
      'signed with another key than the one that its record began with',
      'signé avec une autre clé que celle avec laquelle son registre a commencé',
    );
  const unstarted = labs.filter(
    ({ id }) =>
      !history.some((entry) => ['start', 'begin', 'restore'].includes(entry.kind) && entry.what === id),
  );
  if (unstarted.length > 0) {
    const ids = unstarted.map(({ id }) => id).join(', ');
    flaw(`its record has no \`lab start\` of ${ids}`, `son registre n'a pas de \`lab start\` de ${ids}`);
  }
  if (checkOf(content) < 0)
    flaw(
      'its record has no check that found these facts',
      "son registre n'a pas de vérification qui ait trouvé ces faits",
    );
  forgotten(content, added, flaw);
}

/** Entries that machines remember and the record does not have any more; and machines that remember none. */
function forgotten(
  { facts, history }: BundleContent,
  added: ReadonlySet<string>,
  flaw: (en: string, fr: string) => void,
): void {
  const known = new Set(history.map(anchorOf));
  const machines = Object.entries(facts.machines).filter(
    ([name, { state }]) => name !== HOST && (state === 'answered' || state === 'late'),
  );
  const anchors = ({ identity }: MachineFacts) => (identity.record ?? '').split(' ').filter(Boolean);
  const others = machines.filter(([, machine]) => anchors(machine).some((anchor) => !known.has(anchor)));
  const empty = machines.filter(([name, machine]) => anchors(machine).length === 0 && !added.has(name));
  if (others.length > 0) {
    const names = others.map(([name]) => name).join(', ');
    flaw(
      `entries were taken out of its record that ${names} remember`,
      `des entrées ont été ôtées de son registre, dont ${names} se souviennent`,
    );
  }
  if (empty.length > 0) {
    const names = empty.map(([name]) => name).join(', ');
    flaw(`${names} remember nothing of its record`, `${names} ne se souviennent de rien de son registre`);
  }
}

/** What the kit did in the student's place since the lab began, or to machines that are not those of the lab's start. */
export function solvedFlags(content: BundleContent, labs: LabGuide[], flag: Report): void {
  const provenance = provenanceOf(historyBefore(content));
  for (const { id, needs } of labs) {
    // What was done on machines is none of a lab without.
    if (needs.machines === 'none') continue;
    const done = doneByKit(provenance, id, needs.bare);
    if (done.length === 0) continue;
    const [en, fr] = [done.map((text) => text.en).join(', '), done.map((text) => text.fr).join(', ')];
    flag('solved', `not the student's work alone: ${en}`, `pas le seul travail de l'étudiant : ${fr}`);
  }
}

/** Hints that were read, by the record; each level counts. */
export function hintsIn(history: HistoryEntry[]): number {
  const levels = new Map<string, number>();
  for (const { kind, what } of history) {
    const [, step, level] = (kind === 'hint' && HINT_READ.exec(what)) || [];
    if (step) levels.set(step, Math.max(levels.get(step) ?? 0, Number(level)));
  }
  return [...levels.values()].reduce((total, level) => total + level, 0);
}
