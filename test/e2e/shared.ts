import { expect } from 'chai';
import { poll } from '../../tasks/base/poll.ts';
import type { EnvironmentStatus } from '../../tasks/inspect/status.ts';
import { lab, type Ran } from './run.ts';

const FRONT = '10.0.2.10';

/** What the tests of a shared lab ask of it. */
export function sharedLab(name: string) {
  /** Runs a command on a machine. */
  const on = (machine: string, command: string): Promise<Ran> =>
    lab(['ssh', '--name', name, machine, '--', command]);
  const up = (extra: string[] = []): Promise<Ran> => lab(['up', '--name', name, '--yes', ...extra]);

  async function upJson(): Promise<{
    machines: { machine: string; started: boolean; applied: unknown[] }[];
  }> {
    const result = await up(['--json']);
    expect(result.code, result.output).to.equal(0);
    return JSON.parse(result.stdout);
  }

  async function status(): Promise<EnvironmentStatus & { healthy: boolean; problems: string[] }> {
    return JSON.parse((await lab(['status', '--name', name, '--json'])).stdout);
  }

  /**
   * What is wrong with the lab, once it has had a minute to be well: a unit may still be starting where starting a program takes long,
   * or be started again after its neighbour.
   */
  async function problems(): Promise<string[]> {
    const last = await poll(status, (found) => found.problems.length === 0, { every: 2, seconds: 60 });
    return last.problems;
  }

  /** The machine that has the front address. */
  async function holder(): Promise<string> {
    const front = (await status()).floating.find((floating) => floating.address === FRONT);
    expect(front?.holders, 'exactly one machine holds the front address').to.have.length(1);
    return front?.holders[0] ?? '';
  }

  return { on, up, upJson, status, problems, holder };
}
