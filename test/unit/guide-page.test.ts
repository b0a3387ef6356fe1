import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import type { Scene } from '../../tasks/architecture/scene.ts';
import { LabError } from '../../tasks/base/errors.ts';
import { environmentFolder, ROOT } from '../../tasks/base/paths.ts';
import { setLanguage } from '../../tasks/base/text.ts';
import { guide } from '../../tasks/cli/commands/lab-guide.ts';
import { readLabs } from '../../tasks/exercises/guides/load.ts';
import { picturesOf } from '../../tasks/exercises/guides/page/pictures.ts';
import { renderGuide } from '../../tasks/exercises/guides/page/render.ts';
import { viewOf } from '../../tasks/exercises/guides/page/view.ts';
import { fillIn, placeholders } from '../../tasks/exercises/guides/values.ts';
import { readState } from '../../tasks/exercises/state/state.ts';
import { readRoles } from '../../tasks/roles/roles.ts';
import { loadTopology } from '../../tasks/topology/load.ts';
import type { Topology } from '../../tasks/topology/model.ts';
import { makeGuide } from './guide/made.ts';

const labs = readLabs(ROOT);
const roles = readRoles(ROOT);
const textsOf = (scene: Scene | undefined) =>
  (scene?.shapes ?? []).flatMap((shape) => (shape.kind === 'text' ? [shape.text] : []));

describe('the page of a guide', () => {
  let topology: Topology;
  before(async () => {
    topology = await loadTopology('seven', ROOT);
  });
  beforeEach(() => setLanguage('en'));
  after(() => setLanguage('en'));

  const pictures = (id: string): Scene[] => {
    const lab = labs.find((lab) => lab.id === id);
    if (!lab) throw new Error(`no lab ${id}`);
    const facts = { nic: 'vec0', disk: '/dev/ubdb', host: 'lab.test', student: undefined };
    const text = fillIn(
      readFileSync(join(lab.folder, 'guide.en.md'), 'utf8'),
      placeholders(lab, topology, facts),
    );
    return picturesOf(lab, text, topology, roles, 'en');
  };

  it('draws what a lab builds, with the machines, software and addresses that its guide has typed, and no others', () => {
    const [first] = pictures('01');
    expect(textsOf(first)).to.include.members([
      'client',
      'web1',
      'web2',
      'Apache',
      'what you build in this lab',
    ]);
    expect(textsOf(first).join()).to.not.match(/lb1|db1|PHP|10\.0\.2\.10 /);
    expect(textsOf(pictures('03')[0]).join())
      .to.match(/HAProxy/)
      .and.not.match(/keepalived|lb2|10\.0\.2\.10 /);
    expect(textsOf(pictures('04')[0]).join())
      .to.match(/HAProxy, keepalived/)
      .and.match(/lb2/)
      .and.match(/10\.0\.2\.10 /);
    expect(textsOf(pictures('05')[1]).join())
      .to.match(/4567\/tcp/)
      .and.not.match(/client|3306/);
    expect(pictures('09')).to.have.length(1);
  });

  it('frames every role that a lab builds, in each of its pictures, and says what the frame means', () => {
    for (const { id, needs } of labs)
      for (const scene of pictures(id)) {
        const frames = scene.shapes.filter((shape) => shape.kind === 'box' && shape.look === 'frame');
        if (needs.bare.length === 0) expect(frames, id).to.have.length(0);
        else expect(frames.length, id).to.be.above(needs.bare.length);
      }
  });

  it('names the machine above each block; commands and files can be copied, output cannot', async () => {
    const page = await makeGuide({});
    expect(page).to.match(/On web1 and web2:<\/figcaption>\s*<button[^>]*aria-describedby="block-1"/);
    expect(page).to.match(/File \/etc\/x\.ini on web1:<\/figcaption>\s*<button/);
    expect(page).to.match(/You see, among others[^<]*<\/figcaption>\s*<pre>/);
    expect(page).to.include('<span>echo &quot;a &lt; b&quot;\n</span>');
  });

  it('has answers and hints when they are asked for: folded, the answers once more at the end for the paper', async () => {
    const bare = await makeGuide({});
    expect(bare)
      .to.match(/<p class="question">.*Question: why/)
      .and.not.match(/Because|<details|Look again/);
    const full = await makeGuide({ answers: true, hints: true });
    expect(full).to.match(/<details class="question"><summary>.*Question: why <code>x<\/code>/);
    expect(full.match(/Because/g)).to.have.length(2);
    expect(full).to.match(/<section class="answers">[\s\S]*Because/);
    expect(full).to.match(/Hint 1\/1<\/summary><p>Look again at 10\.0\.2\.21/);
    expect(full).to.not.match(/<(details|section)[^>]* open/);
  });

  it('shows tags, scripts and addresses that a guide brings instead of obeying them', async () => {
    const page = await makeGuide({
      text: 'A <b>tag</b> <script>alert(1)</script> <img src=x onerror=alert(1)>\n\n<iframe src="http://x/">\n\n![p](http://evil.test/p.png) [go](javascript:alert(1)) [ok](https://example.org/)',
      student: '<i>x',
    });
    expect(page).to.include('&lt;script&gt;alert(1)').and.include('&lt;img src=x').and.include('&lt;iframe');
    expect(page.match(/<script/g)).to.have.length(1);
    expect(page).to.not.match(/<img|<b>|<iframe|<i>x|href="javascript/);
    expect(page).to.include('href="https://example.org/"');
    expect(page).to.match(/script-src 'sha256-[\w+/]{43}='/);
  });

  it('has its title on each sheet of paper; whatever that is, it ends neither the text nor the style sheet', async () => {
    const page = await makeGuide({ student: '"} </style><b>x\\' });
    expect(page).to.match(/@top-left \{\s+content: "Lab 01 \\b7 {2}/);
    expect(page.match(/<\/style>/g)).to.have.length(1);
    expect(page).to.include('content: "Student\\3a  \\22 \\7d  \\3c \\2f style\\3e \\3c b\\3e x\\5c "');
  });

  it('breaks no line before a French colon or question mark; what is typed keeps its spaces', async () => {
    setLanguage('fr');
    const page = await makeGuide({ text: 'Dit « oui » : pourquoi ? `a : b`\n' });
    expect(page).to.include('«\u00a0oui\u00a0»\u00a0: pourquoi\u00a0? <code>a : b</code>');
    expect(page).to.include('lang="fr"').and.include('>Imprimer<');
  });

  it('a step alone comes without the rest and without pictures of it', () => {
    const lab = labs.find(({ id }) => id === '02');
    if (!lab) throw new Error('no lab 02');
    const view = viewOf(lab, '# T\n\n## 1. One\n\na\n\n## 2. Two\n\nb\n', (text) => text, {
      step: 2,
      answers: false,
      hints: false,
    });
    expect(view.sections.map(({ step }) => step)).to.deep.equal([2]);
  });

  describe('by lab guide', () => {
    const NAME = `page-${process.pid}`;
    let folder = '';
    const said: string[] = [];
    const { log, error } = console;
    before(() => {
      folder = mkdtempSync(join(tmpdir(), 'guide-'));
      mkdirSync(environmentFolder(NAME), { recursive: true });
      writeFileSync(
        join(environmentFolder(NAME), 'lab.json'),
        JSON.stringify({ topology: 'seven', engine: 'uml', app: 'sample' }),
      );
      writeFileSync(join(environmentFolder(NAME), 'labs.json'), JSON.stringify({ student: 'alice' }));
    });
    beforeEach(() => {
      said.length = 0;
      console.log = (line: string) => void said.push(line);
      console.error = console.log;
    });
    afterEach(() => Object.assign(console, { log, error }));
    after(() => {
      rmSync(folder, { recursive: true });
      rmSync(environmentFolder(NAME), { recursive: true });
    });

    it('is written for every lab in both languages, whole', async () => {
      for (const { id } of labs)
        for (const language of ['en', 'fr'] as const) {
          setLanguage(language);
          const file = join(folder, `sub/${id}.html`);
          await guide(id, { name: NAME, html: file, answers: true });
          const page = readFileSync(file, 'utf8');
          expect(said.pop()).to.equal(file);
          expect(page, id)
            .to.include('</html>')
            .and.include('alice')
            .and.not.match(/\{\{|undefined/);
          expect(page.match(/<svg/g)?.length, id).to.be.at.least(1);
          for (const { number } of labs.find((lab) => lab.id === id)?.steps ?? [])
            expect(page, id).to.include(`id="step-${number}"`).and.include(`href="#step-${number}"`);
        }
    });

    it('hints that the lab’s student gets so count as read, another student’s do not', async () => {
      const html = join(folder, 'h.html');
      const state = () => readState(environmentFolder(NAME));
      await guide('3', { name: NAME, html, hints: true, student: 'bob' });
      expect((await state()).hints).to.deep.equal({});
      await guide('3', { name: NAME, html, hints: true, step: '2' });
      expect((await state()).hints).to.deep.equal({ '03.2': 3 });
      await guide('3', { name: NAME, html, hints: true });
      expect((await state()).hints).to.deep.equal({ '03.1': 3, '03.2': 3, '03.3': 3, '03.4': 3, '03.5': 3 });
      expect((await state()).history.filter(({ kind }) => kind === 'hint')).to.have.length(5);
    });

    it('is asked for by --html: what only a page has is refused without', async () => {
      for (const [options, message] of [
        [{ open: true }, /--open is for a page[\s\S]*--html FILE/],
        [{ hints: true }, /--hints is for a page[\s\S]*lab hint 03\.1/],
      ] as const) {
        const thrown = await guide('3', { name: NAME, ...options }).catch((thrown: unknown) => thrown);
        expect(thrown).to.be.instanceOf(LabError);
        expect((thrown as LabError).render()).to.match(message);
      }
      expect(existsSync(join(folder, 'none.html'))).to.equal(false);
    });
  });

  it('a guide without pictures or steps is a page as well', async () => {
    const [lab] = labs;
    if (!lab) throw new Error('no labs');
    const view = viewOf(lab, '# T\n\nText.\n', (text) => text, { answers: true, hints: true });
    expect(await renderGuide(ROOT, view, []))
      .to.include('Text.')
      .and.not.include('<nav');
  });
});
