import type { Expectation } from './expectation.ts';
import { judge, type LabChecks } from './judge.ts';
import type { Facts, MachineFacts } from './probe.ts';

/** How often what was found wanting is asked again at most: a step that holds now lets those be judged that waited for it. */
const ROUNDS = 3;

/** What does not hold, or of which nothing is known, in the steps that nothing else keeps from being judged. */
function wanting(checks: LabChecks[], facts: Facts): { expectations: Expectation[]; passed: number } {
  const results = judge(checks, facts).flatMap(({ steps }) => steps);
  const expectations = checks.flatMap((check) =>
    check.lab.steps.flatMap((step) => {
      const findings = results.find(({ id }) => id === step.id)?.findings ?? [];
      return (check.expectations.get(step.number) ?? []).filter((_, index) =>
        ['failed', 'not-judged'].includes(findings[index]?.outcome ?? 'passed'),
      );
    }),
  );
  return { expectations, passed: results.filter(({ outcome }) => outcome === 'passed').length };
}

/** Later answers stand for earlier ones; a machine that was silent the first time has answered when it does now. */
function merged(earlier: MachineFacts | undefined, later: MachineFacts): MachineFacts {
  if (!earlier || earlier.state === 'silent' || earlier.state === 'garbled') return later;
  return {
    ...earlier,
    took: earlier.took + later.took,
    answers: { ...earlier.answers, ...later.answers },
  };
}

/**
 * For a slow lab: asks once more what was found wanting, with `ask`, and puts the answers into `facts`, as long as steps hold that did not.
 * The questions of all labs together take its processors from what they are about: with a quarter of one a page that is there within a
 * second took 6.6 s. Asked by itself it tells whether the work is done.
 */
export async function askAgain(
  checks: LabChecks[],
  facts: Facts,
  ask: (expectations: Expectation[]) => Promise<Facts>,
): Promise<void> {
  let before = wanting(checks, facts);
  for (let round = 0; round < ROUNDS && before.expectations.length > 0; round += 1) {
    const again = await ask(before.expectations);
    for (const [name, later] of Object.entries(again.machines))
      facts.machines[name] = merged(facts.machines[name], later);
    const after = wanting(checks, facts);
    if (after.passed <= before.passed) return;
    before = after;
  }
}
