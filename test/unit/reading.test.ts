import { join } from 'node:path';
import { expect } from 'chai';

const { readable } = await import('../../tasks/exercises/guides/reading.ts');
const { independent } = await import('../../tasks/exercises/session/selfcheck.ts');
const { selfcheckPage } = await import('../../tasks/exercises/session/selfcheck-table.ts');
const { labNamed, readLabs } = await import('../../tasks/exercises/guides/load.ts');
const { setLanguage } = await import('../../tasks/base/text.ts');

const root = join(import.meta.dirname, '../..');
const GUIDE = `Text.
\`\`\`bash web1,web2 until=20
systemctl start apache2
\`\`\`
\`\`\`bash client fails
curl http://web1/
\`\`\`
\`\`\`ini web1 file=/etc/x.ini mode=0600
[x]
\`\`\`
\`\`\`text expect
web1 …
\`\`\`
<details><summary>Question: why?</summary>

Because.
\`\`\`bash host
npx lab status
\`\`\`
</details>

Next.
`;

describe('a guide for reading', () => {
  before(() => setLanguage('en'));

  it('says above each block where it is typed and what to expect, and leaves no tag in the fence', () => {
    const text = readable(GUIDE, { answers: true });
    expect(text).to.include('On web1 and web2 (repeat until it succeeds, at most 20 s):\n\n```bash\n');
    expect(text).to.include('On client (it must fail):\n\n```bash\n');
    expect(text).to.include('File /etc/x.ini on web1 (mode 0600):\n\n```ini\n');
    expect(text).to.include('On your computer:\n\n```bash\nnpx lab status');
    expect(text).to.not.match(/^```\w+ /m);
    expect(text).to.include('web1 …');
  });

  it('leaves out the answers, and nothing else', () => {
    const text = readable(GUIDE, { answers: false });
    expect(text).to.include('> Question: why?\n\nNext.');
    expect(text).to.not.match(/Because|npx lab status|details/);
    expect(readable(GUIDE, { answers: true })).to.include('Because.');
  });
});

describe('the page of selfcheck', () => {
  const lab = (name: string, problems: string[] = []) => ({
    lab: name,
    steps: [
      {
        id: `${name.slice(0, 2)}.1`,
        title: 'A step',
        start: 'failed' as const,
        solved: 'passed' as const,
        faults: { cut: 'failed' as const },
      },
    ],
    problems,
    at: '2026-01-02T03:04:05Z',
    seconds: 7,
  });

  it('keeps the parts of other labs, replaces its own, in the order of the labs', () => {
    const before = selfcheckPage([lab('03-x', ['03.1 passes']), lab('01-x')]);
    const page = selfcheckPage([lab('02-x'), lab('03-x')], before);
    expect(page.match(/^## .*/gm)).to.deep.equal(['## 01-x', '## 02-x', '## 03-x']);
    expect(page).to.not.include('03.1 passes');
    expect(selfcheckPage([], page)).to.equal(page);
    expect(before).to.include('- **03.1 passes**');
    expect(page).to.include('| 01.1 A step | failed | passed | cut: failed |');
  });

  it('a step on its own waits for no other', () => {
    const own = independent(labNamed(readLabs(root), '01'));
    expect(own.steps.flatMap((step) => step.after)).to.deep.equal([]);
    expect(labNamed(readLabs(root), '01').steps.flatMap((step) => step.after)).to.not.deep.equal([]);
  });
});
