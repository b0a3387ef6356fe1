import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import type { EnvironmentContext, PowerState } from '../../tasks/engines/engine.ts';
import type { Driver } from '../../tasks/engines/vagrant/driver.ts';
import { Lifecycle } from '../../tasks/engines/vagrant/lifecycle.ts';
import { providerName } from '../../tasks/engines/vagrant/names.ts';
import { Store } from '../../tasks/engines/vagrant/store.ts';
import type { Vagrant } from '../../tasks/engines/vagrant/vagrant.ts';
import { loadTopology } from '../../tasks/topology/load.ts';

const root = join(import.meta.dirname, '../..');

describe('vagrant engine: the way to machines', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'reach-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  /** A lab of which `running` machines run; each question to Vagrant is noted, and two at a time fail as in reality. */
  async function lifecycle(running: string[], asked: string[][], failFirst = false): Promise<Lifecycle> {
    const topology = await loadTopology('seven', root);
    const environment = { name: 'one', topology } as EnvironmentContext;
    const states = new Map<string, PowerState>(running.map((name) => [providerName('one', name), 'running']));
    const driver = { states: async () => states } as unknown as Driver;
    let busy = false;
    const vagrant = {
      async reach(machines: string[]) {
        asked.push(machines);
        if (busy || (failFirst && asked.length === 1)) throw new Error('vagrant ssh-config failed');
        busy = true;
        await new Promise((resolve) => setTimeout(resolve, 20));
        busy = false;
        return machines.map((machine) => ({ machine, host: '192.0.2.1', port: '22' }));
      },
    } as unknown as Vagrant;
    return new Lifecycle(
      environment,
      'libvirt',
      'qemu',
      folder,
      vagrant,
      driver,
      new Store(folder),
      async () => {
        throw new Error('no box is needed');
      },
    );
  }

  it('asked for all machines at the same time, Vagrant is asked once', async () => {
    const asked: string[][] = [];
    const machines = await lifecycle(['web1', 'db1'], asked);
    const answers = await Promise.all([machines.reach(), machines.reach(), machines.reach()]);
    expect(asked).to.deep.equal([['web1', 'db1']]);
    for (const answer of answers)
      expect(answer.map((listener) => listener.machine)).to.have.members(['web1', 'db1']);
  });

  it('a question that failed is asked again', async () => {
    const asked: string[][] = [];
    const machines = await lifecycle(['web1'], asked, true);
    const [first, second] = await Promise.allSettled([machines.reach(), machines.reach()]);
    expect([first?.status, second?.status]).to.deep.equal(['rejected', 'fulfilled']);
  });
});
