import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { LabError } from '../../tasks/base/errors.ts';
import { ROOT } from '../../tasks/base/paths.ts';
import { setLanguage } from '../../tasks/base/text.ts';
import { givenDossier, givenFile, templateFile } from '../../tasks/exercises/dossier/exercise.ts';
import type { Topic } from '../../tasks/exercises/dossier/finding.ts';
import { findingsOf } from '../../tasks/exercises/dossier/findings.ts';
import { goneWithout, singlePoints } from '../../tasks/exercises/dossier/losses.ts';
import { drawDossier, NO_ALARMS } from '../../tasks/exercises/dossier/picture.ts';
import { parseDossier, readDossier, understand } from '../../tasks/exercises/dossier/read.ts';
import { renderDossier } from '../../tasks/exercises/dossier/render.ts';
import { dossierParts, hardwareTable } from '../../tasks/exercises/dossier/view.ts';
import { labNamed } from '../../tasks/exercises/guides/load.ts';
import { selfcheckPaper } from '../../tasks/exercises/session/selfcheck-paper.ts';
import { contextOf, labs } from './helpers/facts.ts';

const model = readFileSync(join(ROOT, 'labs/00-exercise/model.yaml'), 'utf8');
const given = givenDossier(ROOT);
const read = (text: string) => parseDossier(text, 'dossier.yaml');

/** What is found of a topic in the model, changed. */
function found(topic: Topic, from: string | RegExp, to: string): string[] {
  const text = model.replace(from, to);
  expect(text, 'nothing was changed').to.not.equal(model);
  const { dossier, lineOf } = read(text);
  return findingsOf(dossier, given)
    .filter((finding) => finding.topic === topic)
    .map(({ at, text }) => `${lineOf(at)}: ${text.en}`);
}

describe('reading a dossier', () => {
  before(() => setLanguage('en'));

  const mistakes: [string, string, string][] = [
    [
      'an unknown kind',
      'hardware:\n  lb1:\n    kind: box\n',
      '3: hardware.lb1.kind is one of machine, disk,',
    ],
    [
      'a mistyped field',
      'hardware:\n  lb1:\n    outge: 3\n',
      '3: "outge" is no field here; did you mean outage?',
    ],
    [
      'a word for a number',
      'hardware:\n  lb1:\n    outage: soon\n',
      '3: hardware.lb1.outage wants a number of seconds',
    ],
    ['a negative number', 'hardware:\n  lb1:\n    outage: -1\n', '3: hardware.lb1.outage wants a number'],
    ['a name in capitals', 'hardware:\n  LB1:\n    outage: 3\n', '2: "LB1" cannot be a name'],
    ['a list for fields', 'hardware:\n  - lb1\n', '1: hardware wants fields with a colon'],
    ['a name twice', 'hardware:\n  a: {}\n  a: {}\n', '3: this name is there twice'],
    ['no address', 'components:\n  x:\n    address: 10.0\n', '3: components.x.address wants an IPv4 address'],
    ['an unknown concern', 'covers:\n  http: x\n', '2: "http" is no field here; did you mean https?'],
    ['a reason that is a number', 'single-points:\n  a: 3\n', '2: single-points.a wants a sentence'],
    [
      'names that are a map',
      'components:\n  x:\n    on: { a: b }\n',
      '3: components.x.on wants a name in lower case',
    ],
    [
      'another growth',
      'components:\n  x:\n    grows: yes\n',
      '3: components.x.grows is one of machines, size, no',
    ],
    ['a text', 'hello', '1: the file wants fields with a colon'],
    ['a tab', 'hardware:\n\tlb1: {}\n', '2: indent with spaces'],
    ['a bracket', 'hardware: ]\n', '1: this is not YAML'],
  ];
  for (const [what, text, sentence] of mistakes)
    it(`${what}: one sentence with its line, in both languages`, () => {
      const problems = understand(text, 'dossier.yaml');
      if (!Array.isArray(problems)) throw new Error('it was understood');
      expect(problems.map((problem) => `${problem.line}: ${problem.text.en}`)[0]).to.include(sentence);
      for (const { text } of problems) expect(text.fr).to.not.equal(text.en);
      expect(() => read(text))
        .to.throw(LabError)
        .with.property('details')
        .that.satisfies(([line]: string[]) => line?.startsWith(`dossier.yaml:${sentence.split(' ')[0]}`));
    });

  it('what is not written yet is no mistake', () => {
    expect(read('').dossier.hardware).to.deep.equal({});
    const { dossier } = read('title: ""\nhardware:\n  a:\n    takes-over:\n    outage:\ncomponents:\n');
    expect(dossier.hardware).to.deep.equal({ a: {} });
    for (const language of ['en', 'fr'] as const) readDossier(templateFile(ROOT, language));
  });

  it('one name or a list; words for nothing and forever in both languages', () => {
    const { hardware } = read(
      'hardware:\n  a: { takes-over: b, outage: toujours }\n  b: { takes-over: rien, outage: forever }\n',
    ).dossier;
    expect(hardware).to.deep.equal({
      a: { 'takes-over': ['b'], outage: 'forever' },
      b: { 'takes-over': [], outage: 'forever' },
    });
  });

  it('seconds as people write them', () => {
    const of = (text: string) => read(`hardware:\n  a: { outage: ${text} }\n`).dossier.hardware.a?.outage;
    expect([of('3'), of('3s'), of('2.5 s'), of('"0,5"'), of('0')]).to.deep.equal([3, 3, 2.5, 0.5, 0]);
    expect(read('hardware:\n  a: { takes-over: personne }\n').dossier.hardware.a).to.deep.equal({
      'takes-over': [],
    });
  });

  it('what does not grow is told in both languages', () => {
    for (const word of ['no', 'non'])
      expect(read(`components:\n  a: { grows: ${word} }\n`).dossier.components.a?.grows).to.equal('no');
  });

  it('a file that is not there is named', () => {
    expect(() => readDossier('/nowhere/dossier.yaml')).to.throw(LabError, /no file \/nowhere/);
  });
});

describe('what is gone without an element', () => {
  it('of the given drawing: load balancer, router and storage end the service, machines that are there twice do not', () => {
    expect([...singlePoints(given).keys()]).to.deep.equal(['haproxy', 'router', 'storage']);
    expect(goneWithout(given, 'web1')).to.deep.equal({ components: [], votes: [] });
    expect(goneWithout(given, 'web1', 'web2').components).to.deep.equal(['nextcloud']);
  });

  const { dossier } = read(model);
  it('of the model nothing ends the service alone; pairs do', () => {
    expect([...singlePoints(dossier).keys()]).to.deep.equal([]);
    expect(goneWithout(dossier, 'db1', 'lb1')).to.deep.equal({
      components: [],
      votes: [{ group: 'galera', left: 1, of: 3 }],
    });
    expect(goneWithout(dossier, 'switch-a', 'switch-b').components).to.include.members([
      'nextcloud',
      'cluster',
    ]);
    expect(goneWithout(dossier, 'switch-a', 'feed-b').components).to.deep.equal([]);
  });

  it('a machine hangs on what carries it, one of each kind', () => {
    const text = [
      'hardware:',
      '  a: { kind: machine }',
      '  b: { kind: machine }',
      '  s: { kind: switch, carries: [a] }',
      '  t: { kind: switch, carries: [a, b] }',
      '  d: { kind: disk, carries: b }',
      'components:',
      '  x: { role: web, software: x, on: [a] }',
      '  y: { role: web, software: y, on: [b] }',
    ].join('\n');
    const gone = (...names: string[]) => goneWithout(read(text).dossier, ...names).components;
    expect([gone('s'), gone('t'), gone('d'), gone('s', 't')]).to.deep.equal([[], ['y'], ['y'], ['x', 'y']]);
  });

  it('a switch alone is a single point of failure of everything', () => {
    const one = read(model.replace(/ {2}switch-b: .*\n/, '')).dossier;
    expect([...singlePoints(one).keys()]).to.deep.equal(['switch-a']);
  });
});

describe('what a dossier lacks', () => {
  it('the model lacks nothing; what a student begins with lacks something of every topic', () => {
    expect(findingsOf(read(model).dossier, given)).to.deep.equal([]);
    for (const language of ['en', 'fr'] as const) {
      const { dossier } = readDossier(templateFile(ROOT, language));
      const topics = new Set(findingsOf(dossier, given).map(({ topic }) => topic));
      expect([...topics]).to.have.members(['given', 'elements', 'losses', 'noticing', 'growth']);
    }
  });

  const changes: [Topic, string | RegExp, string, RegExp][] = [
    [
      'given',
      '  haproxy: every',
      '  haprox: every',
      /^4: the given drawing has no haprox: it has client, haproxy/,
    ],
    ['given', '  haproxy: every', '  web1: every', /^4: without web1 the service goes on/],
    ['given', /router: both.*/, 'router: yes', /^5: say why router is one/],
    ['given', / {2}storage: it is.*\n/, '', /^3: 1 of them is not named yet/],
    ['elements', 'uses: cluster', 'uses: clutser', /sql-router names clutser, which is not in the dossier/],
    ['elements', '    software: Redis\n', '', /session-store lacks software/],
    ['elements', 'on: lb1', 'on: lb9', /galera-arbitrator names lb9/],
    ['elements', /kind: switch/g, 'kind: link', /There is no switch/],
    ['elements', /kind: power/g, 'kind: other', /There is no power supply/],
    ['elements', '  database: cluster', '  database:', /nothing covers the database/],
    ['elements', 'uses: nextcloud', 'uses: []', /no way \(uses\) leads from load-balancer to cluster/],
    [
      'elements',
      '  feed-a: { kind: power',
      '  idle: { kind: machine }\n  feed-a: { kind: power',
      /nothing runs on idle/,
    ],
    [
      'losses',
      'takes-over: lb2',
      'takes-over: web1',
      /^13: web1 does not run load-balancer, vrrp, sql-router/,
    ],
    ['losses', 'takes-over: lb2', 'takes-over: lb1', /lb1 cannot take over from itself/],
    [
      'losses',
      'takes-over: lb2',
      'takes-over: nothing',
      /nothing is said to take over from lb1, though others run/,
    ],
    ['losses', 'takes-over: lb2', 'takes-over: switch-a', /switch-a is no machine/],
    ['losses', '    takes-over: lb2\n', '', /who takes over from lb1\?/],
    ['losses', 'takes-over: [web1, web2, lb2]', 'takes-over: [db1]', /sentinels does not run on db1/],
    ['losses', 'on: [web1, web2, lb2]', 'on: [web1, web2]', /without web1 sentinel has 1 of 2 votes/],
    [
      'noticing',
      'noticed: keepalived sees that the process has ended',
      'noticed: soon',
      /how is the loss of load-balancer noticed\? "soon" is too short: a sentence, 12 letters at least$/,
    ],
    [
      'noticing',
      'noticed: keepalived sees that the process has ended',
      'noticed:',
      /how is the loss of load-balancer noticed\?$/,
    ],
    ['noticing', 'outage: 12', 'outage: forever', /the loss of db1 is felt until somebody mends it/],
    ['noticing', 'outage: 12', 'outage: 2', /takes cluster with it, which is felt for 4 s: longer than 2 s/],
    [
      'growth',
      /grows: machines(?=\n {4}takes-over: \[web1, web2\])/,
      'grows: size',
      /nextcloud does not grow by machines/,
    ],
    [
      'growth',
      'files: shared-files',
      'files: nextcloud',
      /stored files are kept by nextcloud on each web machine/,
    ],
  ];
  for (const [topic, from, to, sentence] of changes)
    it(`${topic}: ${sentence.source}`, () => {
      expect(
        found(topic, from, to).some((line) => sentence.test(line)),
        found(topic, from, to).join('\n'),
      ).to.equal(true);
    });

  it('the databases of the given drawing may be named and need not be', () => {
    const more = 'single-points:\n  db1: two votes without a third are no majority';
    expect(found('given', 'single-points:', more)).to.deep.equal([]);
  });

  it('its checks can fail: at the start, and under each fault of the lab', async () => {
    const done = await selfcheckPaper(labNamed(labs, '0'), contextOf());
    expect(done.problems).to.deep.equal([]);
    expect(done.steps).to.have.length(5);
  });
});

describe('a dossier drawn by the kit', () => {
  before(() => setLanguage('en'));
  const { dossier } = read(model);

  it('has every element, the software of each machine, and the addresses that move', () => {
    const svg = drawDossier('machines', dossier, 'fr');
    for (const name of Object.keys(dossier.hardware)) expect(svg, name).to.include(`>${name}<`);
    expect(svg)
      .to.include('HAProxy, keepalived')
      .and.include('10.0.2.40  fichiers partagés')
      .and.include('1 voix');
    expect(svg).to.include('commutateur').and.not.include('point de défaillance unique');
    expect(drawDossier('flows', dossier, 'en')).to.include('MySQL Router');
  });

  it('software of one role that differs from machine to machine is told apart', () => {
    const text = model.replace(
      'software: keepalived\n    on: [lb1, lb2]',
      'software: keepalived\n    on: [lb2]',
    );
    const svg = drawDossier('machines', read(text).dossier, 'en');
    expect(svg).to.include('>HAProxy<').and.include('>HAProxy, keepalived<');
  });

  it('marks single points of failure, but not where students look for them', () => {
    const marks = (svg: string) => svg.split('>single point of failure<').length - 1;
    expect(marks(drawDossier('machines', given, 'en'))).to.equal(3);
    const asked = drawDossier('machines', given, 'en', NO_ALARMS);
    expect(marks(asked)).to.equal(0);
    expect(asked).to.not.include('trouble');
    expect(hardwareTable(given, { tell: false }).head).to.deep.equal(['element', 'kind', 'address']);
    expect(readFileSync(givenFile(ROOT), 'utf8')).to.not.match(/single|point of failure/);
  });

  it('as a page that needs nothing else, with what is still missing', async () => {
    const parts = dossierParts(dossier, ['dossier.yaml:3: something <b>']);
    const page = await renderDossier(ROOT, { title: 'Mine & yours', parts });
    expect(page).to.include('<title>Mine &amp; yours</title>').and.include('something &lt;b&gt;');
    expect(page.match(/<img /g)).to.have.length(2);
    expect(page).to.not.match(/(?:src|href)="(?!data:)/);
    expect(page).to.not.include('<script');
  });

  it('one that is hardly begun is drawn as well', () => {
    for (const text of ['', 'hardware:\n  a:\n', 'components:\n  x: { role: web }\n'])
      for (const picture of ['machines', 'flows'] as const)
        expect(drawDossier(picture, read(text).dossier, 'en'), text).to.match(/^<svg [\s\S]*<\/svg>\n$/);
  });
});
