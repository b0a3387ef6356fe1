import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { setLanguage } from '../../tasks/base/text.ts';
import { main } from '../../tasks/cli/main.ts';
import { machineFacts } from '../../tasks/exercises/checks/answers.ts';
import { probeScript } from '../../tasks/exercises/checks/script.ts';
import { notesOf } from '../../tasks/exercises/grading/notes.ts';
import type { LabGuide } from '../../tasks/exercises/guides/model.ts';
import { codeOf, readCode, shownCode } from '../../tasks/exercises/guides/student.ts';
import { fingerprint, publicHalf, signingKey } from '../../tasks/exercises/state/key.ts';
import { doneByKit, provenanceOf } from '../../tasks/exercises/state/provenance.ts';
import {
  anchorOf,
  type HistoryEntry,
  historyFlaws,
  readState,
  remember,
  writeDown,
} from '../../tasks/exercises/state/state.ts';
import { scriptCommand } from '../../tasks/remote/ssh.ts';
import { ofMachines } from './helpers/only.ts';

describe('the record of a lab', () => {
  let folder = '';
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'record-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('begins with the key of the lab, and is one chain', async () => {
    await writeDown(folder, { kind: 'up', what: '', roles: ['web'] });
    const history = await writeDown(folder, { kind: 'apply', what: 'lb', roles: ['lb'] });
    expect(history.map(({ kind }) => kind)).to.deep.equal(['record', 'up', 'apply']);
    expect(history[0]?.what).to.equal(fingerprint(publicHalf(await signingKey(folder))));
    expect(historyFlaws((await readState(folder)).history)).to.deep.equal([]);
    const [first, , last] = history;
    expect(historyFlaws([first, last] as HistoryEntry[])).to.have.length(1);
  });

  it('a clock that is put back by minutes breaks nothing, by an hour it does', () => {
    const flaws = (second: string) => {
      const history: HistoryEntry[] = [];
      remember({ history }, { kind: 'start', what: '01' }, '2026-01-01T10:00:00.000Z');
      remember({ history }, { kind: 'check', what: '01' }, second);
      return historyFlaws(history).length;
    };
    expect([flaws('2026-01-01T09:51:00.000Z'), flaws('2026-01-01T09:00:00.000Z')]).to.deep.equal([0, 1]);
  });

  describe('says where machines come from', () => {
    const done = (id: string, bare: string[], ...entries: Partial<HistoryEntry>[]) => {
      const history: HistoryEntry[] = [];
      for (const entry of entries)
        remember({ history }, { kind: 'start', what: id, ...entry } as Omit<HistoryEntry, 'at' | 'before'>);
      return doneByKit(provenanceOf(history), id, bare).map(({ en }) => en);
    };

    it('what the kit did counts until the next start', () => {
      expect(done('03', ['lb'], {}, { kind: 'solve', what: '03' })).to.deep.equal(['lab solve 03']);
      expect(done('03', ['lb'], {}, { kind: 'solve', what: '03' }, {})).to.deep.equal([]);
      expect(done('11', [], {}, { kind: 'solve', what: '11/voteless' })).to.deep.equal([
        'lab break --solve (11/voteless)',
      ]);
    });

    it('roles that the lab begins with may be applied again', () => {
      const apply = (role: string) => ({ kind: 'apply' as const, what: role, roles: [role] });
      expect(done('03', ['lb'], {}, apply('web'))).to.deep.equal([]);
      expect(done('03', ['lb'], {}, apply('web'), apply('lb'))).to.deep.equal(['lab apply lb']);
      expect(done('09', [], {}, apply('lb'))).to.deep.equal([]);
    });

    it('a snapshot brings back what was true when it was saved', () => {
      const save = { kind: 'save', what: 'mine' } as const;
      const back = { kind: 'snapshot', what: 'mine' } as const;
      const solve = { kind: 'solve', what: '03' } as const;
      expect(done('03', [], {}, save, back)).to.deep.equal([]);
      expect(done('03', [], {}, save, solve, back)).to.deep.equal([]);
      expect(done('03', [], {}, solve, save, {}, back)).to.deep.equal(['lab solve 03']);
      expect(done('03', [], {}, back).join()).to.match(/lab snapshot restore mine \(the record does not say/);
      const resumed = [
        { kind: 'start', what: '04' } as const,
        { kind: 'restore', what: '03', from: 'mine' } as const,
      ];
      expect(done('03', [], {}, save, ...resumed)).to.deep.equal([]);
      expect(done('03', [], {}, solve, save, ...resumed)).to.deep.equal(['lab solve 03']);
      expect(done('04', [], { what: '03' }, save, { what: '04' }, back)).to.deep.equal([
        'the machines come from the start of lab 03',
      ]);
    });

    it('a snapshot that was to take the place of another one may be either', () => {
      const save = { kind: 'save', what: 'mine' } as const;
      const replace = { kind: 'replace', what: 'mine' } as const;
      const back = { kind: 'snapshot', what: 'mine' } as const;
      const solve = { kind: 'solve', what: '03' } as const;
      expect(done('03', [], {}, save, replace, back)).to.deep.equal([]);
      expect(done('03', [], {}, save, solve, replace, {}, back)).to.deep.equal(['lab solve 03']);
      expect(done('03', [], {}, solve, save, {}, replace, back)).to.deep.equal(['lab solve 03']);
      // It was replaced.
      expect(done('03', [], {}, solve, save, {}, replace, save, back)).to.deep.equal([]);
      expect(done('03', [], { what: '04' }, save, {}, replace, back).join()).to.match(/does not say/);
    });
  });

  it('tells a student what the teacher will see', () => {
    const labs = [{ id: '03', needs: { solved: [], bare: ['lb'] } }] as unknown as LabGuide[];
    const notes = (student: string | undefined, ...kinds: HistoryEntry['kind'][]) => {
      const history: HistoryEntry[] = [];
      for (const kind of kinds) remember({ history }, { kind, what: '03' });
      const state = { history, hints: {}, faults: [], starts: [] };
      return notesOf(student === undefined ? state : { ...state, student }, labs).map(({ en }) => en);
    };
    expect(notes('alice', 'start')).to.deep.equal([]);
    expect(notes(undefined, 'start').join()).to.match(/names no student/);
    expect(notes('alice').join()).to.match(/not begun with `lab start 03`/);
    expect(notes('alice', 'start', 'solve').join()).to.match(/your teacher will see it: lab solve 03/);
  });

  ofMachines.it('machines remember each entry once, and tell all of them', () => {
    const at = join(folder, 'lab');
    mkdirSync(at);
    writeFileSync(join(at, 'mark'), 'm4rk\n');
    const ask = (anchor?: string) => {
      const script = probeScript([], 'n0nce', 1, anchor).replaceAll('/var/lib/lab', at);
      const { command, input } = scriptCommand(script, [], tmpdir());
      const run = spawnSync('sh', ['-c', command], { input, encoding: 'utf8' });
      return machineFacts([], 'n0nce', { code: run.status ?? 255, stdout: run.stdout }, 1).identity;
    };
    const [one, other] = ['a', 'b'].map((what) => anchorOf({ at: '', kind: 'start', what, before: '' }));
    expect(ask()).to.include({ mark: 'm4rk', record: '' });
    expect(ask(one).record).to.equal('');
    expect(ask(one).record).to.equal(one);
    expect(ask(other).record).to.equal(one);
    expect(ask().record).to.equal(`${one} ${other}`);
    expect(readFileSync(join(at, 'record'), 'utf8')).to.equal(`${one}\n${other}\n`);
  });
});

describe("a class's codes", () => {
  const seed = 'a seed that nobody else knows';

  it('are of one student and one seed; a mistyped one is told', () => {
    const code = codeOf(seed, 'alice');
    expect(code).to.match(/^[a-z0-9]{16}$/);
    expect(readCode(` ${shownCode(code).toUpperCase()} `, 'alice')).to.equal(code);
    for (const [text, student] of [
      [code, 'bob'],
      [code.slice(0, -1), 'alice'],
      [`${code.startsWith('a') ? 'b' : 'a'}${code.slice(1)}`, 'alice'],
      ['', 'alice'],
    ] as const)
      expect(readCode(text, student)).to.equal(undefined);
    expect(new Set([code, codeOf(seed, 'bob'), codeOf(`${seed}!`, 'alice')]).size).to.equal(3);
  });

  it('lab codes makes the seed once, for this user only, and lists the codes', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'codes-'));
    const [list, file] = [join(folder, 'list.csv'), join(folder, 'class.seed')];
    writeFileSync(list, 'student,key\nAlice,\nbob,0123456789abcdef\nalice,fedcba9876543210\n');
    const said: string[] = [];
    const kept = [console.log, console.error];
    setLanguage('en');
    console.log = (...words) => void said.push(words.join(' '));
    console.error = () => undefined;
    try {
      for (const _ of '12') expect(await main(['codes', list, '--seed', file, '--lang', 'en'])).to.equal(0);
      const made = readFileSync(file, 'utf8').trim();
      expect(said.slice(0, 3)).to.deep.equal([
        'student,code',
        `alice,${shownCode(codeOf(made, 'alice'))}`,
        `bob,${shownCode(codeOf(made, 'bob'))}`,
      ]);
      expect(said.slice(3)).to.deep.equal(said.slice(0, 3));
      writeFileSync(file, 'short\n');
      console.error = (...words) => void said.push(words.join(' '));
      expect(await main(['codes', list, '--seed', file, '--lang', 'en'])).to.equal(1);
      expect(said.at(-1)).to.match(/class\.seed is too short for a seed/);
    } finally {
      [console.log, console.error] = kept as [typeof console.log, typeof console.error];
      rmSync(folder, { recursive: true });
    }
  });
});
