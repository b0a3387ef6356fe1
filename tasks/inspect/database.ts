import type { Text } from '../base/text.ts';
import { type Undecided, unreadablePosition } from '../environment/provision/undecided.ts';
import type { EnvironmentStatus } from './status.ts';

const otherHistory = (names: string[]): Undecided => ({
  what: {
    en: `the data of ${names.join(' and ')} have different histories, and no database starts a group`,
    fr: `les données de ${names.join(' et ')} ont des histoires différentes, et aucune base ne démarre de groupe`,
  },
  how: {
    en: '`galera_new_cluster` on the machine whose data shall count; the other one then takes a full copy of it (docs/database.md, "Start from cold").',
    fr: '`galera_new_cluster` sur la machine dont les données doivent compter ; l\'autre en prend alors une copie complète (docs/database.md, "Start from cold").',
  },
});

/** Databases that wait for a decision, from what they say of themselves. None while there is a group, which they join by themselves. */
export function undecided({ machines }: Pick<EnvironmentStatus, 'machines'>): Undecided[] {
  const said = machines.flatMap(({ name, database }) => {
    if (database === undefined) return [];
    const [state = '', history = '', change = ''] = database.split(' ');
    return [{ name, state, history, change: Number(change) }];
  });
  if (said.some(({ state }) => state === 'primary')) return [];
  const unknown = said.filter(({ state }) => state === 'unknown').map(({ name }) => unreadablePosition(name));
  // At 0 nothing has been changed yet: then the history does not matter (galera-start).
  const waiting = said.filter(
    ({ state, change }) => (state === 'waiting' || state === 'candidate') && change > 0,
  );
  const histories = new Set(waiting.map(({ history }) => history));
  return histories.size > 1 ? [...unknown, otherHistory(waiting.map(({ name }) => name))] : unknown;
}

/** The same, a sentence each. */
export const undecidedTexts = (status: Pick<EnvironmentStatus, 'machines'>): Text[] =>
  undecided(status).map(({ what, how }) => ({
    en: `${what.en}: ${how.en.replace(/\.$/, '')}`,
    fr: `${what.fr} : ${how.fr.replace(/\.$/, '')}`,
  }));
