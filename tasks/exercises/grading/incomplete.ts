import type { Text } from '../../base/text.ts';
import { EXAM } from '../checks/exam.ts';
import { type LabChecks, settledSteps } from '../checks/judge.ts';
import { HOST, type Need, probeKey } from '../checks/probe.ts';
import { type StepResult, stepsOf } from '../checks/result.ts';
import type { BundleContent } from './content.ts';
import type { Flag } from './flag.ts';

/** What is missing in a bundle; ids of steps, by machine where it is one's. */
export interface Missing {
  /** Steps of the labs that it was made for, of which it has no result. */
  steps: string[];
  /** Machines of which it has nothing at all. */
  machines: Map<string, string[]>;
  /** Steps that ask a machine which answered, for something that is not among its answers. */
  answers: Set<string>;
  /** Steps whose faults were not made: how the service behaves is not known. */
  trials: Set<string>;
}

/** Compares what the checks ask for with what a bundle has. `wanted`: ids of the steps that it is judged for. */
export function missingInBundle(
  content: BundleContent,
  checks: LabChecks[],
  wanted: ReadonlySet<string>,
): Missing {
  const { facts, result } = content;
  const had = new Set(stepsOf(result).map((step) => step.id));
  const steps = [...wanted].filter((id) => !had.has(id));
  // What the kit's own records decide is not asked of machines (judge.ts), so it is not missing.
  const settled = settledSteps(checks, facts);
  const machines = new Map<string, string[]>();
  const answers = new Set<string>();
  const trials = new Set<string>();
  const look = (id: string, { machine, probe }: Need) => {
    if (machine !== HOST && settled.has(id)) return;
    const found = facts.machines[machine];
    if (probe.kind === 'trial') {
      if (found?.state === 'answered' && !(probeKey(probe) in found.answers)) trials.add(id);
    } else if (!found) machines.set(machine, [...(machines.get(machine) ?? []), id]);
    else if (found.state === 'answered' && !(probeKey(probe) in found.answers)) answers.add(id);
  };
  for (const { lab, expectations } of checks)
    for (const step of lab.steps) {
      // Of a step that was never checked nothing was asked.
      if (steps.includes(step.id)) continue;
      for (const expectation of expectations.get(step.number) ?? [])
        for (const need of expectation.needs) look(step.id, need);
    }
  const once = new Map([...machines].map(([name, ids]) => [name, [...new Set(ids)]]));
  return { steps, machines: once, answers, trials };
}

/**
 * The flag of a bundle that is not whole; undefined when it is. `judged`: its steps as they were judged now; `explained`: steps
 * whose missing answers another flag tells of.
 */
export function incompleteFlag(
  content: BundleContent,
  missing: Missing,
  judged: StepResult[],
  explained: ReadonlySet<string>,
): Flag | undefined {
  const answers = [...missing.answers].filter((id) => !explained.has(id));
  // A step that fails anyway, or waits for one, was not worth a fault.
  const trials = judged.filter(
    (step) =>
      missing.trials.has(step.id) &&
      step.findings.length > 0 &&
      step.findings.every(({ outcome }) => outcome !== 'failed'),
  );
  const found = [
    ...(missing.steps.length > 0 ? [stepsText(content, missing.steps)] : []),
    ...[...missing.machines].map(([machine, steps]) => machineText(machine, steps.join(', '))),
    ...[...silentMachines(content, judged)].map(([machine, steps]) => silentText(machine, steps.join(', '))),
    ...(answers.length > 0 ? [answersText(answers.join(', '))] : []),
    ...(trials.length > 0 ? [trialsText(trials.map(({ id }) => id).join(', '))] : []),
  ];
  if (found.length === 0) return undefined;
  return {
    kind: 'incomplete',
    text: { en: found.map(({ en }) => en).join('; '), fr: found.map(({ fr }) => fr).join(' ; ') },
  };
}

function stepsText({ asked }: BundleContent, steps: string[]): Text {
  const list = steps.join(', ');
  if (steps.some((id) => id.startsWith(`${EXAM}.`)) && !asked.includes(EXAM))
    return {
      en: `it was made by \`lab check\` for ${asked.join(', ')}, not by \`lab exam\``,
      fr: `il a été fait par \`lab check\` pour ${asked.join(', ')}, et non par \`lab exam\``,
    };
  const part = asked.filter((wish) => wish.includes('.')).join(', ');
  return part === ''
    ? {
        en: `it has no result for ${list}, which these checks have`,
        fr: `il n'a pas de résultat pour ${list}, que comportent ces vérifications`,
      }
    : {
        en: `only ${part} was checked: nothing is known of ${list}`,
        fr: `seul ${part} a été vérifié : rien n'est connu de ${list}`,
      };
}

const machineText = (machine: string, steps: string): Text =>
  machine === HOST
    ? {
        en: `it lacks what the kit recorded: starts, drills, loads (needed for ${steps})`,
        fr: `il lui manque ce que le kit a noté : débuts, exercices, charges (nécessaire pour ${steps})`,
      }
    : {
        en: `it has nothing of the machine ${machine} (needed for ${steps})`,
        fr: `il n'a rien de la machine ${machine} (nécessaire pour ${steps})`,
      };

/** Steps that could not be judged because a machine did not answer, by machine. */
function silentMachines({ facts }: BundleContent, judged: StepResult[]): Map<string, string[]> {
  const silent = new Map<string, string[]>();
  for (const { id, cause } of judged) {
    const machine = cause && facts.machines[cause.id];
    if (machine && machine.state !== 'answered') silent.set(cause.id, [...(silent.get(cause.id) ?? []), id]);
  }
  return silent;
}

const silentText = (machine: string, steps: string): Text => ({
  en: `${machine} was off or did not answer when it was made (needed for ${steps})`,
  fr: `${machine} était éteinte ou ne répondait pas quand il a été fait (nécessaire pour ${steps})`,
});

const answersText = (steps: string): Text => ({
  en: `it lacks answers of machines (needed for ${steps}): made with another version of the kit or with other checks`,
  fr: `il lui manque des réponses de machines (nécessaires pour ${steps}) : fait avec une autre version du kit ou d'autres vérifications`,
});

const trialsText = (steps: string): Text => ({
  en: `the faults that ${steps} must survive were not made: the option --bundle of \`lab check\` makes them`,
  fr: `les pannes auxquelles ${steps} doit survivre n'ont pas été provoquées : l'option --bundle de \`lab check\` les provoque`,
});
