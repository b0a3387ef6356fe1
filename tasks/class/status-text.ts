import { say, type Text, table } from '../base/text.ts';
import type { Condition, LabStatus } from './state.ts';

/** A condition in words, for a table. */
export const CONDITIONS: Record<Condition, Text> = {
  waiting: { en: 'waits for a place', fr: 'attend une place' },
  delayed: { en: 'its server was lost', fr: 'son serveur est perdu' },
  held: { en: 'held back', fr: 'retenu' },
  ending: { en: 'is ending', fr: 'se termine' },
  turn: { en: 'waits for its turn', fr: 'attend son tour' },
  starting: { en: 'starts', fr: 'démarre' },
  running: { en: 'runs', fr: 'tourne' },
  saving: { en: 'saves and ends', fr: 'se sauvegarde' },
  ended: { en: 'saved and ended', fr: 'sauvegardé, arrêté' },
  failed: { en: 'did not start', fr: 'n’a pas démarré' },
  idle: { en: 'saved, was not used', fr: 'sauvegardé, inutilisé' },
  lost: { en: 'was cut off', fr: 'coupé' },
  absent: { en: 'not started', fr: 'pas démarré' },
};

/** A length of time as people say it, from seconds: 45 s, 12 min, 3 h. */
export function ago(seconds: number): string {
  if (seconds < 60) return `${Math.max(0, Math.round(seconds))} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min`;
  return seconds < 86_400 ? `${Math.floor(seconds / 3600)} h` : `${Math.floor(seconds / 86_400)} d`;
}

/** The lines of `lab class status`; `now`: ms since 1970. */
export function statusLines(all: LabStatus[], avoid: string[], now: number): string[] {
  const since = (time: number | undefined) => (time === undefined ? '' : ago(now / 1000 - time));
  const head = [
    say({ en: 'STUDENT', fr: 'ÉTUDIANT' }),
    say({ en: 'NAME', fr: 'NOM' }),
    say({ en: 'STATE', fr: 'ÉTAT' }),
    say({ en: 'SERVER', fr: 'SERVEUR' }),
    'LAB',
    say({ en: 'STEPS', fr: 'ÉTAPES' }),
    say({ en: 'AT THIS STEP', fr: 'À CETTE ÉTAPE' }),
    say({ en: 'CHECKED', fr: 'VÉRIFIÉ' }),
    say({ en: 'FAULTS', fr: 'PANNES' }),
    say({ en: 'SAVED', fr: 'SAUVÉ' }),
    say({ en: 'NOTE', fr: 'NOTE' }),
  ];
  const rows = all.map((lab) => [
    lab.student,
    lab.name.slice(0, 24),
    say(CONDITIONS[lab.condition]) + ((lab.restarts ?? 0) > 0 ? ` (${lab.restarts})` : ''),
    lab.server ?? '',
    lab.lab ?? '',
    lab.steps === undefined ? '' : `${lab.passed ?? 0}/${lab.steps}`,
    since(lab.progressed),
    since(lab.checked),
    lab.faults ? String(lab.faults) : '',
    since(lab.saved),
    lab.note ?? '',
  ]);
  const drained =
    avoid.length > 0
      ? [
          say({
            en: `The class keeps away from: ${avoid.join(', ')}.`,
            fr: `La classe évite : ${avoid.join(', ')}.`,
          }),
        ]
      : [];
  return [...table([head, ...rows]), '', ...drained, summaryLine(all)];
}

/** How many labs are in which condition, and how many each server has. */
export function summaryLine(all: LabStatus[]): string {
  const counted = <T extends string>(words: T[]) => {
    const counts = new Map<T, number>();
    for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1);
    return [...counts];
  };
  const conditions = counted(all.map(({ condition }) => condition)).map(
    ([word, count]) => `${count} ${say(CONDITIONS[word])}`,
  );
  const servers = counted(all.flatMap(({ server }) => server ?? []))
    .sort(([a], [b]) => a.localeCompare(b, 'en', { numeric: true }))
    .map(([server, count]) => `${server} ${count}`);
  const where = servers.length > 0 ? ` (${servers.join(', ')})` : '';
  return `${all.length} ${say({ en: 'labs', fr: 'labs' })}: ${conditions.join(', ')}${where}`;
}
