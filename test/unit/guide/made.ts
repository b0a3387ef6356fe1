import { ROOT } from '../../../tasks/base/paths.ts';
import { readLab } from '../../../tasks/exercises/guides/load.ts';
import { renderGuide } from '../../../tasks/exercises/guides/page/render.ts';
import { viewOf } from '../../../tasks/exercises/guides/page/view.ts';

const TEXT = `\`\`\`bash web1,web2
echo "a < b"
\`\`\`
\`\`\`ini web1 file=/etc/x.ini
[x]
\`\`\`
\`\`\`text expect
web1
\`\`\`
<details><summary>Question: why \`x\`?</summary>

Because.
</details>
`;

/** The page of a small guide of one step. */
export function makeGuide(made: {
  text?: string;
  answers?: boolean;
  hints?: boolean;
  student?: string;
}): Promise<string> {
  const known = readLab(`${ROOT}/labs/01-infrastructure`);
  const [step] = known.steps;
  if (!step) throw new Error('lab 01 has no step');
  const hint = 'Look again at {{web1.address}}.';
  const lab = { ...known, steps: [{ ...step, hints: [{ en: hint, fr: hint }] }] };
  const fill = (text: string) => text.replace('{{web1.address}}', '10.0.2.21');
  const { answers = false, hints = false, student } = made;
  const guide = `# A lab\n\n## 1. A step\n\n${made.text ?? TEXT}`;
  return renderGuide(ROOT, viewOf(lab, guide, fill, { answers, hints, student }), []);
}
