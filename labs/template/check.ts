import type { Checks } from '../../tasks/exercises/checks/vocabulary/index.ts';

// What must hold, for each step of lab.yaml; docs/checks.md has the whole vocabulary.
export default ((lab) => {
  const client = lab.machine('client');
  return {
    1: [client.file('/root/note').contains(lab.vary('word'))],
  };
}) satisfies Checks;
