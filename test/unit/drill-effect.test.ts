import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { setLanguage } from '../../tasks/base/text.ts';
import type { PowerState } from '../../tasks/engines/engine.ts';
import { type Ask, beforeFault, effectOf, pingAnswers } from '../../tasks/measure/drill/effect.ts';
import { FAULTS, type Fault, type Verdict } from '../../tasks/measure/drill/model.ts';
import { doFault } from '../../tasks/measure/drill/phases.ts';
import { renderDrill } from '../../tasks/measure/drill/render.ts';
import { type Effect, effectText } from '../../tasks/measure/drill/signs.ts';
import type { DrillSite } from '../../tasks/measure/drill/site.ts';
import { renderSequence } from '../../tasks/measure/drill/summary.ts';
import { drillVerdict, overallOfRepeated } from '../../tasks/measure/drill/verdict.ts';
import { parseTopology } from '../../tasks/topology/load.ts';
import { fakeEngine } from './helpers/fake-engine.ts';
import { type FakeSsh, fakeSsh } from './helpers/fake-ssh.ts';
import { withFakeSsh } from './helpers/only.ts';
import { recorded } from './report/recorded.ts';

const file = join(import.meta.dirname, '../../topologies/seven.yaml');
const topology = parseTopology(readFileSync(file, 'utf8'), file);
const names = topology.machines.map(({ name }) => name);

/** As iputils prints them. */
const ALIVE = (address: string, received = 3, sent = 3, least = '0.039') =>
  `PING ${address} (${address}) 56(84) bytes of data.

--- ${address} ping statistics ---
${sent} packets transmitted, ${received} received, ${Math.round(100 - (100 * received) / sent)}% packet loss, time 407ms
rtt min/avg/max/mdev = ${least}/0.140/240.324/0.130 ms
`;
const DEAD = (address: string) => `PING ${address} (${address}) 56(84) bytes of data.

--- ${address} ping statistics ---
3 packets transmitted, 0 received, +3 errors, 100% packet loss, time 406ms
pipe 3
`;
const [CLIENT, LB1, LB2, DB2] = ['10.0.2.100', '10.0.2.11', '10.0.2.12', '10.0.2.32'];
const BOOT = '3f0c9a86-6a4d-4d3c-93c0-1ee3d1f1bf04';
const PROCESS = `${BOOT}\nMainPID=412\nExecMainStartTimestampMonotonic=9183114\n`;

const said = (stdout: string, code = 0, stderr = '') => ({ code, stdout, stderr });

describe('drill: is the fault felt?', () => {
  before(() => setLanguage('en'));

  /** What is found after a fault, when the engine says this state, and machines answer this. */
  const found = async (
    fault: Partial<Fault>,
    answer: ReturnType<typeof said>,
    state: PowerState = 'running',
    before?: string,
  ) => {
    const asked: string[] = [];
    const ask: Ask = async (machine, command) => {
      asked.push(`${machine}: ${command}`);
      return answer;
    };
    const engine = fakeEngine(names, 'running', '/nowhere');
    const whole: Fault = { kind: 'power', machine: 'lb1', held: [], ...fault };
    engine.power.set(whole.machine, state);
    const effect = await effectOf(
      whole,
      { engine, topology, nic: 'bond0', client: { name: 'client' } },
      before,
      ask,
      0,
    );
    return { effect, asked, text: effectText({ fault: whole, effect }) ?? '' };
  };
  const gone = said(DEAD(LB1) + ALIVE(LB2), 0);
  const there = said(ALIVE(LB1) + ALIVE(LB2));

  it('power, stop and fading: off for the engine, and silent for the client', async () => {
    for (const kind of ['power', 'stop', 'fading'] as const) {
      expect((await found({ kind }, gone, 'off')).effect).to.include({ seen: true });
      const running = await found({ kind }, gone, 'running');
      expect(running.effect).to.include({ seen: false, sign: 'state' });
      expect(running.text).to.equal(
        'The fault was not felt: the engine says that lb1 is running; the drill proves nothing.',
      );
      const answers = await found({ kind }, there, 'off');
      expect(answers.effect).to.include({ seen: false, sign: 'answers', found: '3/3' });
    }
  });

  it('freeze: frozen for the engine, and silent', async () => {
    expect((await found({ kind: 'freeze' }, gone, 'frozen')).effect?.seen).to.equal(true);
    expect((await found({ kind: 'freeze' }, gone, 'running')).effect?.seen).to.equal(false);
    expect((await found({ kind: 'freeze' }, there, 'frozen')).text).to.match(
      /lb1 still answers the client \(3\/3 pings\)/,
    );
  });

  it('cable: the client asks, and another machine shows that it is not the client that is cut off', async () => {
    const cut = await found({ kind: 'cable' }, gone);
    expect(cut.effect?.seen).to.equal(true);
    expect(cut.asked[0]).to.match(/^client: .*ping .* 10\.0\.2\.11; .*ping .* 10\.0\.2\.12$/);
    expect((await found({ kind: 'cable' }, there)).effect?.seen).to.equal(false);
    const deaf = await found({ kind: 'cable' }, said(DEAD(LB1) + DEAD(LB2), 1));
    expect(deaf.effect?.seen).to.equal(null);
    expect(deaf.text).to.match(
      /^Whether the fault was felt could not be found out \(client: 10\.0\.2\.12 does/,
    );
    const lost = await found({ kind: 'cable' }, said('', 255, 'ssh: connect to host 10.0.2.100: No route'));
    expect(lost.effect?.seen).to.equal(null);
    expect(lost.text).to.include('No route');
  });

  it('pair: it hears the other one no more, and the client all the same', async () => {
    const pair = { kind: 'pair', machine: 'db1', peer: 'db2' } as const;
    const apart = await found(pair, said(DEAD(DB2) + ALIVE(CLIENT)));
    expect(apart.effect?.seen).to.equal(true);
    expect(apart.asked[0]).to.match(/^db1: .* 10\.0\.2\.32; .* 10\.0\.2\.100$/);
    expect((await found(pair, said(ALIVE(DB2) + ALIVE(CLIENT)))).text).to.include(
      'db1 still has answers from db2',
    );
    expect((await found(pair, said(DEAD(DB2) + DEAD(CLIENT)))).effect?.seen).to.equal(null);
  });

  it('kill: another process, none, or a machine that starts again', async () => {
    const kill = { kind: 'kill', service: 'haproxy' } as const;
    const before = await beforeFault({ ...kill, machine: 'lb1', held: [] }, async () => said(PROCESS));
    const afterwards = (text: string, code = 0) => found(kill, said(text, code), 'running', before);
    expect((await afterwards(PROCESS)).text).to.match(/haproxy still has the same process on lb1 \(412\)/);
    for (const text of [
      PROCESS.replace('412', '977'),
      PROCESS.replace('412', '0'),
      PROCESS.replace('9183114', '9999999'),
      PROCESS.replace(BOOT, BOOT.replace('3f', '4e')),
    ])
      expect((await afterwards(text)).effect?.seen, text).to.equal(true);
    expect((await afterwards('', 255)).effect, 'it resets itself').to.include({ seen: true });
    expect((await found(kill, said(PROCESS))).effect?.seen, 'nothing known of before').to.equal(null);
  });

  it('loss and delay: what the client’s pings take', async () => {
    const loss = (received: number) => found({ kind: 'loss' }, said(ALIVE(LB1, received, 40)));
    expect((await loss(33)).effect?.seen).to.equal(true);
    expect((await loss(40)).text).to.include('lb1 loses no packets (40/40 pings answered)');
    const delay = (least: string) => found({ kind: 'delay' }, said(ALIVE(LB1, 3, 3, least)));
    expect((await delay('163.201')).effect?.seen).to.equal(true);
    expect((await delay('0.412')).text).to.include('lb1 answers without delay (0.412 ms)');
    expect((await found({ kind: 'delay' }, said(DEAD(LB1), 1))).effect?.seen).to.equal(null);
  });

  it('disk and clock: what the machine says', async () => {
    expect((await found({ kind: 'disk' }, said('0 4096\n'))).effect?.seen).to.equal(true);
    expect((await found({ kind: 'disk' }, said('262144 4096\n'))).text).to.include(
      'still has room (1024 MiB)',
    );
    const now = Math.round(Date.now() / 1000);
    expect((await found({ kind: 'clock' }, said(`${now + 3601}\n`))).effect?.seen).to.equal(true);
    expect((await found({ kind: 'clock' }, said(`${now + 1}\n`))).text).to.match(/only [012] s ahead/);
    expect((await found({ kind: 'clock' }, said('', 124))).effect?.seen).to.equal(null);
  });

  it('every fault is looked for, and none throws', async () => {
    const broken: Ask = async () => {
      throw new Error('the client is gone');
    };
    const engine = fakeEngine(names, 'off', '/nowhere');
    for (const kind of FAULTS) {
      const fault: Fault = { kind, machine: 'lb1', peer: 'lb2', service: 'haproxy', held: [] };
      const effect = await effectOf(
        fault,
        { engine, topology, nic: 'bond0', client: { name: 'client' } },
        'x',
        broken,
        0,
      );
      if (kind === 'none') expect(effect).to.equal(undefined);
      else expect(effect?.seen, kind).to.not.equal(true);
    }
  });

  it('it is looked for again until it shows', async () => {
    const answers = [there, gone];
    const ask: Ask = async () => answers.shift() ?? gone;
    const lab = {
      engine: fakeEngine(names, 'running', '/'),
      topology,
      nic: 'bond0',
      client: { name: 'client' },
    };
    const effect = await effectOf({ kind: 'cable', machine: 'lb1', held: [] }, lab, undefined, ask, 5);
    expect([effect?.seen, answers.length]).to.deep.equal([true, 0]);
  });

  withFakeSsh.describe('while it lasts', () => {
    let ssh: FakeSsh;
    afterEach(() => ssh.remove());
    const cut = async (answer: string) => {
      ssh = fakeSsh(`cat <<'END'\n${answer}END\n`);
      const log: string[] = [];
      const engine = fakeEngine(names, 'running', ssh.folder, {
        cutCable: async () => void log.push('cut'),
        restoreCable: async () => void log.push('restored'),
      });
      const site = { engine, topology, client: { name: 'client' }, environment: { folder: ssh.folder } };
      const fault: Fault = { kind: 'cable', machine: 'lb1', held: [] };
      const { effect } = await doFault(site as unknown as DrillSite, fault, 0.1, () => Date.now() / 1000);
      return { effect, log };
    };

    it('a drill asks the machines, and undoes the fault either way', async () => {
      const none = await cut(ALIVE(LB1) + ALIVE(LB2));
      expect(none.effect).to.include({ seen: false, sign: 'answers' });
      expect(none.log).to.deep.equal(['cut', 'restored']);
    });

    it('and finds what is felt', async () => {
      const felt = await cut(DEAD(LB1) + ALIVE(LB2));
      expect(felt.effect?.seen).to.equal(true);
      expect(felt.log).to.deep.equal(['cut', 'restored']);
    });
  });

  it('reads ping, with errors and duplicates', () => {
    expect(pingAnswers(DEAD(LB1))).to.deep.equal({ sent: 3, answered: 0, least: undefined });
    expect(pingAnswers('40 packets transmitted, 38 received, +1 duplicates, 5% packet loss')).to.include({
      answered: 38,
    });
    expect(pingAnswers('bash: ping: command not found')).to.equal(undefined);
  });

  describe('verdict', () => {
    const NONE: Effect = { seen: false, sign: 'answers', found: '3/3' };
    const passed = { ...recorded().result, verdict: 'pass' as const };

    it('what was not felt passes nothing; lost writes fail all the same', () => {
      const verdict = (name: Verdict, effect?: Effect) => {
        const judgements = passed.judgements.slice(0, 1).map((judged) => ({ ...judged, verdict: name }));
        return drillVerdict({ judgements, ...(effect ? { effect } : {}) });
      };
      expect(verdict('pass', NONE)).to.equal('unknown');
      expect(verdict('pass', { ...NONE, seen: null })).to.equal('unknown');
      expect(verdict('pass', { ...NONE, seen: true })).to.equal('pass');
      expect(verdict('pass')).to.equal('pass');
      expect(verdict('fail', NONE)).to.equal('fail');
    });

    it('one of several that was not felt is not outvoted', () => {
      const judgements = passed.judgements.map((judgement) => ({
        ...judgement,
        verdict: 'pass' as const,
        measured: 0,
      }));
      const result = { judgements };
      expect(overallOfRepeated([result, result, result])).to.equal('pass');
      expect(overallOfRepeated([result, result, { judgements, effect: NONE }])).to.equal('unknown');
    });

    it('is explained in one sentence, in both languages, above the verdict and in the table of several', () => {
      const result = { ...passed, effect: NONE, verdict: 'unknown' as const };
      const lines = renderDrill(result).split('\n');
      expect(lines.at(-2)).to.match(
        /^The fault was not felt: .* still answers the client .*proves nothing\.$/,
      );
      expect(renderDrill(passed)).to.not.include('not felt');
      expect(renderSequence([{ name: 'x', result }], 'unknown')).to.include('fault not felt');
      setLanguage('fr');
      expect(renderDrill(result)).to.match(/La panne n'a pas eu d'effet : .* répond encore au client/);
      setLanguage('en');
    });
  });
});
