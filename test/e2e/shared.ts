import { expect } from 'chai';
import type { LabStatus } from '../../tasks/status/collect.ts';
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

  async function status(): Promise<LabStatus & { healthy: boolean; problems: string[] }> {
    return JSON.parse((await lab(['status', '--name', name, '--json'])).stdout);
  }

  /** The machine that has the front address. */
  async function holder(): Promise<string> {
    const front = (await status()).floating.find((one) => one.address === FRONT);
    expect(front?.holders, 'exactly one machine holds the front address').to.have.length(1);
    return front?.holders[0] ?? '';
  }

  return { on, up, upJson, status, holder };
}
