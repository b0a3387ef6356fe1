import type { Checks } from '../../tasks/exercises/checks/vocabulary/index.ts';

export default ((lab) => {
  const dossier = lab.dossier();
  return {
    1: [lab.wasStarted(), dossier.satisfies('given')],
    2: [lab.wasStarted(), dossier.satisfies('elements')],
    3: [lab.wasStarted(), dossier.satisfies('losses')],
    4: [lab.wasStarted(), dossier.satisfies('noticing')],
    5: [lab.wasStarted(), dossier.satisfies('growth')],
  };
}) satisfies Checks;
