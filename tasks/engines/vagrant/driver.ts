import type { Report } from '../../base/progress.ts';
import type { Machine } from '../../topology/model.ts';
import type { Named, PowerState } from '../engine.ts';

/** What a provider must have ready before machines are created, and what the Vagrantfile must know of it. */
export interface Prepared {
  /** Kernel and initramfs where the provider's own user can read them; undefined: the box has a boot loader. */
  boot?: { kernel: string; initrd: string };
  /** False when the computer cannot take its address on the lab network because another lab's has it. */
  hostOnNetwork: boolean;
}

/**
 * What Vagrant has no command for, or only a slow one: one implementation a provider. Machines exist when these
 * are called, unless said otherwise.
 */
export interface Driver {
  /** True when a snapshot of running machines is taken at the same moment for all by freezing them first. */
  readonly freezesForSnapshot: boolean;

  /** Checks that the provider's tools answer; LabError when not. `boot`: files of the box for a direct boot. */
  prepare(boot: Prepared['boot'], report: Report): Promise<Prepared>;
  /** State of every machine of the provider, by its name there; machines of other labs included. */
  states(): Promise<Map<string, PowerState>>;
  /** Seconds of the computer's processors that a machine has taken since it started, if the provider can tell. */
  processorSeconds?(machine: Named): Promise<number | undefined>;
  /** Starts a machine that was created before, with `memory` MiB. */
  start(machine: Machine, memory: number): Promise<void>;
  /** Presses the power button. */
  shutdown(machine: Machine): Promise<void>;
  powerOff(machine: Machine): Promise<void>;
  setCable(machine: Machine, plugged: boolean): Promise<void>;
  freeze(machine: Machine): Promise<void>;
  thaw(machine: Machine): Promise<void>;
  /** With memory when the machine runs. */
  saveSnapshot(machine: Machine, name: string): Promise<void>;
  /** Back to the snapshot, in the state that the machine then had. */
  restoreSnapshot(machine: Machine, name: string, state: PowerState): Promise<void>;
  deleteSnapshot(machine: Machine, name: string): Promise<void>;
  /** Removes what is left of the lab when Vagrant has forgotten it. May be called when nothing is left. */
  purge(): Promise<void>;
}
