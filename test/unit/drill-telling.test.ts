import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { poll } from '../../tasks/base/poll.ts';
import type { Sampler } from '../../tasks/measure/drill/sampler.ts';
import { toLine } from '../../tasks/measure/drill/samples.ts';
import type { DrillSite } from '../../tasks/measure/drill/site.ts';
import { DrillTelling } from '../../tasks/measure/drill/tell.ts';
import { watcherSocket } from '../../tasks/watch/place.ts';
import { serve } from '../../tasks/watch/server.ts';
import { note } from '../../tasks/watch/stream.ts';
import { Watcher } from '../../tasks/watch/watcher.ts';
import { recorded } from './report/recorded.ts';
import { plan } from './studio/made.ts';

const until = (found: () => boolean) => poll(found, Boolean, { every: 0.02, seconds: 60 });

describe('drill: what is told while it goes on', () => {
  let folder: string;
  let watcher: Watcher;
  let served: Promise<boolean>;
  const { result, samples } = recorded();
  const budgets = { kinds: { row: { interval: 0.2, limit: 1, timeout: 10 } } };
  const site = () => ({ environment: { folder }, budgets }) as unknown as DrillSite;
  /** A sampler that has begun and heard nothing yet. */
  const sampler = () => ({ samples: [], axis: { begun: new Date(result.begun) } }) as unknown as Sampler;
  const watch = () => {
    watcher = new Watcher({
      ...{ root: '/', plan: async () => ({ ...plan, machines: [] }), states: async () => new Map() },
      ...{
        statesEvery: 1000,
        hosts: async () => [],
        command: async () => undefined,
        nic: 'x',
        timeoutFactor: 1,
      },
    });
    served = serve(watcher, watcherSocket(folder), 60_000);
    return watcher.begin();
  };
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'telling-'));
  });
  afterEach(async () => {
    watcher?.end();
    await served;
    rmSync(folder, { recursive: true, force: true });
  });

  it('whoever looks has its steps, its times, every request and the verdict, as the result has them', async () => {
    await watch();
    const from = sampler();
    const telling = new DrillTelling(from, site(), { id: result.id, said: 2 });
    await until(() => watcher.state.drill !== undefined);
    expect(watcher.state.drill).to.deep.include({ step: 'steady', said: 2, begun: Date.parse(result.begun) });
    // That nobody was served is told as well.
    const { seq } = watcher.state;
    await until(() => watcher.state.seq > seq);
    telling.fault(result.fault, result.predictions);
    telling.change({ times: { fault: result.times.fault } });
    from.samples.push(...samples);
    await until(() => watcher.state.drill?.visits.length === samples.length);
    expect(watcher.state.drill?.visits).to.deep.equal(samples.map(toLine));
    telling.result({ ...result, said: 2 });
    await telling.end();
    await until(() => watcher.state.drill?.step === 'ended');
    const { verdict, times, notes, expected } = watcher.state.drill ?? {};
    expect(verdict).to.equal(result.verdict);
    expect(times).to.deep.equal({ fault: result.times.fault, redundant: result.times.redundant });
    expect(expected?.map(({ kind }) => kind)).to.deep.equal(result.predictions.map(({ kind }) => kind));
    expect(notes?.map(({ en }) => en)[0]).to.equal('You said 2 s; the longest outage was 1 s.');
  });

  it('a watcher that comes later has the drill; a drill that nobody watches goes on, and one without a result says so', async () => {
    const telling = new DrillTelling(sampler(), site(), { id: 'x' });
    await watch();
    await until(() => {
      telling.change({ machine: 'lb1' });
      return watcher.state.drill !== undefined;
    });
    await telling.end();
    await until(() => watcher.state.drill?.step === 'stopped');
  });

  it('a note of a command is in the stream, in both languages', async () => {
    await watch();
    await until(() => watcher.state.plan !== undefined);
    await until(() => {
      void note(folder, 'lb1', 'ready', { en: 'a', fr: 'b' });
      return watcher.state.lines.length > 0;
    });
    expect(watcher.state.lines[0]).to.deep.include({ code: 'ready', words: { en: 'a', fr: 'b' } });
  });
});
