import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import type { Engine } from '../../tasks/engines/engine.ts';
import type { Lab } from '../../tasks/lab/lab.ts';
import { remember } from '../../tasks/labs/history.ts';
import { latestWork, mayHoldWork, moveTo } from '../../tasks/labs/moves.ts';
import { changeState, type LabsState, readState, writeState } from '../../tasks/labs/state.ts';
import { LabError } from '../../tasks/ui/errors.ts';
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

/** A lab of one machine whose disk holds the names of what a student did on it. Each step of its engine may be the last. */
class World {
  disk: string[] | undefined;
  readonly snapshots = new Map<string, string[]>();
  /** Steps until the process is killed. */
  left = Number.POSITIVE_INFINITY;
  readonly engine: Engine;

  constructor(readonly folder: string) {
    this.engine = fakeEngine(['a'], 'running', folder, {
      states: async () => new Map([['a', this.disk ? 'running' : 'absent']]),
      listSnapshots: async () =>
        [...this.snapshots.keys()].map((name) => ({ name, taken: '', memory: false })),
      saveSnapshot: async (name) => {
        this.step();
        this.snapshots.set(name, [...(this.disk ?? [])]);
        this.step();
      },
    });
  }

  step(): void {
    this.left -= 1;
    if (this.left < 0) throw new Error('the process was killed');
  }

  async session() {
    const lab = { folder: this.folder, name: 'x', record: { topology: 'seven' } } as Lab;
    return { lab, engine: this.engine, state: await readState(this.folder) };
  }

  async start(id: string): Promise<void> {
    await moveTo(await this.session(), { to: id }, async () => {
      this.step();
      this.disk = undefined;
      this.step();
      this.disk = ['half'];
      this.step();
      this.disk = [`start ${id}`];
    });
  }

  /** As `lab start --resume`. */
  async resume(id: string): Promise<void> {
    const session = await this.session();
    const { moving } = session.state;
    const from = (moving?.to === id && moving.from) || (await latestWork(this.engine, id));
    await moveTo(session, { to: id, from }, async () => {
      this.step();
      this.disk = undefined;
      this.step();
      this.disk = [...(this.snapshots.get(from) ?? [])];
      this.step();
    });
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
    expect(world.disk).to.deep.equal(['start 02', 'hours of work']);
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
    // `lab up` or `lab ssh`.
    await mayHoldWork(folder);
    world.disk?.push('repaired by hand');
    await world.start('03');
    expect([...world.kept()]).to.include('repaired by hand');
  });

  it('that was never saved cannot come back: that is said before anything is touched', async () => {
    const world = new World(folder);
    await world.start('02');
    const error = await world.resume('03').catch((thrown: unknown) => thrown);
    expect(error).to.be.instanceOf(LabError);
    expect(world.disk).to.deep.equal(['start 02']);
    expect(world.snapshots.size).to.equal(0);
  });

  it('is never lost, in any order of starts, returns and kills', async function () {
    this.timeout(120_000);
    for (let seed = 1; seed <= SEEDS; seed += 1) {
      rmSync(folder, { recursive: true, force: true });
      mkdirSync(folder);
      const world = new World(folder);
      const next = random(seed);
      const pick = <T>(all: T[]): T => all[Math.floor(next() * all.length)] as T;
      const works: string[] = [];
      const log: string[] = [];
      for (let number = 1; number <= COMMANDS; number += 1) {
        const id = pick(LABS);
        const what = pick(['work', 'work', 'start', 'start', 'resume', 'up']);
        const how = pick(['whole', 'whole', 'engine', 'files']);
        const at = 1 + Math.floor(next() * (how === 'engine' ? 5 : 30));
        log.push(`${what} ${id} ${how} ${at}`);
        const before = (await readState(folder)).moving;
        if (what === 'work' || what === 'up') {
          // A student reaches machines by `lab ssh`, or once `lab up` has completed them.
          await mayHoldWork(folder);
          if (!world.disk) world.disk = ['half'];
          if (what === 'up') continue;
          works.push(`${number}`);
          world.disk.push(`${number}`);
        } else {
          const done = what === 'start' ? () => world.start(id) : () => world.resume(id);
          if (how === 'files') await crashAt(at, () => done().catch((error) => missing(error)));
          else await killed(world, how === 'engine' ? at - 1 : Number.POSITIVE_INFINITY, done);
          // The lock of a process that was killed is not that of this one.
          for (const name of readdirSync(folder, { withFileTypes: true }))
            if (name.name.includes('.lock')) rmSync(join(folder, name.name));
        }
        const kept = world.kept();
        const lost = works.filter((one) => !kept.has(one));
        expect(lost, `seed ${seed}: ${log.join(', ')} (${JSON.stringify(before)})`).to.deep.equal([]);
      }
    }
  });

  it('and what a command remembers that began before another one wrote are both there', async () => {
    const empty: LabsState = { hints: {}, faults: [], starts: [], history: [] };
    await writeState(folder, empty);
    const check = { lab: { folder }, state: await readState(folder) };
    const start = { lab: { folder }, state: await readState(folder) };
    await changeState(start, (state) => {
      state.current = '02';
      remember(state, { kind: 'start', what: '02' });
    });
    await changeState(check, (state) => remember(state, { kind: 'check', what: '02' }));
    expect(check.state.current).to.equal('02');
    expect((await readState(folder)).history.map((one) => one.kind)).to.deep.equal(['start', 'check']);
    await Promise.all(
      Array.from({ length: 8 }, (_, at) =>
        changeState(check, ({ hints }) => void Object.assign(hints, { [`0${at}.1`]: 1 })),
      ),
    );
    expect(Object.keys((await readState(folder)).hints)).to.have.length(8);
  });
});

/** There is no work of this lab yet; anything else is a kill. */
function missing(error: unknown): void {
  if (!(error instanceof LabError)) throw error;
}
