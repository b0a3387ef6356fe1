import { type Ended, type RunProgram, runProgram } from '../../base/exec.ts';
import type { Machine } from '../../topology/model.ts';
import type { PowerState } from '../engine.ts';
import type { Driver, Prepared } from './driver.ts';
import { prefixOf, providerName } from './names.ts';
import { tool } from './tool.ts';

/** The lab network's adapter: Vagrant keeps the first one for itself. */
const LAB_ADAPTER = '2';

/** One state of `VBoxManage list --long vms` ("powered off (since 2025-01-01T…)") as the kit names it. */
function stateOf(text: string): PowerState {
  const state = text.replace(/\s*\(since.*$/, '').trim();
  if (state === 'paused') return 'frozen';
  return ['powered off', 'saved', 'aborted', 'aborted-saved'].includes(state) ? 'off' : 'running';
}

/** Machines and their states in the output of `VBoxManage list --long vms`. */
export function parseMachines(output: string): Map<string, PowerState> {
  const states = new Map<string, PowerState>();
  let name: string | undefined;
  for (const line of output.split(/\r?\n/)) {
    // Other parts of the description have names too, in quotes; the machine's own stands alone before its state.
    const named = /^Name:\s+([^\s',]+)$/.exec(line);
    if (named) name = named[1];
    const state = /^State:\s+(\S.*)$/.exec(line);
    if (state?.[1] && name) {
      states.set(name, stateOf(state[1]));
      name = undefined;
    }
  }
  return states;
}

/** VirtualBox's machines, through VBoxManage. */
export class VirtualBoxDriver implements Driver {
  readonly freezesForSnapshot = false;

  constructor(
    private readonly lab: string,
    private readonly run: RunProgram = runProgram,
  ) {}

  async prepare(): Promise<Prepared> {
    await this.vbox('--version');
    return { hostOnNetwork: true };
  }

  async states(): Promise<Map<string, PowerState>> {
    return parseMachines(await this.vbox('list', '--long', 'vms'));
  }

  async start(machine: Machine, memory: number): Promise<void> {
    const name = this.nameOf(machine);
    // A machine whose state was saved keeps its memory size until it has run again.
    await this.tryVbox('modifyvm', name, '--memory', String(memory));
    // A cut cable is for this run only; here the setting would stay.
    await this.tryVbox('modifyvm', name, `--cableconnected${LAB_ADAPTER}`, 'on');
    await this.vbox('startvm', name, '--type', 'headless');
  }

  async shutdown(machine: Machine): Promise<void> {
    await this.tryVbox('controlvm', this.nameOf(machine), 'acpipowerbutton');
  }

  async powerOff(machine: Machine): Promise<void> {
    await this.vbox('controlvm', this.nameOf(machine), 'poweroff');
  }

  async setCable(machine: Machine, plugged: boolean): Promise<void> {
    await this.vbox('controlvm', this.nameOf(machine), `setlinkstate${LAB_ADAPTER}`, plugged ? 'on' : 'off');
  }

  async freeze(machine: Machine): Promise<void> {
    await this.vbox('controlvm', this.nameOf(machine), 'pause');
  }

  async thaw(machine: Machine): Promise<void> {
    await this.vbox('controlvm', this.nameOf(machine), 'resume');
  }

  async saveSnapshot(machine: Machine, name: string): Promise<void> {
    await this.vbox('snapshot', this.nameOf(machine), 'take', name);
  }

  async restoreSnapshot(machine: Machine, name: string, state: PowerState): Promise<void> {
    const now = (await this.states()).get(this.nameOf(machine));
    if (now === 'running' || now === 'frozen') await this.powerOff(machine);
    await this.vbox('snapshot', this.nameOf(machine), 'restore', name);
    if (state === 'running' || state === 'frozen')
      await this.vbox('startvm', this.nameOf(machine), '--type', 'headless');
    if (state === 'frozen') await this.freeze(machine);
  }

  async deleteSnapshot(machine: Machine, name: string): Promise<void> {
    await this.tryVbox('snapshot', this.nameOf(machine), 'delete', name);
  }

  async purge(): Promise<void> {
    for (const [name, state] of await this.states()) {
      if (!name.startsWith(prefixOf(this.lab))) continue;
      if (state !== 'off') await this.tryVbox('controlvm', name, 'poweroff');
      await this.tryVbox('unregistervm', name, '--delete');
    }
  }

  private vbox(...args: string[]): Promise<string> {
    return tool('VBoxManage', args, this.run);
  }

  /** For what may fail. */
  private tryVbox(...args: string[]): Promise<Ended> {
    return this.run('VBoxManage', args);
  }

  private nameOf(machine: Machine): string {
    return providerName(this.lab, machine.name);
  }
}
