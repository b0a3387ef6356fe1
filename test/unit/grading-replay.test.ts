import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { LabError } from '../../tasks/base/errors.ts';
import type { BundleContent } from '../../tasks/exercises/grading/content.ts';
import type { Judged } from '../../tasks/exercises/grading/grade.ts';
import type { Bench, Seen, Wanted } from '../../tasks/exercises/grading/replay/replay.ts';
import type { LabGuide } from '../../tasks/exercises/guides/model.ts';
import type { MachineFiles } from '../../tasks/exercises/session/place.ts';
import { ofMachines } from './helpers/only.ts';

const { packBundle, unpackBundle } = await import('../../tasks/exercises/grading/bundle.ts');
const { grade } = await import('../../tasks/exercises/grading/grade.ts');
const { gradesCsv, gradesHtml } = await import('../../tasks/exercises/grading/output.ts');
const { teachersTopologies } = await import('../../tasks/exercises/grading/topology.ts');
const { replayTask, replayTasks } = await import('../../tasks/exercises/grading/replay/class.ts');
const { archiveOf, differing, startScript, stopScript } = await import(
  '../../tasks/exercises/session/place.ts'
);
const { filesIn } = await import('../../tasks/exercises/grading/replay/files.ts');
const { whyNot } = await import('../../tasks/exercises/grading/replay/replay.ts');
const { labNamed } = await import('../../tasks/exercises/guides/load.ts');
const { replayWords } = await import('../../tasks/exercises/grading/replay/words.ts');
const { kitDigest, replayKey } = await import('../../tasks/exercises/grading/replay/kept.ts');
const { carriedOf } = await import('../../tasks/exercises/guides/carried.ts');
const { unpackFiles } = await import('../../tasks/exercises/session/carry.ts');
const { ROOT } = await import('../../tasks/base/paths.ts');
const { contentOf, KEY, lab01, labs, rechecked } = await import('./helpers/facts.ts');

const PAGE = '/var/www/html/index.html';
const RULES = '/etc/nftables.d/page.nft';

const file = (text: string, mode = '0644') => ({
  mode,
  owner: 'root:root',
  data: Buffer.from(text).toString('base64'),
});

/** What a student hands in, whose web machines have these files. */
async function handedIn(
  student: string,
  files: Record<string, string> = { [PAGE]: 'good', [RULES]: 'good' },
) {
  const content = await contentOf(student, {
    facts: ({ machines }) => {
      for (const name of ['web1', 'web2'])
        if (machines[name])
          machines[name].files = Object.fromEntries(
            Object.entries(files).map(([path, text]) => [path, file(text)]),
          );
    },
  });
  return content;
}

/** A lab in which the guide's own work holds, and files that say "broken" break step 2 and stop what reads them. */
class FakeBench implements Bench {
  patience = 0;
  done: string[] = [];
  /** What the machines hold, by machine and path. */
  has = new Map<string, string>();
  /** How many times the lab cannot be built. */
  broken = 0;
  /** How many times the faults go wrong although all is well. */
  unlucky = 0;
  constructor(readonly own: Seen = 'passed') {}
  async build({ student }: { student: string | undefined }) {
    this.done.push(`build ${student}`);
    if (this.broken-- > 0) throw new LabError({ en: 'web1 did not answer.', fr: 'web1 ne répond pas.' });
    this.has = new Map();
  }
  async place({ machine, files, units }: MachineFiles, settled: () => Promise<void>) {
    const changed = [...files].filter(([, { data }]) => data !== file('good').data).map(([path]) => path);
    if (changed.length > 0) await settled();
    for (const path of changed) this.has.set(`${machine} ${path}`, 'broken');
    this.done.push(`place ${machine}`);
    return { changed, broken: changed.length > 0 ? units.slice(0, 1) : [] };
  }
  async judge(_lab: unknown, trials: boolean): Promise<Map<string, Seen>> {
    this.done.push('judge');
    const isBroken = this.has.size > 0;
    const goesWrong = trials && this.unlucky-- > 0;
    return new Map(
      lab01.steps.map(({ id, number }): [string, Seen] => {
        if (number === 2 && isBroken) return [id, 'failed'];
        if (number === 4) return [id, goesWrong ? 'failed' : trials ? this.own : 'untried'];
        return [id, this.own];
      }),
    );
  }
}

describe('grading by building again', () => {
  let folder: string;
  let cache: string | undefined;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'replay-'));
    cache = process.env.LAB_CACHE;
    process.env.LAB_CACHE = join(folder, 'cache');
  });
  afterEach(() => {
    if (cache === undefined) delete process.env.LAB_CACHE;
    else process.env.LAB_CACHE = cache;
    rmSync(folder, { recursive: true, force: true });
  });

  /** Grades a class, and builds its bundles again until `stop` of them are done. */
  async function replayed(contents: BundleContent[], bench: FakeBench, { kit = 'kit', stop = 99 } = {}) {
    const files = contents.map((content, index) => {
      const path = join(folder, `${index}.lab`);
      writeFileSync(path, packBundle(content, KEY));
      return { file: path };
    });
    const judged: Judged[] = [];
    const { grades } = await grade(files, labs, {
      host: 'lab.test',
      topologyOf: teachersTopologies(ROOT),
      judged: (one) => judged.push(one),
    });
    for (const task of (await replayTasks(judged, kit)).slice(0, stop))
      await replayTask(task, bench, () => undefined);
    return grades.map(({ student, replay, flags, earned }) => ({
      ...{ student, earned },
      said: replay && replayWords(replay),
      flags: flags.filter(({ kind }) => kind === 'replay').map(({ text }) => text.en),
    }));
  }

  it('finds nothing where the files do what the bundle says', async () => {
    const bench = new FakeBench();
    const [alice] = await replayed([await handedIn('alice')], bench);
    expect(alice?.flags).to.deep.equal([]);
    expect(alice?.said).to.match(/^as the bundle says/);
    // Nothing differs from the guide's, so nothing starts again.
    expect(bench.done.filter((line) => line !== 'judge')).to.deep.equal([
      ...['build alice', 'place web1', 'place web2'],
    ]);
  });

  it('finds files that do not do what forged facts say, and why', async () => {
    const bench = new FakeBench();
    const [bob] = await replayed([await handedIn('bob', { [PAGE]: 'broken', [RULES]: 'good' })], bench);
    expect(bob?.flags).to.have.length(1);
    expect(bob?.flags[0]).to.contain('the bundle says that 01.2 passed, the replay did not');
    expect(bob?.flags[0]).to.contain("does not run with the student's files: web1 (apache2)");
    expect(bob?.flags[0]).to.contain(`web1 (${PAGE})`);
    // Points are those of the facts: a flag is a reason to look.
    expect(bob?.earned).to.equal(10);
  });

  it('waits for one machine before it changes the next, and after the last one once', async () => {
    const bench = new FakeBench();
    await replayed([await handedIn('bob', { [PAGE]: 'broken', [RULES]: 'good' })], bench);
    expect(bench.done).to.deep.equal([
      ...['build bob', 'judge'],
      ...['place web1', 'judge', 'place web2'],
      'judge',
    ]);
  });

  it('accuses nobody of a fault that went wrong once', async () => {
    const bench = new FakeBench();
    bench.unlucky = 1;
    expect((await replayed([await handedIn('alice')], bench))[0]?.flags).to.deep.equal([]);
    bench.unlucky = 9;
    expect((await replayed([await handedIn('bob')], bench))[0]?.flags).to.have.length(1);
  });

  it('builds a second time where something went wrong, and says what did where it does again', async () => {
    const bench = new FakeBench();
    bench.broken = 1;
    const [bob] = await replayed([await handedIn('bob', { [PAGE]: 'broken', [RULES]: 'good' })], bench);
    expect(bob?.flags).to.have.length(1);
    bench.broken = 2;
    const [carol] = await replayed([await handedIn('carol')], bench);
    expect([carol?.flags, carol?.said]).to.deep.equal([[], 'not replayed: web1 did not answer.']);
  });

  it('accuses nobody where the guide itself does not hold, and tries again the next time', async () => {
    const [alice] = await replayed([await handedIn('alice')], new FakeBench('failed'));
    expect(alice?.flags).to.deep.equal([]);
    expect(alice?.said).to.match(/the guide's own work does not hold on this computer/);
    const bench = new FakeBench();
    await replayed([await handedIn('alice')], bench);
    expect(bench.done).to.include('build alice');
  });

  it('goes on where it was interrupted, and does nothing twice', async () => {
    const class1 = [
      await handedIn('alice'),
      await handedIn('bob', { [PAGE]: 'broken' }),
      await handedIn('carol'),
    ];
    const first = new FakeBench();
    await replayed(class1, first, { stop: 2 });
    expect(first.done.filter((line) => line.startsWith('build'))).to.have.length(2);
    const second = new FakeBench();
    const all = await replayed(class1, second);
    expect(second.done.filter((line) => line.startsWith('build'))).to.have.length(1);
    expect(all.map(({ flags }) => flags.length)).to.deep.equal([0, 1, 0]);
    const third = new FakeBench();
    const again = await replayed(class1, third);
    expect(third.done).to.deep.equal([]);
    expect(again).to.deep.equal(all);
    // Other labs or roles: what was found may not hold any more.
    await replayed(class1, third, { kit: 'another' });
    expect(third.done.filter((line) => line.startsWith('build'))).to.have.length(3);
    expect(readdirSync(join(folder, 'cache', 'replays'))).to.have.length(6);
  });

  it('builds a student once who hands in the same files several times, and again what differs', async () => {
    const first = await handedIn('alice');
    // Checked again an hour later: other facts, the same work.
    const second = await handedIn('alice');
    second.facts.collected = '2026-01-01T10:05:00.000Z';
    for (const { identity } of Object.values(second.facts.machines)) identity.boot += ' again';
    const third = await handedIn('alice', { [PAGE]: 'broken', [RULES]: 'good' });
    const bench = new FakeBench();
    const found = await replayed([first, rechecked(second), third, await handedIn('bob')], bench);
    expect(bench.done.filter((line) => line.startsWith('build'))).to.deep.equal([
      'build alice',
      'build alice',
      'build bob',
    ]);
    expect(found.map(({ student, flags }) => [student, flags.length])).to.deep.equal([
      ['alice', 0],
      ['alice', 0],
      ['alice', 1],
      ['bob', 0],
    ]);
    expect(found.every(({ said }) => said !== undefined)).to.equal(true);
  });

  it('builds again what has the same files, and claims another step, mode or owner, or is refused another path', async () => {
    const topology = (await teachersTopologies(ROOT)((await handedIn('alice')).topology)).topology;
    const keyOf = async (change: (wanted: Wanted) => void = () => undefined) => {
      const { facts } = await handedIn('alice');
      const wanted: Wanted = { lab: lab01, student: 'alice', facts, claimed: ['01.1', '01.2'] };
      change(wanted);
      return replayKey(wanted, topology, 'kit');
    };
    const put =
      (path: string, text = file('good')) =>
      ({ facts }: Wanted) => {
        Object.assign(facts.machines.web1?.files ?? {}, { [path]: text });
      };
    const changes: ((wanted: Wanted) => void)[] = [
      () => undefined,
      (wanted) => Object.assign(wanted, { student: 'bob' }),
      (wanted) => Object.assign(wanted, { code: 'abcd' }),
      (wanted) => wanted.claimed.pop(),
      put(PAGE, file('good', '0600')),
      put(PAGE, { ...file('good'), owner: 'www-data:www-data' }),
      put('/etc/shadow'),
      ({ facts }) => Object.assign(facts.machines.web1 ?? {}, { left: [RULES] }),
      ({ facts }) => {
        delete facts.machines.web2?.files;
      },
    ];
    expect(new Set(await Promise.all(changes.map(keyOf))).size).to.equal(changes.length);
    const later = await keyOf(({ facts }) => {
      facts.collected = '2026-01-02T00:00:00.000Z';
    });
    expect(later).to.equal(await keyOf());
  });

  it('has a column of its own where it was asked for', async () => {
    const path = join(folder, 'one.lab');
    writeFileSync(path, packBundle(await handedIn('alice'), KEY));
    const options = { host: 'lab.test', topologyOf: teachersTopologies(ROOT) };
    const { grades } = await grade([{ file: path }], labs, options);
    expect(gradesCsv(grades)).to.not.contain('replay');
    for (const one of grades) one.replay = { why: { en: 'no <reason>', fr: 'sans raison' } };
    const [titles, alice] = gradesCsv(grades).split('\n');
    expect(titles).to.match(/,replay$/);
    expect(alice).to.match(/,not replayed: no <reason>$/);
    const html = gradesHtml(grades, [], []);
    expect(html)
      .to.contain('<th scope="col">replay</th></tr>')
      .and.to.contain('<td>not replayed: no &lt;reason&gt;</td></tr>');
  });

  it('says why a bundle is not built again', async () => {
    const bench = new FakeBench();
    const bare = await contentOf('alice');
    const several = await handedIn('bob');
    several.asked = ['01', '02'];
    const said = (await replayed([bare, several], bench)).map(({ said }) => said);
    expect(said[0]).to.match(/it carries no files/);
    expect(said[1]).to.match(/several labs/);
    const nextcloud = whyNot({
      ...{ lab: labNamed(labs, '12'), student: 'bob', facts: several.facts, claimed: ['12.1'] },
    });
    expect(nextcloud?.en).to.match(/lab 12 is about Nextcloud/);
    expect(bench.done).to.deep.equal([]);
  });

  it('takes no file to where no guide of the lab writes one', async () => {
    const content = await handedIn('mallory', {
      [PAGE]: 'good',
      '/etc/shadow': 'x',
      '/var/www/html/../../../etc/shadow': 'x',
      '/root/.ssh/authorized_keys': 'x',
    });
    const [web1] = filesIn(content.facts, carriedOf(lab01));
    expect([...(web1?.files.keys() ?? [])]).to.deep.equal([PAGE]);
    expect(web1?.refused).to.have.length(3);
  });

  it('reads no bundle whose files are none', async () => {
    const wrongs: Record<string, unknown>[] = [
      { [PAGE]: { ...file('x'), mode: '4755' } },
      { [PAGE]: { ...file('x'), owner: 'root; reboot' } },
      { [PAGE]: { ...file('x'), data: 'not base64!' } },
      { [PAGE]: file('x'.repeat(70_000)) },
      { [PAGE]: { ...file('x'), link: '/etc/passwd' } },
      Object.fromEntries([...Array(201).keys()].map((at) => [`/var/www/html/${at}`, file('x')])),
    ];
    for (const files of wrongs) {
      const content = await contentOf('mallory', {
        facts: ({ machines }) => void Object.assign(machines.web1 ?? {}, { files }),
      });
      expect(
        () => unpackBundle('m.lab', packBundle(content, KEY)),
        JSON.stringify(files).slice(0, 80),
      ).to.throw(/not a bundle/);
    }
    const good = await handedIn('alice');
    expect(unpackBundle('a.lab', packBundle(good, KEY)).intact).to.equal(true);
  });

  it('is part of what the record names: files cannot be put in after the check', async () => {
    const content = await handedIn('alice');
    const flagsOf = async (content: BundleContent) => {
      const path = join(folder, 'one.lab');
      writeFileSync(path, packBundle(content, KEY));
      const options = { host: 'lab.test', topologyOf: teachersTopologies(ROOT) };
      return (await grade([{ file: path }], labs, options)).grades[0]?.flags.map(({ kind }) => kind);
    };
    expect(await flagsOf(content)).to.deep.equal([]);
    Object.assign(content.facts.machines.web1?.files ?? {}, { [PAGE]: file('another') });
    expect(await flagsOf(content)).to.deep.equal(['history']);
    expect(await flagsOf(rechecked(content))).to.deep.equal([]);
  });

  it('puts only what differs, and removes what the student does not have', () => {
    const has = { [PAGE]: file('kit'), [RULES]: file('same'), '/etc/nftables.d/kit.nft': file('x') };
    const files = new Map(Object.entries({ [PAGE]: file('own'), [RULES]: file('same') }));
    const { put, remove } = differing(has, { files, left: [] });
    expect([...put.keys()]).to.deep.equal([PAGE]);
    expect(remove).to.deep.equal(['/etc/nftables.d/kit.nft']);
    // What was too large to be carried is not known to be missing.
    expect(differing(has, { files, left: ['/etc/nftables.d/kit.nft'] }).remove).to.deep.equal([]);
    const mode = new Map(Object.entries({ [PAGE]: file('kit', '0600') }));
    expect([...differing({ [PAGE]: file('kit') }, { files: mode, left: [] }).put.keys()]).to.deep.equal([
      PAGE,
    ]);
  });

  it('packs files as they are to be', async () => {
    const files = new Map(Object.entries({ [PAGE]: { ...file('own', '0640'), owner: 'root:www-data' } }));
    const archive = (await archiveOf(files)).toString('base64');
    const carried = {
      files: new Set<string>(),
      folders: new Set(['/var/www/html']),
      kits: new Set<string>(),
    };
    // Names in the archive are relative: a machine unpacks it at its root.
    expect((await unpackFiles(`${archive}\n--\n`, carried)).files).to.deep.equal({});
    const rooted = { files: new Set<string>(), folders: new Set(['/www/html']), kits: new Set<string>() };
    expect(
      (await unpackFiles(`${archive}\n--\n`, rooted, 'var')).files['/www/html/index.html'],
    ).to.deep.equal({
      ...{ mode: '0640', owner: 'root:www-data' },
      data: Buffer.from('own').toString('base64'),
    });
  });

  ofMachines.it('stops what runs before its files change, and tells what does not start with them', () => {
    const bin = join(folder, 'bin');
    mkdirSync(bin);
    writeFileSync(
      join(bin, 'systemctl'),
      `#!/bin/bash\necho "$*" >>'${folder}/asked'\n[[ $* != *is-active* || $* == *apache2* ]]\n`,
      { mode: 0o755 },
    );
    const run = (script: string) =>
      execFileSync('bash', ['-c', script], {
        ...{ encoding: 'utf8' as const, env: { ...process.env, PATH: `${bin}:${process.env.PATH}` } },
      });
    expect(run(stopScript(['apache2', 'nftables']))).to.equal('apache2\n');
    expect(readFileSync(join(folder, 'asked'), 'utf8')).to.contain('stop apache2\n');
    expect(run(startScript(['apache2', 'nftables']))).to.equal('down nftables\n');
  });

  it("is told of the very labs that have it: values of one's own, files that are carried, and none to build again", () => {
    /** The labs in "01 to 10, 12 and 13"; 07b is between 07 and 08. */
    const named = (words: string): string[] =>
      [...words.matchAll(/(\d\d)(?: (?:to|à) (\d\d))?/g)].flatMap(([, first = '', last = first]) =>
        labs.map(({ id }) => id).filter((id) => id >= first && id <= last),
      );
    const that = (holds: (lab: LabGuide) => boolean) => labs.filter(holds).map(({ id }) => id);
    const writes = (lab: LabGuide) => carriedOf(lab).size > 0;
    const wanted = {
      vary: that((lab) => Object.keys(lab.vary).length > 0),
      carried: that(writes),
      nothing: that((lab) => !writes(lab)),
      nextcloud: that((lab) => writes(lab) && lab.needs.application === 'nextcloud'),
    };
    const told = {
      'grading.md': {
        vary: /in lab\.yaml, labs ([^)]+)\)/,
        carried: /In labs ([^A-Z]+) it also has the configuration/,
        nothing: /Labs ([^A-Z]+) have no configuration written/,
        nextcloud: /Nor is lab (\d\d)/,
      },
      'grading.fr.md': {
        vary: /dans lab\.yaml, labs ([^)]+)\)/,
        carried: /Pour les labs ([^A-Z]+), il contient aussi la configuration/,
        nothing: /Les labs ([^A-Z]+) ne font écrire aucune configuration/,
        nextcloud: /Le lab (\d\d), qui demande une archive de Nextcloud, ne l'est pas/,
      },
    };
    for (const [page, where] of Object.entries(told)) {
      const text = readFileSync(join(ROOT, 'docs', page), 'utf8');
      const read = Object.entries(where).map(([what, pattern]) => [
        what,
        named(pattern.exec(text)?.[1] ?? ''),
      ]);
      expect(Object.fromEntries(read), page).to.deep.equal(wanted);
    }
  });

  it('has a digest of the kit that its labs and roles make', () => {
    expect(kitDigest(ROOT))
      .to.match(/^[0-9a-f]{64}$/)
      .and.to.equal(kitDigest(ROOT));
  });
});
