import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { ROOT } from '../../tasks/base/paths.ts';
import { setLanguage } from '../../tasks/base/text.ts';
import { despiteOthers, StepsAtWork } from '../../tasks/environment/provision/again.ts';
import { afterOf, bootInTurn, bootOrder, Slots } from '../../tasks/environment/provision/boots.ts';
import type { EnvironmentFacts } from '../../tasks/environment/provision/context.ts';
import type { Step } from '../../tasks/environment/provision/graph.ts';
import { RoleFailed } from '../../tasks/environment/provision/machine.ts';
import { provisionEnvironment, type Scope } from '../../tasks/environment/provision/provision.ts';
import { loadTopology } from '../../tasks/topology/load.ts';
import type { Machine } from '../../tasks/topology/model.ts';
import { fakeClock } from './helpers/clock.ts';
import { fakeEngine } from './helpers/fake-engine.ts';
import { type FakeSsh, fakeSsh } from './helpers/fake-ssh.ts';
import { labFactsOf } from './helpers/lab-facts.ts';
import { withFakeSsh } from './helpers/only.ts';

const topology = await loadTopology('seven', ROOT);
const names = topology.machines.map((machine) => machine.name);
const after = afterOf(ROOT);
const named = (...wanted: string[]): Machine[] =>
  topology.machines.filter((machine) => wanted.includes(machine.name));

describe('order and number of boots', () => {
  it('databases and storage first, side by side, then what else others wait for, and the client last', () => {
    expect(bootOrder(topology.machines, after).map(({ name }) => name)).to.deep.equal([
      ...['db1', 'db2', 'lb2', 'web1', 'web2', 'lb1', 'client'],
    ]);
  });

  it('a role that the kit does not know waits for nothing', () => {
    const machines = [{ name: 'a', roles: ['x'] }];
    expect(bootOrder(machines, () => [])).to.deep.equal(machines);
  });

  for (const [count, most] of [
    [undefined, 5],
    [1, 1],
    [2, 2],
  ] as const)
    it(`${count ?? 'no limit of'} slots: ${most} at work at a time, in order, all in the end, errors or not`, async () => {
      const slots = new Slots(count);
      const log: number[] = [];
      let [open, seen] = [0, 0];
      const work = [0, 1, 2, 3, 4].map((number) =>
        slots.run(async () => {
          open += 1;
          seen = Math.max(seen, open);
          log.push(number);
          await new Promise((resolve) => setTimeout(resolve, 2));
          open -= 1;
          if (number === 1) throw new Error('one');
        }),
      );
      const ends = await Promise.allSettled(work);
      expect(seen).to.equal(most);
      expect(log).to.deep.equal([0, 1, 2, 3, 4]);
      expect(ends.filter((end) => end.status === 'rejected')).to.have.length(1);
    });
});

withFakeSsh.describe('machines that boot, and roles on them', () => {
  let ssh: FakeSsh;
  let folder = '';
  let facts: EnvironmentFacts;
  beforeEach(async () => {
    setLanguage('en');
    folder = mkdtempSync(join(tmpdir(), 'boots-'));
    facts = await labFactsOf('unit', topology, folder);
  });
  afterEach(() => {
    ssh.remove();
    rmSync(folder, { recursive: true });
  });

  it('with one processor each machine has answered before the next one starts', async () => {
    ssh = fakeSsh('sleep 0.01; echo --');
    const engine = fakeEngine(names, 'off', folder, { bootsAtOnce: 1 });
    const start = engine.start;
    engine.start = async (machine, report) => {
      engine.log.push(...ssh.calls().slice(engine.log.filter((line) => line.includes(':')).length));
      await start(machine, report);
    };
    await bootInTurn(engine, named('db1', 'db2', 'client'), after);
    expect(engine.log).to.deep.equal(['start db1', 'db1: ask', 'start db2', 'db2: ask', 'start client']);
  });

  it('one that does not come up does not keep the others from their turn', async () => {
    ssh = fakeSsh('[[ $machine != db1 ]] || exit 255; echo --');
    const engine = fakeEngine(names, 'off', folder, { bootsAtOnce: 1 });
    const start = engine.start;
    engine.start = async (machine, report) => {
      await start(machine, report);
      if (machine.name === 'db1') engine.power.set('db1', 'off');
    };
    const error = await bootInTurn(engine, named('db1', 'db2'), after).catch((reason: unknown) => reason);
    expect(error).to.have.property('message').that.includes('db1 stopped');
    expect(engine.log).to.deep.equal(['start db1', 'start db2']);
  });

  /** Provisions machines of the lab and gives the end of each, the calls of ssh and what was shown. */
  async function provision(
    machines: Machine[],
    state: 'off' | 'running',
    scope: Scope = {},
    atOnce?: number,
  ) {
    const engine = fakeEngine(names, state, folder, atOnce ? { bootsAtOnce: atOnce } : {});
    const shown: string[] = [];
    const tell = (machine: string, line: string) => shown.push(`${machine}: ${line}`);
    const results = provisionEnvironment(engine, facts, join(folder, 'logs'), machines, tell, scope);
    const ends: Record<string, string> = {};
    for (const [name, promise] of results)
      ends[name] = await promise.then(
        ({ started, applied }) =>
          `${started ? 'started, ' : ''}${applied.map((role) => role.role).join(' ')}`,
        (error: Error) => error.message,
      );
    return { ends, shown, started: engine.log, roles: ssh.calls().filter((call) => !/ask|ship/.test(call)) };
  }

  it('machines that are off start in order, and their roles follow', async () => {
    ssh = fakeSsh('[[ $word != ask ]] || echo --');
    const { ends, started, roles, shown } = await provision(topology.machines, 'off', {}, 2);
    expect(started).to.deep.equal(
      ['db1', 'db2', 'lb2', 'web1', 'web2', 'lb1', 'client'].map((name) => `start ${name}`),
    );
    expect(ends).to.include({
      lb1: 'started, common lb router arbitrator',
      client: 'started, common client',
    });
    expect(roles.indexOf('web1: web')).to.be.greaterThan(roles.indexOf('db2: storage'));
    expect(shown).to.include('client: waits for its turn to start');
  });

  it('with one processor no machine starts before all earlier ones have answered', async () => {
    ssh = fakeSsh('[[ $word != ask ]] || { sleep 0.02; echo --; echo "$machine: answered" >>calls; }');
    const engine = fakeEngine(names, 'off', folder, { bootsAtOnce: 1 });
    const answered: number[] = [];
    const start = engine.start;
    engine.start = async (machine, report) => {
      answered.push(ssh.calls().filter((call) => call.endsWith(': answered')).length);
      await start(machine, report);
    };
    const machines = named('db1', 'db2', 'lb2');
    const results = provisionEnvironment(engine, facts, join(folder, 'logs'), machines, () => undefined);
    await Promise.all(results.values());
    expect(answered).to.deep.equal([0, 1, 2]);
  });

  it('machines that run take no turn, and are not started', async () => {
    ssh = fakeSsh('[[ $word != ask ]] || echo --');
    const { started, ends } = await provision(named('lb1', 'lb2', 'client'), 'running', {}, 1);
    expect(started).to.deep.equal([]);
    expect(ends.lb1).to.equal('common lb router arbitrator');
  });

  for (const [state, line] of [
    ['off', 'booting'],
    ['running', 'waiting for an answer over ssh'],
    ['frozen', 'waiting for an answer over ssh'],
  ] as const)
    it(`the progress of a machine that was ${state} says: ${line}`, async () => {
      ssh = fakeSsh('if [[ $word == ask ]]; then [[ $(grep -c ask calls) -gt 8 ]] || exit 255; echo --; fi');
      let work = 0;
      const progressOf = async () => work++;
      const engine = fakeEngine(names, state, folder, { bootSeconds: 10, progressOf });
      const shown: string[] = [];
      const tell = (_machine: string, text: string) => shown.push(text);
      const results = provisionEnvironment(engine, facts, join(folder, 'logs'), named('client'), tell);
      await Promise.all(results.values());
      const waits = shown.filter((text) => /, \d+ s/.test(text));
      expect(waits).to.not.be.empty;
      expect(
        waits.every((text) => text.startsWith(line)),
        waits.join('\n'),
      ).to.equal(true);
    });

  it('roles of machines that are not asked for are not waited for', async () => {
    ssh = fakeSsh('[[ $word != ask ]] || echo --');
    const { ends, started, roles } = await provision(named('web1'), 'off');
    expect(started).to.deep.equal(['start web1']);
    expect(ends).to.deep.equal({ web1: 'started, common session web sentinel' });
    expect(roles.every((call) => call.startsWith('web1: '))).to.equal(true);
  });

  it('a mistake in a script ends with its own error, without another try', async () => {
    ssh = fakeSsh('case $word in ask) echo -- ;; web) echo "syntax error"; exit 2 ;; esac');
    const { ends, roles } = await provision(named('web1', 'web2'), 'running');
    expect(ends.web1).to.equal('web could not be applied on web1 (exit code 2).');
    expect(roles.filter((call) => call === 'web1: web')).to.have.length(1);
  });

  it('a role that only its own machine can have failed is not tried again when nobody else is at work', async () => {
    ssh = fakeSsh('case $word in ask) echo -- ;; client) exit 1 ;; esac');
    const { ends, roles } = await provision(named('client'), 'running');
    expect(ends.client).to.include('exit code 1');
    expect(roles).to.deep.equal(['client: common', 'client: client']);
  });

  it('one that leans on other machines is tried once more; it is shown, and each try is in the log', async () => {
    ssh = fakeSsh(
      'case $word in ask) echo -- ;; web) if [[ ! -e moved ]]; then touch moved; echo "no server"; exit 1; fi; echo mounted ;; esac',
    );
    const { ends, roles, shown } = await provision(named('web2'), 'running');
    expect(ends.web2).to.equal('common session web sentinel');
    expect(roles.filter((call) => call === 'web2: web')).to.have.length(2);
    expect(shown).to.include('web2: web: failed, trying again');
    const log = readFileSync(join(folder, 'logs', 'web2.log'), 'utf8');
    expect(log).to.match(
      /== web \(exit code 1\)\n.*no server\n[\s\S]*== web \(exit code 0, try 2\)\n.*mounted\n/,
    );
  });
});

describe('a role that failed', () => {
  const step = (machine: string): Step => ({
    ...{ machine, id: machine, role: 'web', digest: '' },
    services: [],
    after: [],
  });
  const failed = new RoleFailed({ en: 'failed', fr: 'échec' });

  /** Fails so often, with others at work or not; gives how it ended, and the pauses. */
  async function attempt(failures: Error[], { busy = false, moved = false, leans = false, takes = 1 }) {
    const atWork = new StepsAtWork();
    const pauses: number[] = [];
    const tries: number[] = [];
    let release: () => void = () => undefined;
    if (busy) void atWork.during(step('other'), () => new Promise<void>((resolve) => (release = resolve)));
    const own = step('own');
    const clock = fakeClock();
    const sleep = async (seconds: number) => void pauses.push(seconds);
    const watched = { now: clock.now, sleep };
    const end = await atWork.during(own, () =>
      despiteOthers(
        { ...{ step: own, atWork, leans, clock: watched }, tell: () => undefined },
        async (number) => {
          tries.push(number);
          clock.time += takes;
          if (moved) await atWork.during(step('other'), async () => undefined);
          const error = failures.shift();
          if (error) throw error;
          return 'done';
        },
      ).catch((error: Error) => error),
    );
    release();
    return { end, pauses, tries };
  }

  it('is begun again while another machine is at work, or after its work ended: twice at most', async () => {
    for (const others of [{ busy: true }, { moved: true }]) {
      const well = await attempt([failed], others);
      expect(well).to.deep.equal({ end: 'done', pauses: [5], tries: [1, 2] });
      const ill = await attempt([failed, failed, failed, failed], others);
      expect(ill).to.deep.equal({ end: failed, pauses: [5, 20], tries: [1, 2, 3] });
    }
  });

  it('is begun again once where a try takes long: a mistake is said in good time', async () => {
    const slow = await attempt([failed, failed, failed], { busy: true, takes: 240 });
    expect(slow).to.deep.equal({ end: failed, pauses: [5], tries: [1, 2] });
  });

  it('is begun again once without others, when it leans on what they have made', async () => {
    expect((await attempt([failed], { leans: true })).tries).to.deep.equal([1, 2]);
    expect((await attempt([failed, failed, failed], { leans: true })).tries).to.deep.equal([1, 2]);
    expect((await attempt([failed], {})).tries).to.deep.equal([1]);
  });

  it('is not begun again for another reason', async () => {
    const defect = new Error('defect');
    expect(await attempt([defect], { busy: true, leans: true })).to.deep.equal({
      ...{ end: defect, pauses: [], tries: [1] },
    });
  });
});
