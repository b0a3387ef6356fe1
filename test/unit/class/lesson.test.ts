import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { eachOf } from '../../../tasks/base/each.ts';
import { ROOT } from '../../../tasks/base/paths.ts';
import { readBegan } from '../../../tasks/class/began.ts';
import type { ClusterEngine, Job, Order } from '../../../tasks/class/engine.ts';
import { extendLabs } from '../../../tasks/class/extend.ts';
import { Desk } from '../../../tasks/class/front/desk.ts';
import { placesOf } from '../../../tasks/class/places.ts';
import {
  type ClassRecord,
  readClass,
  type Settings,
  writeSettings,
  writeStudents,
} from '../../../tasks/class/record.ts';
import { giveLabs } from '../../../tasks/class/run.ts';
import { mustContinue, startForAll, wantLab } from '../../../tasks/class/start.ts';
import {
  answerLook,
  askForLook,
  changeTalk,
  giveCode,
  lookAt,
  readTalk,
  say,
  takeCode,
} from '../../../tasks/class/talk.ts';
import { labNamed, readLabs } from '../../../tasks/exercises/guides/load.ts';

describe('class: a lesson', () => {
  let folder = '';
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'lesson-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('more time adds up, for the lab as it was given last, and no more than the cluster was asked for', async () => {
    const record = { folder, settings: { extraMinutes: 60 } as Settings };
    const alice = { id: 'alice', name: 'Alice', generation: 3 };
    const file = () => readFileSync(join(folder, 'labs', 'alice', 'extended'), 'utf8');
    expect(await extendLabs(record, [alice], 25)).to.deep.equal([
      { student: 'alice', minutes: 25, most: false },
    ]);
    await extendLabs(record, [alice], 20);
    expect(file()).to.equal('3 2700\n');
    expect(await extendLabs(record, [alice], 20)).to.deep.equal([
      { student: 'alice', minutes: 60, most: true },
    ]);
    await extendLabs(record, [{ ...alice, generation: 4 }], 5);
    expect(file()).to.equal('4 300\n');
  });

  it('a start for all: half as many at once on a server as it has cores, and who cannot is named', async () => {
    const students = Array.from({ length: 9 }, (_, at) => ({
      ...{ id: `s${at}`, name: `S ${at}`, generation: 1 },
    }));
    const jobs = students.slice(0, 8).map(
      ({ id }, at): Job => ({
        ...{ id: String(at), student: id, phase: 'running', reason: '' },
        server: at < 6 ? 'big' : 'small',
      }),
    );
    const engine = {
      list: async () => jobs,
      servers: async () => [
        { name: 'big', usable: true, state: 'idle', cores: 8, memory: 1 },
        { name: 'small', usable: true, state: 'idle', cores: 1, memory: 1 },
      ],
      attach: (job: string, command: string[]) => ({ program: job, args: command }),
    } as unknown as ClusterEngine;
    const record = { folder, settings: { name: 'net' } as Settings, students, avoid: [] } as ClassRecord;
    const now = { big: 0, small: 0 };
    const most = { big: 0, small: 0 };
    const result = await startForAll(record, engine, students, '02', {
      run: async (job, args) => {
        expect(args.slice(-3)).to.deep.equal(['start', '02', `s${job}`]);
        const server = Number(job) < 6 ? 'big' : 'small';
        now[server] += 1;
        most[server] = Math.max(most[server], now[server]);
        await new Promise((resolve) => setTimeout(resolve, 10));
        now[server] -= 1;
        const code = job === '3' ? 1 : 0;
        return { ...{ code, stdout: '', stderr: 'x\nno room\n', timedOut: false }, missing: false } as never;
      },
    });
    expect(most).to.deep.equal({ big: 4, small: 1 });
    expect(result.started).to.have.length(7);
    expect(result.later).to.deep.equal(['s8']);
    expect(result.failed).to.deep.equal([{ student: 's3', why: 'no room' }]);
  });

  it('a start with own files: who begins with which is kept for each student, and what is no answer is none', async () => {
    const students = ['alice', 'bob', 'eve', 'zoe'].map((id) => ({ id, name: id, generation: 1 }));
    const engine = {
      list: async () =>
        students
          .slice(0, 3)
          .map(({ id }): Job => ({ id, student: id, phase: 'running', reason: '', server: 'big' })),
      servers: async () => [],
      attach: (job: string, command: string[]) => ({ program: job, args: command }),
    } as unknown as ClusterEngine;
    const own = [{ lab: '04', machines: { lb1: ['/etc/haproxy/haproxy.cfg'] }, done: [] }];
    const why = { en: 'no \u001b[31mfiles', fr: 'aucun fichier' };
    const answers: Record<string, string> = {
      alice: JSON.stringify({ lab: '08', draft: false, own, kit: [] }, null, 2),
      bob: JSON.stringify({ lab: '08', own: [], kit: [{ labs: ['04'], machines: ['lb1'], why }] }),
      eve: '{"lab":"../08","own":[],"kit":[]}',
    };
    const record = { folder, settings: { name: 'net' } as Settings, students, avoid: [] } as ClassRecord;
    const result = await startForAll(record, engine, students, '08', {
      fromMine: true,
      run: async (job, args) => {
        expect(args.slice(-4)).to.deep.equal(['start', '08', job, 'from-mine']);
        return { ...{ code: 0, stdout: answers[job], stderr: '', timedOut: false }, missing: false } as never;
      },
    });
    expect(result.started).to.have.members(['alice', 'bob', 'eve']);
    expect(result.later).to.deep.equal(['zoe']);
    expect(result.mine?.map(({ student }) => student)).to.have.members(['alice', 'bob']);
    const desk = new Desk({
      ...{ folder, lab: () => undefined, talk: () => readTalk(folder), resume: async () => undefined },
      ...{ start: async () => [], extend: async () => [] },
    });
    const told = async (student: string) =>
      ((await desk.told(student)) as { began?: { lab: string; lines: { en: string; fr: string }[] } }).began;
    expect((await told('alice'))?.lines[0]?.fr).to.equal(
      'Il commence avec vos propres fichiers du lab 04 : lb1 (haproxy.cfg).',
    );
    expect((await told('bob'))?.lines[0]?.en).to.equal(
      "The kit's files are on lb1, not yours of lab 04: no [31mfiles.",
    );
    expect(await told('eve')).to.equal(undefined);
  });

  it('a lab that does not run begins with own files when it starts, if that was asked last', async () => {
    const settings = {
      ...{ version: 1, name: 'net', engine: 'slurm', memory: 3500, cores: 2, minutes: 480, graceSeconds: 10 },
      ...{ saveSeconds: 600, extraMinutes: 120, idleSeconds: 3600, scratch: '/var/tmp', app: 'sample' },
      program: '/kit/uml.sh',
    } as Settings;
    await writeSettings(folder, settings);
    const students = [{ id: 'alice', name: 'Alice', generation: 0 }];
    await writeStudents({ folder, settings, students, avoid: [] });
    const orders: Order[] = [];
    const engine = {
      list: async () => [],
      submit: async (order: Order) => String(orders.push(order)),
    } as unknown as ClusterEngine;
    const give = async () => {
      const record = await readClass(folder);
      if (!record) throw new Error('no class');
      await giveLabs(record, engine, record.students);
      return orders.at(-1)?.env.LAB_CLASS_FROM_MINE;
    };
    const { began, lab } = placesOf(folder);
    await wantLab(folder, undefined, '08', true);
    expect(await give()).to.equal('1');
    mkdirSync(lab('alice'), { recursive: true });
    writeFileSync(began('alice'), '{"lab":"08","own":[],"kit":[]}');
    expect(await readBegan({ folder }, 'alice')).to.deep.include({ lab: '08' });
    await wantLab(folder, ['alice'], '08');
    expect(existsSync(began('alice'))).to.equal(false);
    expect(await give()).to.equal(undefined);
  });

  it('a lab that can begin with nobody’s files is refused, with why', () => {
    const labs = readLabs(ROOT);
    mustContinue(labs, labNamed(labs, '8'));
    expect(() => mustContinue(labs, labNamed(labs, '1'))).to.throw(
      /Lab 01 can begin with nobody's own files: .*earlier lab builds\./,
    );
  });

  it('what is said at once is all kept; a look needs the word, for an hour, and a code counts once', async () => {
    await eachOf(
      Array.from({ length: 12 }, (_, at) => at),
      12,
      (at) => changeTalk(folder, (talk) => void say(talk, `message ${at}`, undefined, at)),
    );
    const talk = await readTalk(folder);
    expect(talk.messages.map(({ id }) => id)).to.deep.equal(Array.from({ length: 12 }, (_, at) => at + 1));
    expect(new Set(talk.messages.map(({ text }) => text)).size).to.equal(12);
    const now = 1_000_000;
    answerLook(talk, 'alice', true, now);
    expect(lookAt(talk, 'alice', now), 'nobody asked').to.equal('none');
    expect(askForLook(talk, 'alice', now)).to.equal('asked');
    const early = giveCode(talk, 'alice', (code) => code, now);
    expect(takeCode(talk, early, now), 'without the word').to.equal(undefined);
    answerLook(talk, 'alice', true, now);
    expect(lookAt(talk, 'alice', now + 3_599_000)).to.equal('yes');
    expect(lookAt(talk, 'alice', now + 3_600_000)).to.equal('none');
    const code = giveCode(talk, 'alice', (one) => one, now);
    const late = giveCode(talk, 'alice', (one) => one, now);
    expect(takeCode(talk, code, now + 59_000)).to.equal('alice');
    expect(takeCode(talk, code, now + 59_000)).to.equal(undefined);
    expect(takeCode(talk, late, now + 60_000)).to.equal(undefined);
    expect(takeCode(talk, 'constructor', now)).to.equal(undefined);
  });
});
