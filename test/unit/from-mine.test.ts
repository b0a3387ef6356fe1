import { expect } from 'chai';
import { LabError } from '../../tasks/base/errors.ts';
import { start } from '../../tasks/cli/commands/lab-start.ts';
import { checksOf } from '../../tasks/exercises/checks/plan.ts';
import type { Probe } from '../../tasks/exercises/checks/probe.ts';
import type { StepResult } from '../../tasks/exercises/checks/result.ts';
import { carriedOf } from '../../tasks/exercises/guides/carried.ts';
import {
  beginsFile,
  continuedBy,
  continuedFlaws,
  continuedLabs,
} from '../../tasks/exercises/guides/continued.ts';
import { labNamed } from '../../tasks/exercises/guides/load.ts';
import type { LabGuide } from '../../tasks/exercises/guides/model.ts';
import { type Ground, layFiles } from '../../tasks/exercises/session/from-mine.ts';
import { beginningOf } from '../../tasks/exercises/session/ground.ts';
import { mineLines } from '../../tasks/exercises/session/mine-text.ts';
import type { Offer } from '../../tasks/exercises/session/offers.ts';
import type { MachineFiles } from '../../tasks/exercises/session/place.ts';
import { contextOf, labs } from './helpers/facts.ts';
import { unmetAmong } from './helpers/unmet.ts';

const lab = (id: string): LabGuide => labNamed(labs, id);
const file = (text: string) => ({
  ...{ mode: '0644', owner: 'root:root', data: Buffer.from(text).toString('base64') },
});

describe('what a lab may begin with', () => {
  it('are the files of the last lab before that built what the kit has applied here', () => {
    const { may, not } = continuedBy(labs, lab('08'));
    // Lab 03 built a load balancer as well, and lab 04 did so again.
    expect(may.map(({ lab, roles, steps }) => [lab.id, roles, steps])).to.deep.equal([
      ['04', ['lb'], ['04.1', '04.2', '04.3', '04.4']],
    ]);
    expect(not.map(({ labs, why }) => [labs.map(({ id }) => id), why.en])).to.deep.equal([
      [['02'], "this lab asks for pages of the kit's own application"],
    ]);
    expect(continuedLabs(labs).map(({ id }) => id)).to.deep.equal(['04']);
  });

  it('is told by every lab of the kit that begins with what an earlier one builds, in both languages', () => {
    for (const guide of labs) {
      const { not } = continuedBy(labs, guide);
      for (const { why } of not) {
        expect(why.en, guide.id).to.not.include('does not say');
        expect(why.fr, guide.id).to.not.equal(why.en);
      }
    }
    expect(continuedBy(labs, lab('02'))).to.deep.equal({ may: [], not: [] });
    expect(continuedBy(labs, lab('11')).not[0]?.labs.map(({ id }) => id)).to.deep.equal([
      ...['02', '04', '05', '06', '07b', '08'],
    ]);
  });

  it('is nothing where a lab does not say that it fits', () => {
    const { continues: _, ...rest } = lab('08');
    const { may, not } = continuedBy(labs, rest);
    expect(may).to.deep.equal([]);
    expect(not.at(-1)?.why.en).to.match(/does not say that such files would fit/);
  });

  it('is refused in a lab.yaml where it cannot be', () => {
    const flaws = (continues: LabGuide['continues'], id = '08') =>
      continuedFlaws(labs, { ...lab(id), ...(continues ? { continues } : {}) });
    expect(flaws(lab('08').continues)).to.deep.equal([]);
    expect(flaws({ '03': [1] })[0]).to.match(/continues\.03: it is not the lab before that built/);
    expect(flaws({ '04': [1, 9] })).to.deep.equal(['continues.04: there is no step 04.9']);
    expect(flaws({ '05': [1] }, '06')).to.deep.equal([
      'continues: begins.ts is missing, which says what must hold when the lab begins',
    ]);
  });

  it('is not what the lab has its student write', () => {
    for (const guide of labs)
      for (const { lab: earlier } of continuedBy(labs, guide).may)
        for (const [machine, { files, folders }] of carriedOf(guide)) {
          const before = carriedOf(earlier).get(machine);
          for (const path of [...files, ...folders])
            expect(before?.files.has(path) || before?.folders.has(path), `${guide.id} ${path}`).to.not.equal(
              true,
            );
        }
  });

  it('lab 08: an address that one holds, and a visitor whom both web machines serve', async () => {
    const begins = beginningOf(lab('08'));
    const { expectations } = await checksOf(begins, contextOf(), beginsFile(lab('08')));
    const own = expectations.get(1) ?? [];
    const unmet = (body: string, holder: string) => {
      const answer = (machine: string, { kind }: Probe) =>
        kind === 'addresses'
          ? `2: eth1 inet 10.0.2.${machine === holder ? '10' : '99'}/24 scope global eth1`
          : body;
      return unmetAmong(own, (machine, probe) => ({ code: 0, out: answer(machine, probe) })).length;
    };
    const both = '{"machine":"web1","count":1}{"machine":"web2","count":1}';
    expect(own).to.have.length(3);
    expect(unmet(both, 'lb2')).to.equal(0);
    expect(unmet(both, 'web1')).to.equal(1);
    expect(unmet('{"machine":"web1","count":1}{"machine":"web1","count":2}', 'lb1')).to.equal(1);
    expect(unmet('', 'lb1')).to.equal(2);
  });
});

const offer = (id: string, machines: string[], text = 'good'): Offer => ({
  lab: lab(id),
  steps: [`${id}.1`, `${id}.2`],
  done: [],
  machines: machines.map((machine) => ({
    ...{ machine, units: ['haproxy'], left: [], keys: [] },
    carried: { files: new Set(), folders: new Set(['/etc/haproxy']), kits: new Set() },
    files: new Map([['/etc/haproxy/haproxy.cfg', file(`${id} ${text}`)]]),
  })),
});

/** Machines that hold files of the kit until others are placed; what these say decides what holds. */
class FakeGround implements Ground {
  patience = 0;
  has = new Map<string, string>();
  done: string[] = [];
  kitHolds = true;

  private step(id: string, holds: boolean): StepResult {
    const title = { en: `title ${id}`, fr: `titre ${id}` };
    return {
      ...{ id, title, points: 1, earned: 0, outcome: holds ? 'passed' : 'failed' },
      findings: holds ? [] : [{ title, outcome: 'failed', found: { en: 'none', fr: 'rien' } }],
    };
  }
  async again() {
    this.done.push('again');
    this.has.clear();
  }
  async place({ machine, files }: MachineFiles) {
    this.done.push(`place ${machine}`);
    const text = [...files.values()].map(({ data }) => Buffer.from(data, 'base64').toString()).join();
    if (text.includes('away'))
      throw new LabError({ en: `${machine} is away.`, fr: `${machine} est partie.` });
    this.has.set(machine, text);
    return { changed: [...files.keys()], broken: text.includes('down') ? ['haproxy'] : [] };
  }
  async begins() {
    this.done.push('begins');
    const plain = [...this.has.values()].some((text) => text.includes('plain'));
    return this.step('08.begins', this.kitHolds && !plain);
  }
  async steps(lab: LabGuide, ids: string[]) {
    this.done.push(`steps ${lab.id}`);
    const wrong = [...this.has.values()].some((text) => text === `${lab.id} wrong`);
    return ids.map((id) => this.step(id, !(wrong && id.endsWith('2'))));
  }
}

const lay = (ground: FakeGround, ...offers: Offer[]) => layFiles(lab('08'), offers, ground, () => undefined);

describe('a lab that begins with a student’s own files', () => {
  it('has them on all machines, where the steps of their lab hold and what it begins with', async () => {
    const ground = new FakeGround();
    const mine = await lay(ground, { ...offer('04', ['lb1', 'lb2']), done: ['lab solve 04.1'] });
    expect(ground.done).to.deep.equal(['begins', 'place lb1', 'place lb2', 'steps 04', 'begins']);
    expect(mine.kit).to.deep.equal([]);
    expect(mineLines(mine).map(({ en }) => en)).to.deep.equal([
      'It begins with your own files of lab 04: lb1 (haproxy.cfg), lb2 (haproxy.cfg). Not all of them are your work: lab solve 04.1.',
    ]);
  });

  it('has the kit’s on all of them again where a service does not run, a step fails, or what it begins with is missing', async () => {
    const cases: [string, RegExp][] = [
      ['down', /haproxy does not run with them on lb1/],
      ['wrong', /with them step 04\.2 does not hold \(title 04\.2; found: none\)/],
      ['plain', /with them there is not what lab 08 begins with/],
      ['away', /: lb1 is away\. To begin with yours: /],
    ];
    for (const [text, why] of cases) {
      const ground = new FakeGround();
      const mine = await lay(ground, offer('04', ['lb1', 'lb2'], text));
      expect(mine.own, text).to.deep.equal([]);
      expect([...ground.has], text).to.deep.equal([]);
      expect(ground.done.at(-1), text).to.equal('again');
      const [line] = mineLines(mine);
      expect(line?.en, text)
        .to.match(why)
        .and.to.match(/^The kit's files are on lb1, lb2, not yours of lab 04: /);
      expect(line?.en, text).to.match(
        /`lab start 04 --resume`, mend it there, then `lab start 08 --from-mine` again\.$/,
      );
      expect(line?.fr, text).to.match(
        /^Sur lb1, lb2, ce sont les fichiers du kit, pas les vôtres du lab 04 : /,
      );
    }
  });

  it('accuses nobody where not even the kit’s files hold on this computer, and changes nothing', async () => {
    const ground = new FakeGround();
    ground.kitHolds = false;
    const mine = await lay(ground, offer('04', ['lb1']));
    expect(ground.done).to.deep.equal(['begins']);
    expect(mine.kit[0]?.why.en).to.match(/does not hold on this computer with the kit's own files either/);
    expect(mine.kit[0]).to.not.have.property('fix');
  });

  it('loses the files of one lab only for their own sake', async () => {
    const ground = new FakeGround();
    const mine = await lay(ground, offer('04', ['lb1', 'lb2'], 'wrong'), offer('02', ['web1']));
    expect(mine.own.map((laid) => laid.lab)).to.deep.equal(['02']);
    expect([...ground.has.keys()]).to.deep.equal(['web1']);
    expect(mine.kit.map((refused) => refused.labs)).to.deep.equal([['04']]);
    expect(ground.done.filter((line) => line === 'again')).to.have.length(1);
  });

  it('asks nothing of machines where there is nothing to lay, and says so', async () => {
    const ground = new FakeGround();
    expect(await lay(ground)).to.deep.equal({ own: [], kit: [] });
    expect(ground.done).to.deep.equal([]);
    expect(mineLines({ own: [], kit: [] })[0]?.en).to.match(/begins with nothing that an earlier lab builds/);
    const [line] = mineLines({
      own: [],
      kit: [{ labs: ['02', '05'], machines: [], why: { en: 'so', fr: 'oui' } }],
    });
    expect(line?.en).to.equal("It begins with the kit's files in place of yours of labs 02, 05: so.");
  });

  it('does not begin where it is to be resumed', async () => {
    const options = { name: `nowhere-${process.pid}`, resume: true, fromMine: true };
    const error = await start('8', options).catch((thrown: unknown) => thrown);
    expect(error).to.be.instanceOf(LabError);
    expect((error as LabError).what.en).to.match(/--resume and --from-mine exclude each other/);
  });
});
