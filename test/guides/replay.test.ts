import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { ROOT } from '../../tasks/base/paths.ts';
import { factsDigest } from '../../tasks/exercises/checks/probe.ts';
import { packBundle, unpackBundle } from '../../tasks/exercises/grading/bundle.ts';
import type { Grade } from '../../tasks/exercises/grading/grade.ts';
import { labNamed, readLabs } from '../../tasks/exercises/guides/load.ts';
import { mustRunInShell } from '../../tasks/exercises/session/machines.ts';
import { openSession } from '../../tasks/exercises/session/session.ts';
import { walkGuide } from '../../tasks/exercises/session/walk.ts';
import { signingKey } from '../../tasks/exercises/state/key.ts';
import { remember } from '../../tasks/exercises/state/state.ts';
import { lab } from '../e2e/run.ts';

// npm run test:guides: bundles as students make them, on machines, and what `lab grade --replay` says of each. LAB_GUIDES=04,05
// chooses. One lab of machines at a time: the one that they are made in is removed before those that they are built again in.
const NAME = 'guides-bundles';
const STUDENT = 'alice';

interface Work {
  /** What this student did otherwise than the guide, and still well: on which machines. */
  own: { on: string[]; run: string };
  /** A file that does not do what the step says which the bundle claims all the same; no text: there is none. */
  forged?: { machine: string; path: string; edit: (text: string) => string | undefined; step: string };
}

const comment = (path: string) => `sed -i '1i # as agreed in our group' ${path}`;

const WORKS: Record<string, Work> = {
  '01': {
    own: { on: ['web1', 'web2'], run: `sed -i 's|</h1>|&<p>Bienvenue</p>|' /var/www/html/index.html` },
    forged: { machine: 'web2', path: '/etc/nftables.d/page.nft', edit: () => undefined, step: '01.3' },
  },
  '04': {
    own: {
      on: ['lb1', 'lb2'],
      run: `${comment('/etc/keepalived/keepalived.conf')}
sed -i 's/timeout client .*/timeout client 40s/' /etc/haproxy/haproxy.cfg
systemctl reload haproxy keepalived`,
    },
    forged: {
      ...{ machine: 'lb2', path: '/etc/keepalived/keepalived.conf', step: '04.3' },
      edit: (text) => text.replace(/\n {4}track_process \{[^}]*\}/, ''),
    },
  },
  '05': {
    own: {
      on: ['db2'],
      run: `sed -i 's/^innodb_buffer_pool_size.*/innodb_buffer_pool_size = 72M/' /etc/mysql/mariadb.conf.d/90-group.cnf
systemctl restart mariadb`,
    },
    forged: {
      ...{ machine: 'lb1', path: '/etc/default/garb', step: '05.3' },
      edit: (text) => text.replace(/(GALERA_GROUP=)"?[^"\n]*"?/, '$1"another"'),
    },
  },
  '06': {
    own: {
      on: ['lb1'],
      run: `${comment('/etc/mysqlrouter/mysqlrouter.conf')}
systemctl restart mysqlrouter`,
    },
    forged: {
      ...{ machine: 'lb1', path: '/etc/mysqlrouter/mysqlrouter.conf', step: '06.4' },
      edit: (text) => text.replace(/^connect_timeout.*/m, 'connect_timeout = 20'),
    },
  },
  '07b': {
    own: { on: ['db1', 'db2'], run: comment('/etc/corosync/corosync.conf') },
    // The third vote would want certificates that the members have not: two votes of three, as after a loss.
    forged: {
      ...{ machine: 'lb2', path: '/etc/default/corosync-qnetd', step: '07b.1' },
      edit: (text) => text.replace('-s off', '-s req'),
    },
  },
};

const labs = readLabs(ROOT);
const chosen = process.env.LAB_GUIDES?.split(',').map((wish) => labNamed(labs, wish.trim()).id);
const ids = Object.keys(WORKS).filter((id) => chosen?.includes(id) ?? true);

describe('bundles that are built again', () => {
  let folder = '';
  const honest: Record<string, string> = {};
  const show = (text: string) => console.log(text.trim().replace(/^/gm, '        '));
  const ok = async (...words: string[]) => {
    const done = await lab(words, { show: true });
    expect(done.code, `${words.join(' ')}: ${done.output}`).to.equal(0);
  };
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'bundles-'));
    await lab(['destroy', '--name', NAME, '--yes']);
    if (ids.length > 0) await ok('up', '--name', NAME, '--yes', '--app', 'sample', '--no-provision');
  });
  after(async () => {
    await lab(['destroy', '--name', NAME, '--yes']);
    rmSync(folder, { recursive: true, force: true });
  });

  /** The bundle with another file in it, its check and its signature made anew: the student has the key of his lab. */
  const forge = async (id: string, { machine, path, edit }: NonNullable<Work['forged']>) => {
    const { content } = unpackBundle('honest', readFileSync(honest[id] ?? ''));
    const files = content.facts.machines[machine]?.files ?? {};
    const had = files[path];
    if (!had) throw new Error(`${id}: ${machine} has no ${path}`);
    const text = Buffer.from(had.data, 'base64').toString();
    const other = edit(text);
    expect(other, `${id}: what is forged`).to.not.equal(text);
    if (other === undefined) delete files[path];
    else had.data = Buffer.from(other).toString('base64');
    const check = content.history.pop();
    if (check?.kind !== 'check') throw new Error(`${id}: its record ends with ${check?.kind}`);
    const { at, before: _, ...entry } = check;
    remember(content, { ...entry, facts: factsDigest(content.facts) }, at);
    const file = join(folder, `forged-${id}.lab`);
    writeFileSync(file, packBundle(content, await signingKey((await openSession(NAME)).environment.folder)));
    return file;
  };
  const forged: Record<string, string> = {};

  for (const id of ids)
    it(`lab ${id} is done and handed in`, async () => {
      await ok('start', id, '--name', NAME, '--student', STUDENT);
      const session = await openSession(NAME);
      const guide = labNamed(session.labs, id);
      await walkGuide(session, guide, { report: show });
      const work = WORKS[id] as Work;
      for (const machine of work.own.on) await mustRunInShell(session, machine, work.own.run);
      const file = join(folder, `${id}.lab`);
      // A member that was started again may not be back yet.
      let done = await lab(['check', id, '--name', NAME]);
      for (let left = 30; done.code !== 0 && left > 0; left -= 1)
        done = await lab(['check', id, '--name', NAME]);
      await ok('check', id, '--name', NAME, '--bundle', file);
      honest[id] = file;
      if (work.forged) forged[id] = await forge(id, work.forged);
    });

  it('the honest ones do as they say, and the forged ones are found', async () => {
    const files = [...Object.values(honest), ...Object.values(forged)];
    expect(files.length).to.be.above(0);
    await ok('destroy', '--name', NAME, '--yes');
    const facts = await lab(['grade', ...files, '--json']);
    const alone = (JSON.parse(facts.stdout) as { grades: Grade[] }).grades;
    expect(alone.map(({ flags }) => flags.map(({ text }) => text.en))).to.deep.equal(files.map(() => []));
    const since = Date.now();
    const replayed = await lab(['grade', ...files, '--replay', '--json']);
    const { grades } = JSON.parse(replayed.stdout) as { grades: Grade[] };
    show(`${files.length} bundles in ${Math.round((Date.now() - since) / 1000)} s`);
    for (const { file, replay, flags } of grades) show(JSON.stringify({ file, replay, flags }));
    const found = new Map(grades.map((grade) => [grade.file, grade]));
    for (const id of Object.keys(honest)) {
      const one = found.get(`${id}.lab`);
      const guide = labNamed(labs, id);
      expect(one?.replay, id).to.have.property('steps');
      if (!one?.replay || !('steps' in one.replay)) continue;
      expect(one.replay.steps, id).to.deep.equal(
        Object.fromEntries(guide.steps.map((s) => [s.id, 'passed'])),
      );
      // What was otherwise than in the guide came to the machines.
      expect(Object.keys(one.replay.changed).sort(), id).to.deep.equal(WORKS[id]?.own.on);
      expect([one.flags, one.replay.broken], id).to.deep.equal([[], {}]);
    }
    for (const id of Object.keys(forged)) {
      const one = found.get(`forged-${id}.lab`);
      const forgery = WORKS[id]?.forged;
      expect(
        one?.flags.map(({ kind }) => kind),
        id,
      ).to.deep.equal(['replay']);
      expect(one?.flags[0]?.text.en, id).to.contain(forgery?.step).and.to.contain(forgery?.path);
    }
  });
});
