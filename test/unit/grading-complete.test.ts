import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { setLanguage } from '../../tasks/base/text.ts';

const { packBundle } = await import('../../tasks/exercises/grading/bundle.ts');
const { grade } = await import('../../tasks/exercises/grading/grade.ts');
const { bundlesIn } = await import('../../tasks/exercises/grading/handed-in.ts');
const { teachersTopologies } = await import('../../tasks/exercises/grading/topology.ts');
const { main } = await import('../../tasks/cli/main.ts');
const { ROOT } = await import('../../tasks/base/paths.ts');
const { parseTopology } = await import('../../tasks/topology/load.ts');
const { scaleTopology } = await import('../../tasks/topology/scale.ts');
const { runChecks } = await import('../../tasks/exercises/checks/run.ts');
const { labNamed } = await import('../../tasks/exercises/guides/load.ts');
const { contentOf, contextOf, KEY, labs, rechecked, topology } = await import('./helpers/facts.ts');

type Content = Awaited<ReturnType<typeof contentOf>>;

describe('grading: what a bundle lacks, and whose topology judges', () => {
  let folder: string;
  const cache = process.env.LAB_CACHE;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'grading-'));
    process.env.LAB_CACHE = folder;
    setLanguage('en');
  });
  after(() => {
    if (cache === undefined) delete process.env.LAB_CACHE;
    else process.env.LAB_CACHE = cache;
    rmSync(folder, { recursive: true });
  });

  const key = KEY;
  let number = 0;
  const bundle = async (change: (content: Content) => void) => {
    const content = structuredClone(await contentOf('alice'));
    change(content);
    rechecked(content);
    number += 1;
    const file = join(folder, `${number}.lab`);
    writeFileSync(file, packBundle(content, key));
    return file;
  };
  const judged = (files: string[], wish?: string) =>
    grade(bundlesIn(files), labs, { host: 'lab.test', topologyOf: teachersTopologies(ROOT, wish) });
  const unjudged = (content: Content, ...ids: string[]) => {
    for (const step of content.result.labs[0]?.steps ?? [])
      if (ids.includes(step.id)) step.outcome = 'not-judged';
  };
  /** Points and flags (kind: text) of one bundle. */
  const gradeOf = async (change: (content: Content) => void, wish?: string) => {
    const { grades, unreadable } = await judged([await bundle(change)], wish);
    const [one] = grades;
    if (!one) throw new Error(unreadable.map(({ why }) => why).join());
    const { earned, possible } = one;
    return {
      points: `${earned}/${possible}`,
      flags: one.flags.map(({ kind, text }) => `${kind}: ${text.en}`),
    };
  };
  const seven = readFileSync(topology.file, 'utf8');

  describe('incomplete', () => {
    it('one step of a lab was checked: points are out of the whole lab, and the others are named', async () => {
      const found = await gradeOf((content) => {
        content.asked = ['01.1'];
        for (const lab of content.result.labs) lab.steps = lab.steps.filter((step) => step.id === '01.1');
        for (const name of ['web1', 'web2']) delete content.facts.machines[name];
      });
      expect(found.points).to.equal('1/10');
      expect(found.flags).to.deep.equal([
        'incomplete: only 01.1 was checked: nothing is known of 01.2, 01.3, 01.4, 01.5',
      ]);
    });

    it('steps that the bundle has no result for', async () => {
      const { flags } = await gradeOf((content) => {
        for (const lab of content.result.labs) lab.steps.pop();
      });
      expect(flags).to.deep.equal(['incomplete: it has no result for 01.5, which these checks have']);
    });

    it('a machine of which it has nothing', async () => {
      const { points, flags } = await gradeOf((content) => {
        delete content.facts.machines.web2;
        unjudged(content, '01.3', '01.4');
      });
      expect(points).to.equal('5/10');
      expect(flags).to.deep.equal(['incomplete: it has nothing of the machine web2 (needed for 01.3)']);
    });

    it('a machine that was off: the steps that it costs', async () => {
      const { points, flags } = await gradeOf((content) => {
        content.facts.machines.web1 = { state: 'off', took: 0, identity: {}, answers: {} };
        unjudged(content, '01.2', '01.4', '01.5');
      });
      expect(points).to.equal('3/10');
      expect(flags).to.deep.equal([
        'incomplete: web1 was off or did not answer when it was made (needed for 01.2, 01.4, 01.5)',
      ]);
    });

    it('answers that were taken out, and the results with them', async () => {
      const { flags } = await gradeOf((content) => {
        const answers = content.facts.machines.web1?.answers ?? {};
        for (const name of Object.keys(answers)) if (name.startsWith('sockets')) delete answers[name];
        unjudged(content, '01.2', '01.4');
      });
      expect(flags).to.have.length(1);
      expect(flags[0]).to.match(/^incomplete: it lacks answers of machines \(needed for 01\.2\)/);
    });

    it('what the kit’s records decide is asked of no machine, and is not missing', async () => {
      const lab = labNamed(labs, '11');
      const engine = { states: async () => new Map(), sshHosts: async () => [] };
      const asked = [{ lab, step: undefined }];
      const { result, facts } = await runChecks('nowhere', engine, labs, asked, contextOf('alice'));
      const made = { asked: ['11'], facts, result: { ...result, student: 'alice' } };
      const { flags } = await gradeOf((content) => void Object.assign(content, made));
      expect(Object.keys(facts.machines), 'the incidents were not asked about').to.not.include('db2');
      expect(flags.join()).to.not.match(/it (has nothing|lacks|has no result)/);
      // The records themselves are missed.
      delete facts.machines.host;
      const without = await gradeOf((content) => void Object.assign(content, made));
      expect(without.flags.join()).to.match(
        /incomplete: it lacks what the kit recorded: starts, drills, loads \(needed for 11\./,
      );
    });
  });

  describe('topology', () => {
    it('the kit’s own decides, whatever the student’s file says: a machine left out is missed', async () => {
      const { points, flags } = await gradeOf((content) => {
        content.topology = {
          ...content.topology,
          machines: content.topology.machines.filter((machine) => !machine.name.startsWith('db')),
        };
        const lb1 = content.topology.machines.find((machine) => machine.name === 'lb1');
        if (lb1) Object.assign(lb1, { address: '10.0.2.99' });
      });
      expect(points, 'facts are those of seven all the same').to.equal('10/10');
      expect(flags).to.deep.equal([
        'topology: it was made on another topology than seven: its lb1 is not 10.0.2.11, it has no db1, it has no db2',
      ]);
    });

    it('facts of other addresses do not pass', async () => {
      const other = parseTopology(seven.replaceAll('10.0.2.', '10.0.3.'), 'x.yaml');
      const { points, flags } = await gradeOf((content) => {
        content.topology = other;
        content.facts = JSON.parse(JSON.stringify(content.facts).replaceAll('10.0.2.', '10.0.3.'));
      });
      expect(points).to.not.equal('10/10');
      expect(flags[0]).to.match(/^(results|checks)/);
      expect(flags.join()).to.include(
        'topology: it was made on another topology than seven: its network is 10.0.3.0/24',
      );
    });

    it('a lab that was scaled is on the teacher’s topology', async () => {
      const scaled = scaleTopology(topology, seven, 4, topology.file).topology;
      const sent = (theirs: typeof scaled) => (content: Content) => {
        content.topology = theirs;
        // The inventory of lab 01 has all machines.
        for (const [name, answer] of Object.entries(content.facts.machines.client?.answers ?? {}))
          if (name.includes('/root/inventory')) answer.out += 'web3 10.0.2.23\nweb4 10.0.2.24\n';
      };
      expect(await gradeOf(sent(scaled))).to.deep.equal({ points: '10/10', flags: [] });
      const moved = structuredClone(scaled);
      Object.assign(moved.machines.find((machine) => machine.name === 'web4') ?? {}, {
        address: '10.0.2.77',
      });
      const { flags } = await gradeOf(sent(moved));
      expect(flags.join()).to.match(/topology: .*its web4 is not 10\.0\.2\.24/);
    });

    it('a file that the class was given judges with --topology; without it the bundle is said, not judged', async () => {
      const mine = join(folder, 'mine.yaml');
      writeFileSync(mine, seven.replace('name: seven', 'name: mine'));
      const change = (content: Content) => {
        content.topology = { ...content.topology, name: 'mine' };
      };
      expect((await gradeOf(change, mine)).flags).to.deep.equal([]);
      const { grades, unreadable } = await judged([await bundle(change), await bundle(() => undefined)]);
      expect(grades).to.have.length(1);
      expect(unreadable[0]?.why).to.match(
        /made on the topology "mine", which is none of the kit's \(seven, spread\)/,
      );
      expect(unreadable[0]?.why).to.include('lab grade --topology FILE');
      // A name is no path.
      const path = await bundle((content) => {
        content.topology = { ...content.topology, name: mine };
      });
      expect((await judged([path])).unreadable).to.have.length(1);
    });

    it('lab grade says with which topology, and refuses one that is not there before it judges', async () => {
      const file = await bundle(() => undefined);
      const said: string[] = [];
      const kept = [console.log, console.error];
      console.log = console.error = (...words) => void said.push(words.join(' '));
      try {
        expect(await main(['grade', file, '--lang', 'en'])).to.equal(0);
        expect(said.join('\n')).to.include('1 bundles judged with the topology seven');
        said.length = 0;
        expect(await main(['grade', file, '--topology', 'sevn', '--lang', 'en'])).to.equal(1);
        expect(said.join('\n')).to.match(/^There is no topology named “sevn”/);
      } finally {
        [console.log, console.error] = kept as [typeof console.log, typeof console.error];
      }
    });
  });

  it('a malformed bundle does not stop the grading of the others', async () => {
    const bad = await bundle((content) => {
      Object.assign(content.facts.machines, { web1: { state: 'answered' } });
    });
    const none = await bundle((content) => {
      content.asked = [];
    });
    const { grades, unreadable } = await judged([bad, none, await bundle(() => undefined)]);
    expect([grades.length, unreadable.length]).to.deep.equal([1, 2]);
    expect(unreadable[0]?.why).to.match(/is not a bundle/);
  });

  it('a bundle of an exam is judged with the exam, and one of a lab is not taken for one', async () => {
    const file = join(folder, 'exam.ts');
    writeFileSync(
      file,
      "export const exam = { title: 'x', steps: { 1: { title: 'web' } } };\nexport default (lab) => ({ 1: [lab.machine('web1').service('nginx').isRunning()] });\n",
    );
    const { readExam } = await import('../../tasks/exercises/checks/exam.ts');
    const exam = { lab: await readExam(file), file };
    const options = { host: 'lab.test', topologyOf: teachersTopologies(ROOT), exam };
    const { grades } = await grade(bundlesIn([await bundle(() => undefined)]), labs, options);
    expect(grades[0]?.flags.map(({ text }) => text.en)).to.deep.equal([
      'it was made by `lab check` for 01, not by `lab exam`',
    ]);
    const other = await bundle((content) => {
      content.asked = ['99'];
    });
    expect((await judged([other])).unreadable[0]?.why).to.match(/made by `lab exam`[\s\S]*--exam FILE/);
  });
});
