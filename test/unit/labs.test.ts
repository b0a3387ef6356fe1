import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';

const { compareGuides, missingLines, parseGuide } = await import('../../tasks/exercises/guides/guide.ts');
const { checksOf, closure } = await import('../../tasks/exercises/checks/plan.ts');
const { labNamed, readLab, readLabs, stepsNamed } = await import('../../tasks/exercises/guides/load.ts');
const { fillIn, placeholders, variedValue } = await import('../../tasks/exercises/guides/values.ts');
const { scriptOf } = await import('../../tasks/exercises/session/faults.ts');
const { nearestStart } = await import('../../tasks/exercises/session/start.ts');
const { historyFlaws, remember } = await import('../../tasks/exercises/state/state.ts');
const { affected, faultProblems } = await import('../../tasks/exercises/session/selfcheck.ts');
const { loadTopology } = await import('../../tasks/topology/load.ts');
const { LabError } = await import('../../tasks/base/errors.ts');

const root = join(import.meta.dirname, '../..');
const labs = readLabs(root);
const topology = await loadTopology('seven', root);
const facts = { nic: 'vec0', disk: '/dev/ubdb', host: 'lab.test', student: 'alice' };

describe('the labs of the kit', () => {
  for (const lab of labs)
    describe(lab.name, () => {
      const guides = (['fr', 'en'] as const).map((language) => {
        const file = join(lab.folder, `guide.${language}.md`);
        return parseGuide(readFileSync(file, 'utf8'), file);
      });

      it('the French and the English guide have the same steps and blocks', () => {
        const [french, english] = guides;
        if (!french || !english) throw new Error('a guide is missing');
        expect(compareGuides(french, english)).to.deep.equal([]);
      });

      it('the headings are the steps of lab.yaml', () => {
        const numbers = lab.steps.map((step) => step.number);
        for (const guide of guides) expect([...guide.steps.keys()]).to.deep.equal(numbers);
        for (const step of lab.steps) {
          expect(guides[0]?.steps.get(step.number)).to.equal(step.title.fr);
          expect(guides[1]?.steps.get(step.number)).to.equal(step.title.en);
        }
      });

      it('names machines of the topology, and placeholders that there are', () => {
        const values = placeholders(lab, topology, facts);
        const names = ['host', ...topology.machines.map((machine) => machine.name)];
        for (const guide of guides)
          for (const block of guide.blocks) {
            expect(names, `line ${block.line}`).to.include.members(block.on);
            fillIn(block.text, values);
          }
        for (const step of lab.steps) for (const hint of step.hints) fillIn(hint.fr + hint.en, values);
        for (const fault of Object.values(lab.faults))
          for (const script of [fault.run, fault.undo, fault.felt, fault.healed])
            if (script) fillIn(scriptOf(lab, script), values);
      });

      it('each step can be asked for by itself', async () => {
        const context = { topology, student: undefined, host: facts.host };
        for (const step of lab.steps) {
          const plan = closure(labs, [{ lab, step: step.number }]);
          const checks = await Promise.all(
            plan.labs.map((lab) => checksOf(lab, context, undefined, plan.wanted)),
          );
          expect([...plan.shown]).to.deep.equal([step.id]);
          const judged = checks.flatMap((check) => check.lab.steps.map(({ id }) => id));
          expect(judged)
            .to.have.members([...plan.wanted])
            .and.to.include(step.id);
          for (const check of checks)
            expect([...check.expectations.keys()]).to.deep.equal(check.lab.steps.map(({ number }) => number));
        }
      });

      it('every step has a fault that makes it fail', () => {
        const broken = new Set(Object.values(lab.faults).flatMap((fault) => fault.breaks));
        expect(lab.steps.map((step) => step.number).filter((number) => !broken.has(number))).to.deep.equal(
          [],
        );
      });
    });
});

describe('lab.yaml', () => {
  const good = readFileSync(join(root, 'labs/template/lab.yaml'), 'utf8');
  let folder: string;
  beforeEach(() => {
    folder = join(mkdtempSync(join(tmpdir(), 'labs-')), '12-note');
    mkdirSync(folder);
  });
  afterEach(() => rmSync(join(folder, '..'), { recursive: true }));
  const read = (text: string) => {
    writeFileSync(join(folder, 'lab.yaml'), text);
    return readLab(folder);
  };

  it('the template is a lab', () => {
    expect(read(good)).to.include({ id: '12', name: '12-note', minutes: 10 });
  });

  const mistakes: [string, (text: string) => string, RegExp][] = [
    ['a missing language', (text) => text.replace('  fr: Une note sur une machine\n', ''), /title/],
    ['an unknown field', (text) => `${text}colour: red\n`, /colour/],
    ['an unknown role', (text) => text.replace('[client]', '[clint]'), /solved/],
    [
      'an application that could not be installed',
      (text) => text.replace('[client]', '[client, web]'),
      /needs\.application: .*database, router, storage, session/,
    ],
    [
      'an unknown application',
      (text) => text.replace('application: any', 'application: wiki'),
      /application/,
    ],
    ['a gap between steps', (text) => text.replace('\n  1:\n', '\n  2:\n'), /1 is missing/],
    [
      'a step after itself',
      (text) => text.replace('points: 1', 'points: 1\n    after: [1]'),
      /not an earlier/,
    ],
    ['a later lab', (text) => text.replace('points: 1', 'points: 1\n    after: ["13.1"]'), /later lab/],
    ['a fault of no step', (text) => text.replace('breaks: [1]', 'breaks: [7]'), /no step 7/],
    ['a fault without undo', (text) => text.replace(/ {4}undo: .*\n/, ''), /needs undo/],
    ['no YAML', () => 'title: [', /./],
  ];
  for (const [what, change, message] of mistakes)
    it(`${what} is named`, () => {
      expect(() => read(change(good)))
        .to.throw(LabError)
        .with.property('details')
        .that.satisfies((details: string[]) => message.test(details.join('\n')));
    });

  it('labs and steps are named in the ways people write them', () => {
    for (const wish of ['1', '01', '01-infrastructure', 'infrastructure'])
      expect(labNamed(labs, wish).id).to.equal('01');
    expect(stepsNamed(labs, '1.2').step).to.equal(2);
    expect(stepsNamed(labs, '1').step).to.equal(undefined);
    for (const wish of ['1.9', '77', '', '1.x', '1.'])
      expect(() => stepsNamed(labs, wish)).to.throw(LabError);
  });
});

describe('guides', () => {
  const parse = (text: string) => parseGuide(text, 'guide.md').blocks;

  it('blocks: where they run, in which step, with which options', () => {
    const text = [
      '```bash web1,web2 until=5 fails',
      'false',
      '```',
      '## 2. Title',
      '```ini lb1 file=/etc/x mode=0600',
      'a',
      '```',
      '```text expect',
      'x',
      '```',
      '```text',
      'y',
      '```',
    ].join('\n');
    expect(parse(text)).to.deep.equal([
      {
        kind: 'run',
        language: 'bash',
        on: ['web1', 'web2'],
        step: 0,
        line: 1,
        text: 'false\n',
        until: 5,
        fails: true,
      },
      {
        kind: 'file',
        language: 'ini',
        on: ['lb1'],
        step: 2,
        line: 5,
        text: 'a\n',
        path: '/etc/x',
        mode: '0600',
      },
      { kind: 'expect', language: 'text', on: [], step: 2, line: 8, text: 'x\n' },
      { kind: 'show', language: 'text', on: [], step: 2, line: 11, text: 'y\n' },
    ]);
  });

  for (const [what, text] of [
    ['no language', '```\nx\n```'],
    ['a command that runs nowhere', '```bash\nls\n```'],
    ['an unknown option', '```bash web1 fail\nls\n```'],
    ['a configuration without a file', '```ini web1\nx\n```'],
    ['a relative path', '```ini web1 file=etc/x\nx\n```'],
    ['a file on the host', '```ini host file=/etc/x\nx\n```'],
    ['an open block', '```bash web1\nls'],
    ['machines apart', '```bash web1 web2\nls\n```'],
  ] as const)
    it(`${what} is a mistake that names the line`, () => {
      expect(() => parse(text)).to.throw(LabError, /guide\.md:1/);
    });

  it('a code fence in a longer fence is text', () => {
    expect(parse('````text\n```bash\nls\n```\n````')).to.have.length(1);
  });

  it('two guides that differ', () => {
    const lab = parseGuide('```bash web1\nls\n```', 'a');
    expect(compareGuides(lab, parseGuide('```bash web1\nls\n```\n```text\nx\n```', 'b'))).to.deep.equal([]);
    for (const other of [
      '```bash web1\nls -l\n```',
      '```bash web2\nls\n```',
      '',
      '## 1. x\n```bash web1\nls\n```',
    ])
      expect(compareGuides(lab, parseGuide(other, 'b')), other).to.not.deep.equal([]);
  });

  it('expected lines: any order, spaces as wanted, … for any text', () => {
    const output = '10.0.2.21     STREAM page.test\nsize 3 (Primary)\n';
    expect(missingLines('10.0.2.21 … page.test\n…\nsize 3 (Primary)\n', output)).to.deep.equal([]);
    expect(missingLines('size 4 (Primary)\nPrimary', output)).to.deep.equal(['size 4 (Primary)']);
    // A tab and spaces are the same for a reader.
    expect(missingLines('wsrep_cluster_size 3', 'wsrep_cluster_size\t3\n')).to.deep.equal([]);
  });
});

describe('values of students', () => {
  const lab = { id: '04', vary: { router_id: { number: [20, 220] as [number, number], default: 51 } } };

  it('are the same on every computer, differ from student to student, and are the default for nobody', () => {
    const of = (student?: string) => variedValue(lab.vary.router_id, '04', 'router_id', student);
    expect(of()).to.equal('51');
    expect(of('alice')).to.equal(of('alice'));
    const all = [...Array(60).keys()].map((at) => Number(of(`student${at}`)));
    expect(Math.min(...all)).to.be.at.least(20);
    expect(Math.max(...all)).to.be.at.most(220);
    expect(new Set(all).size).to.be.above(30);
    expect(variedValue({ secret: 16, default: 'x' }, '04', 'p', 'alice')).to.match(/^[a-z0-9]{16}$/);
    expect(variedValue({ word: 'db', default: 'x' }, '04', 'p', 'alice')).to.match(/^db-[a-z0-9]{4}$/);
  });

  it('placeholders are replaced; an unknown one is a mistake', () => {
    const values = placeholders(lab, topology, facts);
    expect(fillIn('{{web1.address}} {{front.address}} {{nic}}', values)).to.equal('10.0.2.21 10.0.2.10 vec0');
    expect(fillIn('{{ not }} {{x}', values)).to.equal('{{ not }} {{x}');
    expect(() => fillIn('{{web9.address}}', values)).to.throw(LabError);
    for (const [factor, seconds] of [
      [undefined, '30'],
      [10, '90'],
      [5.5, '60'],
    ] as const)
      expect(
        fillIn('{{seconds.30}}', placeholders(lab, topology, { ...facts, ...(factor ? { factor } : {}) })),
      ).to.equal(seconds);
    expect(() => fillIn('{{seconds.x}}', values)).to.throw(LabError);
  });
});

describe('start states', () => {
  const sample = { app: 'sample' };
  const state = (snapshot: string, ...roles: string[]) => ({ snapshot, roles, ...sample, used: '' });
  it('the nearest has no role that is not wanted', () => {
    const starts = [
      state('a'),
      state('b', 'client'),
      state('c', 'client', 'web'),
      state('d', 'client', 'lb', 'web'),
    ];
    expect(nearestStart(starts, ['client', 'web', 'storage'], sample)?.snapshot).to.equal('c');
    expect(nearestStart(starts, ['client', 'web'], sample)?.snapshot).to.equal('c');
    expect(nearestStart([state('c', 'web')], ['client'], sample)).to.equal(undefined);
  });

  it('with web machines it is one that serves the same application', () => {
    const of = (app: string, snapshot: string, ...roles: string[]) => ({ ...state(snapshot, ...roles), app });
    const starts = [of('nextcloud', 'a', 'client'), of('nextcloud', 'b', 'client', 'web')];
    expect(nearestStart(starts, ['client', 'web'], sample)?.snapshot).to.equal('a');
    expect(nearestStart(starts, ['client', 'web'], { app: 'nextcloud' })?.snapshot).to.equal('b');
    const { app: _, ...unknown } = of('sample', 'c', 'web');
    expect(nearestStart([unknown], ['client', 'web'], sample)).to.equal(undefined);
  });
});

describe('history', () => {
  const made = () => {
    const state = { hints: {}, faults: [], starts: [], history: [] as ReturnType<typeof entries> };
    function entries(): import('../../tasks/exercises/state/state.ts').HistoryEntry[] {
      return [];
    }
    remember(state, { kind: 'start', what: '01' }, '2026-01-01T10:00:00Z');
    remember(state, { kind: 'check', what: '01', earned: 2, possible: 8 }, '2026-01-01T10:10:00Z');
    remember(state, { kind: 'check', what: '01', earned: 8, possible: 8 }, '2026-01-01T10:20:00Z');
    return state.history;
  };
  it('is a chain: nothing can be changed, taken out or moved without a trace', () => {
    expect(historyFlaws(made())).to.deep.equal([]);
    const better = made().map((entry, index) => (index === 1 ? { ...entry, earned: 8 } : entry));
    const shorter = made().filter((_, index) => index !== 1);
    const beheaded = made().slice(1);
    for (const changed of [better, shorter, beheaded]) expect(historyFlaws(changed)).to.not.deep.equal([]);
  });
});

describe('selfcheck', () => {
  const lab = labNamed(labs, '01');
  const outcomes = (changes: Record<string, 'passed' | 'failed' | 'not-judged'> = {}) =>
    new Map(lab.steps.map((step) => [step.id, changes[step.id] ?? ('passed' as const)]));

  it('a fault must touch its steps, may touch those that wait for them, and no other', () => {
    expect([...affected(lab, ['01.2'])]).to.deep.equal(['01.2', '01.4']);
    expect(faultProblems(lab, ['01.2'], outcomes({ '01.2': 'failed', '01.4': 'not-judged' }))).to.deep.equal(
      [],
    );
    expect(faultProblems(lab, ['01.2'], outcomes())).to.deep.equal(['01.2 still passes']);
    expect(faultProblems(lab, ['01.2'], outcomes({ '01.2': 'failed', '01.1': 'failed' }))).to.have.length(1);
  });
});
