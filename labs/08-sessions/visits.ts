import type { Vocabulary } from '../../tasks/exercises/checks/vocabulary/index.ts';

/** Six visits of one visitor, as the guide makes them. */
export const visitsOf = (lab: Vocabulary) =>
  lab.machine('client').command(`curl -s --max-time 8 -b '' https://${lab.host}/session{,,,,,}`, {
    timeout: 20,
    title: {
      en: 'six visits of one visitor, whichever machine answers',
      fr: "six visites d'un même visiteur, quelle que soit la machine qui répond",
    },
  });
