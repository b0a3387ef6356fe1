import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { eachOf } from '../../../tasks/base/each.ts';
import type { ClusterEngine, Job } from '../../../tasks/class/engine.ts';
import { extendLabs } from '../../../tasks/class/extend.ts';
import type { ClassRecord, Settings } from '../../../tasks/class/record.ts';
import { startForAll } from '../../../tasks/class/start.ts';
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
