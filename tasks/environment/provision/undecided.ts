import type { Text } from '../../base/text.ts';

/** A database that waits for a person, and what that person can do (docs/database.md). */
export interface Undecided {
  what: Text;
  how: Text;
}

/** `machine`: its name, or its address. */
export const unreadablePosition = (machine: string): Undecided => ({
  what: {
    en: `${machine} cannot read how far its data goes, and starts no group`,
    fr: `${machine} ne peut pas lire jusqu'où vont ses données, et ne démarre aucun groupe`,
  },
  how: {
    en: `\`journalctl -u mariadb\` there has the reason; mend it and \`systemctl restart mariadb\`, or, only if the data of this machine shall count, \`galera_new_cluster\` there (docs/database.md, "A position that cannot be read").`,
    fr: `\`journalctl -u mariadb\` sur cette machine en donne la raison ; corrigez puis \`systemctl restart mariadb\`, ou, seulement si ce sont ses données qui doivent compter, \`galera_new_cluster\` (docs/database.md, "A position that cannot be read").`,
  },
});
