import type { EngineName } from '../base/engine-names.ts';
import type { Report } from '../base/progress.ts';
import type { Text } from '../base/text.ts';
import type { SshHost } from '../remote/ssh.ts';
import type { Machine, SwitchName, Topology } from '../topology/model.ts';
import { isDoubled } from '../topology/switches.ts';

/** running: its processor runs; frozen: paused by freeze(); off: defined but not running; absent: never created. */
export type PowerState = 'running' | 'frozen' | 'off' | 'absent';

/** What of a lab's network is cut or without power. */
export interface NetworkState {
  /** Switches whose power is cut. */
  off: SwitchName[];
  /** The cable between the switches is pulled. */
  linkCut: boolean;
  /** Cables of machines that are pulled, where there are two switches. */
  cut: { machine: string; switch: SwitchName }[];
}

/** The power switch with which the storage machines cut each other's power. */
export interface PowerSwitchState {
  works: boolean;
  /** Machines whose outlet was switched off and not on again. */
  off: string[];
}

/** What an engine needs to know of the lab it serves. */
export interface EnvironmentContext {
  name: string;
  topology: Topology;
  /** Folder of this lab's state (.lab/NAME), absolute; the engine owns `engine/` and `run/` below it. */
  folder: string;
  /** Root of the kit. */
  root: string;
  /** Public half of the lab's SSH key, one line; the private half is `sshKeyFile`. */
  sshPublicKey: string;
  sshKeyFile: string;
  /** What the power switch and the machines that use it know; made when the machines are provisioned. */
  powerSwitchKeyFile: string;
  /**
   * File with a read-only disk that holds the application's code, for the machines that serve it; an engine that has
   * INSIDE.codeDisk gives it to them. Undefined when the application needs none.
   */
  codeDisk?: string;
}

/** A machine, as far as its name says it all. */
export type Named = Pick<Machine, 'name'>;

/** Bytes that went over a machine's cable, as the machine sees them. */
export interface Traffic {
  received: number;
  sent: number;
}

export interface Snapshot {
  name: string;
  /** ISO 8601. */
  taken: string;
  /** True when memory is part of it and machines resume; false when machines boot from the restored disks. */
  memory: boolean;
}

/**
 * Where machines come from. Commands, roles, checks and drills work on this interface and never ask which engine
 * they run on. Every method may be called again after it was interrupted; unless said otherwise a method does
 * nothing when the machine is already in the wanted state. Errors a user can mend are LabErrors.
 */
export interface Engine {
  readonly name: EngineName;
  /** Seconds without progress (progressOf) on the way from power-on to ssh after which a machine is given up. */
  readonly bootSeconds: number;
  /** How many machines should boot at the same time; undefined: as many as are asked for. */
  readonly bootsAtOnce?: number;
  /** A snapshot of all machines takes about a second, so that the kit may make one that nobody asked for. */
  readonly quickSnapshots?: boolean;
  /** states() starts no program, so that it may be asked several times a second. */
  readonly quickStates?: boolean;

  /** Makes what all machines share: the lab's network, the disks' base. Safe to repeat. */
  prepare(report: Report): Promise<void>;
  /** Creates the machine if absent and starts it; returns when it runs, which is before it answers over ssh. */
  start(machine: Machine, report: Report): Promise<void>;
  /** Orderly shutdown from inside, at most `seconds`, then power-off. */
  halt(machine: Machine, seconds: number): Promise<void>;
  /** Cuts the power: nothing is written back. */
  powerOff(machine: Machine): Promise<void>;
  /** Removes the machine and its disks. */
  remove(machine: Machine): Promise<void>;
  /** Removes everything of the lab, machines included, and leaves no process behind. */
  destroy(): Promise<void>;

  /** State of every machine of the topology, in one call. */
  states(): Promise<Map<string, PowerState>>;

  /**
   * Unplugs and plugs the machine's cables on the lab network: all, or the one to that switch. The state is lost when the machine is
   * started again.
   */
  cutCable(machine: Machine, to?: SwitchName): Promise<void>;
  restoreCable(machine: Machine, to?: SwitchName): Promise<void>;
  /** Whether a machine that runs has its cable cut: of an engine whose ssh goes through it (limits.ts, `reach-cut`). */
  cableIsCut?(machine: Machine): Promise<boolean>;
  /** Power of a switch, and the cable between the two: of an engine that has more than one (limits.ts, `switches`). */
  setSwitch?(name: SwitchName, on: boolean): Promise<void>;
  setLink?(plugged: boolean): Promise<void>;
  networkState?(): Promise<NetworkState>;
  /** Breaks and mends the power switch that the storage machines fence each other with: of an engine that has one (`power-switch`). */
  setPowerSwitch?(works: boolean): Promise<void>;
  /** Undefined where the lab has none, or nothing of it runs. */
  powerSwitch?(): PowerSwitchState | undefined;
  /** Stops and resumes the machine's processor; its memory and connections stay. */
  freeze(machine: Machine): Promise<void>;
  thaw(machine: Machine): Promise<void>;

  /** Memory in MiB from the next start on (undefined: the topology's again). */
  limitMemory(machine: Machine, memory: number | undefined): Promise<void>;
  /**
   * Room in MiB that the machine may still take on its host-backed root disk (undefined: no limit), at once.
   * Writes past it fail inside the machine as on a full disk.
   */
  limitDisk(machine: Machine, room: number | undefined): Promise<void>;

  saveSnapshot(name: string, report: Report): Promise<void>;
  /**
   * Brings a snapshot back. Where memory is no part of it, `start` starts the machines that ran then (all at once by default).
   */
  restoreSnapshot(
    name: string,
    report: Report,
    start?: (machines: Machine[]) => Promise<void>,
  ): Promise<void>;
  listSnapshots(): Promise<Snapshot[]>;
  deleteSnapshot(name: string): Promise<void>;

  /**
   * Seconds of the computer's processors that each machine that runs has taken so far, if the engine can tell: machines
   * that share processors do not see it from inside.
   */
  processorTime?(): Map<string, number>;

  /**
   * What went over the cable of each machine that has one, counted at the switch, if the engine can tell without starting a program. It
   * is told also of a machine that says nothing, and begins anew when the machine is started again.
   */
  traffic?(): Map<string, Traffic>;

  /**
   * A number that grows while a machine works: tenths of a second of processor time, and bytes of its console's output.
   * It may begin anew when the machine is reset. Undefined, or no such method: nothing can be said.
   */
  progressOf?(machine: Named): Promise<number | undefined>;

  /** How ssh reaches each machine. */
  sshHosts(): Promise<SshHost[]>;
  /** File of the machine's console output, if the engine keeps one. */
  consoleLog(machine: Named): string | undefined;
}

/** The answer of an engine about a computer: can it run here, and why (not). */
export interface Suitability {
  usable: boolean;
  /** With hardware virtualization, or without need of it: no slow emulation. */
  fast: boolean;
  reason: Text;
}

/** What a machine calls its interface on the lab network and its disks. */
export interface Inside {
  nic: string;
  secondDisk: string;
  codeDisk?: string;
  /** TCP port of the power switch, on the computer's own address in the lab network (uml/power-switch.sh). */
  powerSwitch?: number;
}

/**
 * What differs between engines inside a machine; `bond` instead of `nic` where it has a card on each of two switches. Vagrant boxes
 * name their network interfaces the classic way, and the second disk (packer/box/files), because the names of SATA disks follow the
 * order in which they are found. `codeDisk`: the read-only disk with the application's code (LabContext.codeDisk), for engines that give it to machines.
 */
export const INSIDE = {
  uml: {
    ...{ nic: 'vec0', bond: 'bond0', secondDisk: '/dev/ubdb', codeDisk: '/dev/ubdc' },
    powerSwitch: 6230,
  },
  'vagrant-libvirt': { nic: 'eth1', secondDisk: '/dev/vdb' },
  'vagrant-virtualbox': { nic: 'eth1', secondDisk: '/dev/lab-disk' },
} satisfies Record<EngineName, Inside & { bond?: string }>;

/** What the machines of a lab on this engine call these things. */
export function insideOf(engine: EngineName, topology: Pick<Topology, 'network'>): Inside {
  const { bond, ...inside }: Inside & { bond?: string } = INSIDE[engine];
  return isDoubled(topology) && bond ? { ...inside, nic: bond } : inside;
}
