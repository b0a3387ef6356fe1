import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { LabError } from '../../tasks/base/errors.ts';
import type { Engine } from '../../tasks/engines/engine.ts';
import type { Environment } from '../../tasks/environment/record.ts';
import { bringUp, type UpWish } from '../../tasks/exercises/session/bring-up.ts';
import { leaveLab, mayHoldWork, moveTo, saveAs, workToResume } from '../../tasks/exercises/session/moves.ts';
import { returnTo } from '../../tasks/exercises/session/restore.ts';
import { doneByKit, provenanceOf } from '../../tasks/exercises/state/provenance.ts';
import {
  changeState,
  type LabsState,
  readState,
  remember,
  writeState,
} from '../../tasks/exercises/state/state.ts';
import { crashAt } from './helpers/crash.ts';
import { fakeEngine } from './helpers/fake-engine.ts';

const LABS = ['01', '02', '03'];
const SEEDS = 60;
const COMMANDS = 25;

/** Numbers from 0 to below 1, the same for the same seed (mulberry32). */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** The power of the machine, what is on its disk, and which process is the last. */
class World {
  /** First what the kit made there, then the names of what a student did. */
  disk: string[] | undefined;
  on = false;
  readonly snapshots = new Map<string, string[]>();
  /** Names of snapshots that were being replaced when a process was killed. */
  readonly doubtful = new Set<string>();
  /** Steps until the process is killed. */
  left = Number.POSITIVE_INFINITY;
  readonly engine: Engine;

  constructor(readonly folder: string) {
    this.engine = fakeEngine(['a'], 'running', folder, {
      states: async () => new Map([['a', this.disk ? (this.on ? 'running' : 'off') : 'absent']]),
      sshHosts: async () => [],
      listSnapshots: async () =>
        [...this.snapshots.keys()].map((name) => ({ name, taken: '', memory: false })),
      saveSnapshot: async (name) => {
        this.step();
        this.snapshots.set(name, [...(this.disk ?? [])]);
        this.step();
      },
      restoreSnapshot: async (name) => {
        this.step();
        this.on = false;
        this.step();
        this.disk = [...(this.snapshots.get(name) ?? [])];
        this.step();
      },
    });
  }

  step(): void {
    this.left -= 1;
    if (this.left < 0) throw new Error('the process was killed');
  }

  async session() {
    // Of machines without databases, which would be asked how they are.
    const topology = { machines: [] } as unknown as Environment['topology'];
    const record = { topology: 'seven' } as Environment['record'];
    const environment = { folder: this.folder, name: 'x', record, topology } as Environment;
    return { environment, engine: this.engine, state: await readState(this.folder) };
  }

  /** As a student on a machine that runs; returns whether one could. */
  async work(name: string): Promise<boolean> {
    if (!this.disk || !this.on) return false;
    await mayHoldWork(this.folder);
    this.disk.push(name);
    return true;
  }

  async start(id: string): Promise<void> {
    await moveTo(await this.session(), { to: id }, async () => {
      this.step();
      this.disk = undefined;
      this.step();
      this.disk = ['half'];
      this.on = true;
      this.step();
      this.disk = [`lab ${id}`];
    });
  }

  /** As `lab start --resume`. */
  async resume(id: string): Promise<void> {
    const session = await this.session();
    const from = await workToResume(session, id);
    if (from !== undefined) await returnTo(session, from);
    this.step();
    this.on = true;
  }

  /** As `lab up`: in a lab that it leaves, roles write over what is there; elsewhere those that are current are left alone. */
  async up(wish: Partial<UpWish> = {}): Promise<void> {
    const session = await this.session();
    const plan = bringUp(session.state, { provision: true, ...wish });
    if (plan.way === 'boot') {
      await mayHoldWork(this.folder);
      this.disk ??= ['bare'];
    } else {
      if (plan.leaves) await leaveLab(session);
      this.step();
      if (plan.leaves || !this.disk) this.disk = ['half a stack'];
      this.step();
      if (this.disk[0] === 'half a stack') this.disk[0] = 'stack';
    }
    this.on = true;
  }

  async halt(): Promise<void> {
    this.on = false;
  }

  async save(name: string): Promise<void> {
    const there = this.snapshots.has(name);
    if (there) this.doubtful.add(name);
    await saveAs(await this.session(), name);
    this.doubtful.delete(name);
  }

  async restore(name: string): Promise<void> {
    await returnTo(await this.session(), name);
    this.step();
    this.on = true;
  }

  /** What is still to be found somewhere. */
  kept(): Set<string> {
    return new Set([...(this.disk ?? []), ...[...this.snapshots.values()].flat()]);
  }
}

describe('the work of a student', () => {
  let folder = '';
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'moves-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const killed = async (world: World, steps: number, work: () => Promise<void>): Promise<void> => {
    world.left = steps;
    await work().catch(() => undefined);
    world.left = Number.POSITIVE_INFINITY;
  };

  it('is saved once when a start breaks off and is repeated, and comes back', async () => {
    const world = new World(folder);
    await world.start('02');
    world.disk?.push('hours of work');
    // After the snapshot, with the machines half made.
    await killed(world, 4, () => world.start('03'));
    expect(world.disk).to.deep.equal(['half']);
    await world.start('03');
    expect([...world.snapshots.keys()]).to.deep.equal(['work-02']);
    await world.resume('02');
    expect(world.disk).to.deep.equal(['lab 02', 'hours of work']);
  });

  it('of a lab that is started twice, or resumed while it goes on, keeps both', async () => {
    const world = new World(folder);
    await world.start('02');
    world.disk?.push('first');
    await world.start('02');
    await world.start('02');
    world.disk?.push('second');
    await world.resume('02');
    expect([...world.kept()]).to.include.members(['first', 'second']);
  });

  it('done after a start that broke off is saved, too', async () => {
    const world = new World(folder);
    await world.start('02');
    await killed(world, 4, () => world.start('03'));
    // By `lab ssh`.
    expect(await world.work('repaired by hand')).to.equal(true);
    await world.start('03');
    expect([...world.kept()]).to.include('repaired by hand');
  });

  it('that was never saved cannot come back: that is said before anything is touched', async () => {
    const world = new World(folder);
    await world.start('02');
    const error = await world.resume('03').catch((thrown: unknown) => thrown);
    expect(error).to.be.instanceOf(LabError);
    expect(world.disk).to.deep.equal(['lab 02']);
    expect(world.snapshots.size).to.equal(0);
  });

  it('is what `lab up` starts in a lab, and no role is applied unless all are asked for', async () => {
    const world = new World(folder);
    await world.up();
    expect(world.disk).to.deep.equal(['stack']);
    await world.start('02');
    await world.work('hours of work');
    await world.halt();
    await world.up();
    expect(world.disk).to.deep.equal(['lab 02', 'hours of work']);
    expect(world.on).to.equal(true);
    expect([...world.snapshots.keys()]).to.deep.equal(['work-00']);
    await world.up({ allRoles: true });
    expect(world.disk).to.deep.equal(['stack']);
    expect(world.snapshots.get('work-02')).to.deep.equal(['lab 02', 'hours of work']);
    expect((await readState(folder)).current).to.equal(undefined);
    // In no lab any more: as ever.
    await world.work('on the stack');
    await world.up();
    expect(world.disk).to.deep.equal(['stack', 'on the stack']);
    await world.resume('02');
    expect(world.disk).to.deep.equal(['lab 02', 'hours of work']);
    expect((await readState(folder)).current).to.equal('02');
  });

  it('is not touched by a `lab up` that would apply roles unasked, which says what to do', async () => {
    const world = new World(folder);
    await world.start('02');
    await killed(world, 4, () => world.start('03'));
    const refused = async (what: string, wish: Partial<UpWish>, says: RegExp) => {
      const disk = [...(world.disk ?? [])];
      const error = await world.up(wish).catch((thrown: unknown) => thrown);
      expect(error, what).to.be.instanceOf(LabError);
      expect((error as LabError).render(), what).to.match(says);
      expect(world.disk, what).to.deep.equal(disk);
    };
    await refused('after a start', {}, /^`lab start 03` broke off[\s\S]*`lab up --all-roles`/);
    await world.start('03');
    await refused(
      'other timers',
      { timers: '3' },
      /in lab 03[\s\S]*--all-roles --timers 3[\s\S]*lab start 03/,
    );
    await killed(world, 3, () => world.resume('02'));
    await refused('after a return', {}, /^`lab start 02 --resume` broke off/);
    await world.resume('02');
    await world.save('mine');
    await killed(world, 3, () => world.restore('mine'));
    await refused('after a snapshot', {}, /^`lab snapshot restore mine` broke off/);
  });

  it('goes on where a lab is resumed while the machines are in it', async () => {
    const world = new World(folder);
    await world.start('02');
    await world.work('first');
    await world.start('02');
    await world.work('second');
    await world.halt();
    await world.resume('02');
    expect(world.disk).to.deep.equal(['lab 02', 'second']);
    expect(world.on).to.equal(true);
    // The earlier one is there by its name.
    await world.restore('work-02');
    expect(world.disk).to.deep.equal(['lab 02', 'first']);
    expect(world.snapshots.get('work-02-2')).to.deep.equal(['lab 02', 'second']);
    expect((await readState(folder)).current).to.equal('02');
  });

  it('is saved before a snapshot is restored, which brings its lab and its open faults back', async () => {
    const world = new World(folder);
    await world.start('02');
    const fault = { lab: '02', name: 'cut', machine: 'a', at: '' };
    await changeState(await world.session(), (state) => void state.faults.push(fault));
    await world.save('mine');
    await world.start('03');
    await world.work('in lab 03');
    expect((await readState(folder)).faults).to.deep.equal([]);
    await world.restore('mine');
    expect(world.snapshots.get('work-03')).to.deep.equal(['lab 03', 'in lab 03']);
    expect(await readState(folder)).to.deep.include({ current: '02', faults: [fault] });
    const error = await world.restore('nobodys').catch((thrown: unknown) => thrown);
    expect(error).to.be.instanceOf(LabError);
    expect((await readState(folder)).current).to.equal('02');
    // Without saving, as asked for.
    const count = world.snapshots.size;
    await world.work('not worth it');
    await returnTo(await world.session(), 'mine', { discard: true });
    expect(world.snapshots.size).to.equal(count);
  });

  /** Does `work` in a world that `begin` made, killed a little later each time, in the engine or at a file; `look` sees each world afterwards. */
  const killedAnywhere = async (
    begin: (world: World) => Promise<void>,
    work: (world: World) => Promise<void>,
    look: (world: World, where: string) => Promise<void>,
  ): Promise<void> => {
    for (const how of ['engine', 'file'])
      for (let at = 1, whole = false; !whole; at += 1) {
        rmSync(folder, { recursive: true, force: true });
        mkdirSync(folder);
        const world = new World(folder);
        await begin(world);
        const done = async () => {
          await work(world);
          whole = true;
        };
        if (how === 'file') await crashAt(at, () => done());
        else await killed(world, at - 1, done);
        for (const name of readdirSync(folder)) if (name.includes('.lock')) rmSync(join(folder, name));
        await look(world, `killed at ${how} ${at}`);
      }
  };
  const inDoubt = async (id: string) =>
    doneByKit(provenanceOf((await readState(folder)).history), id, []).map(({ en }) => en);

  it('is in no doubt after a save that was killed', () =>
    killedAnywhere(
      (world) => world.start('01'),
      (world) => world.start('02'),
      async (world, where) => {
        for (const name of [...world.snapshots.keys()]) {
          await world.restore(name);
          expect(await inDoubt('01'), `${where}, ${name}`).to.deep.equal([]);
        }
      },
    ));

  it('is not told to be of another lab where a snapshot was being replaced', () =>
    killedAnywhere(
      async (world) => {
        await world.start('01');
        await world.save('mine');
        await world.start('02');
      },
      (world) => world.save('mine'),
      async (world, where) => {
        await world.restore('mine');
        const { current } = await readState(folder);
        const lab = world.disk?.[0]?.slice(-2);
        if (current !== undefined) expect(current, where).to.equal(lab);
        // Nor does the record tell that it is surely of the one.
        for (const id of ['01', '02'])
          if (id !== lab) expect(await inDoubt(id), `${where}: lab ${lab} as ${id}`).to.not.deep.equal([]);
      },
    ));

  it('is never lost, in any order of start, up, halt, snapshot, return and kills', async function () {
    this.timeout(120_000);
    for (let seed = 1; seed <= SEEDS; seed += 1) {
      rmSync(folder, { recursive: true, force: true });
      mkdirSync(folder);
      const world = new World(folder);
      const next = random(seed);
      const pick = <T>(all: T[]): T => all[Math.floor(next() * all.length)] as T;
      const commands: Record<string, (id: string) => Promise<void>> = {
        start: (id) => world.start(id),
        resume: (id) => world.resume(id),
        up: () => world.up(),
        'up --all-roles': () => world.up({ allRoles: true }),
        'up --until': () => world.up({ until: 'web' }),
        'up --no-provision': () => world.up({ provision: false }),
        halt: () => world.halt(),
        save: (id) => world.save(`mine-${id}`),
        restore: () => world.restore(pick([...world.snapshots.keys(), 'none'])),
      };
      const works: string[] = [];
      const log: string[] = [];
      for (let number = 1; number <= COMMANDS; number += 1) {
        const id = pick(LABS);
        const what = pick(['work', 'work', 'work', ...Object.keys(commands)]);
        const how = pick(['whole', 'whole', 'engine', 'files']);
        const at = 1 + Math.floor(next() * (how === 'engine' ? 5 : 30));
        log.push(`${what} ${id} ${how} ${at}`);
        const before = await readState(folder);
        const disk = [...(world.disk ?? [])];
        const work = commands[what];
        if (!work) {
          if (await world.work(`${number}`)) works.push(`${number}`);
        } else {
          const done = () => work(id).catch(refusal);
          if (how === 'files') await crashAt(at, done);
          else await killed(world, how === 'engine' ? at - 1 : Number.POSITIVE_INFINITY, done);
          // The lock of a process that was killed is not that of this one.
          for (const name of readdirSync(folder, { withFileTypes: true }))
            if (name.name.includes('.lock')) rmSync(join(folder, name.name));
        }
        const told = `seed ${seed}: ${log.join(', ')} (${JSON.stringify(before.moving)})`;
        const kept = world.kept();
        expect(
          works.filter((work) => !kept.has(work)),
          told,
        ).to.deep.equal([]);
        const { current } = await readState(folder);
        // What is said of the machines is so.
        if (current !== undefined) expect(world.disk?.[0], told).to.equal(`lab ${current}`);
        // Nor is the work of who did all of it himself in doubt: only where the kit cannot know which of two labs a snapshot is of.
        const { history } = await readState(folder);
        const from = history.findLast(({ kind }) => ['start', 'snapshot'].includes(kind));
        if (current !== undefined && !(from?.kind === 'snapshot' && world.doubtful.has(from.what)))
          expect(
            doneByKit(provenanceOf(history), current, []).map(({ en }) => en),
            told,
          ).to.deep.equal([]);
        const same =
          before.current !== undefined && (what === 'up' || (what === 'resume' && before.current === id));
        if (same) expect(world.disk, told).to.deep.equal(disk);
      }
    }
  });

  it('and what a command remembers that began before another one wrote are both there', async () => {
    const empty: LabsState = { hints: {}, faults: [], starts: [], history: [] };
    await writeState(folder, empty);
    const check = { environment: { folder }, state: await readState(folder) };
    const start = { environment: { folder }, state: await readState(folder) };
    await changeState(start, (state) => {
      state.current = '02';
      remember(state, { kind: 'start', what: '02' });
    });
    await changeState(check, (state) => remember(state, { kind: 'check', what: '02' }));
    expect(check.state.current).to.equal('02');
    expect((await readState(folder)).history.map((entry) => entry.kind)).to.deep.equal([
      'record',
      'start',
      'check',
    ]);
    await Promise.all(
      Array.from({ length: 8 }, (_, at) =>
        changeState(check, ({ hints }) => void Object.assign(hints, { [`0${at}.1`]: 1 })),
      ),
    );
    expect(Object.keys((await readState(folder)).hints)).to.have.length(8);
  });
});

/** What was asked for is refused in words (there is no work of this lab yet); anything else is a kill. */
function refusal(error: unknown): void {
  if (!(error instanceof LabError)) throw error;
}
