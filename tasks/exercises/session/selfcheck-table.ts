import type { SelfcheckLab } from './selfcheck.ts';

const HEAD = `# The checks, proven

What \`npx lab selfcheck --output docs/selfcheck.md\` found on machines (uml engine, seven machines). At the start each step is judged
on its own and must fail; after the guide all steps pass; under a fault the steps that it is listed for fail (or cannot be
judged, where their machine is off), and those that have nothing to do with it pass. Whatever was otherwise is listed
below the lab's table. Lab 00 has no machines: its model dossier stands for the guide, and its faults are edits of that.
With which application each lab was shown, and with which not: [labs/README.md](../labs/README.md#with-which-application).
`;

/** A lab's part: steps × start, solved, faults. */
function section(lab: SelfcheckLab): string {
  return [
    `## ${lab.lab}`,
    '',
    '| step | at the start | after the guide | under its faults |',
    '|---|---|---|---|',
    ...lab.steps.map((step) => {
      const faults = Object.entries(step.faults).map(([name, outcome]) => `${name}: ${outcome}`);
      return `| ${step.id} ${step.title} | ${step.start} | ${step.solved} | ${faults.join('<br>') || 'none'} |`;
    }),
    '',
    ...(lab.problems.length > 0 ? [...lab.problems.map((line) => `- **${line.split('\n')[0]}**`), ''] : []),
    `${lab.at.slice(0, 10)}, ${lab.seconds} s.`,
    '',
  ].join('\n');
}

/** The page of docs/selfcheck.md. Parts of labs that were not proven this time stay as `before` has them. */
export function selfcheckPage(all: SelfcheckLab[], before = ''): string {
  const parts = new Map(
    before
      .split(/^(?=## )/m)
      .filter((part) => part.startsWith('## '))
      .map((part) => [part.slice(3).split('\n')[0] ?? '', `${part.trimEnd()}\n`]),
  );
  for (const lab of all) parts.set(lab.lab, section(lab));
  return [HEAD, ...[...parts].sort(([a], [b]) => a.localeCompare(b)).map(([, part]) => part)].join('\n');
}
