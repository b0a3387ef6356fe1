import type { Engine, PowerState, PowerSwitchState } from '../engines/engine.ts';
import type { EnvironmentFacts } from '../environment/provision/context.ts';
import { quote, type Remote, runRemote, type SshHost, TIMED_OUT } from '../remote/ssh.ts';
import { rolesFor } from '../roles/roles.ts';
import { FAST, timeoutFactor } from '../roles/timers.ts';
import type { Machine } from '../topology/model.ts';
import { ADDRESSES_COMMAND, hasAddress } from './holders.ts';
import { askNetwork, type NetworkStatus } from './network.ts';

/** What a machine said of itself, or that it did not. */
export interface MachineStatus {
  name: string;
  address: string;
  roles: string[];
  power: PowerState;
  /** False: it runs but did not answer over ssh in time. */
  answers: boolean;
  /** It needed more than the usual time to answer, or has not answered yet though something of it is there: it is not dead. */
  slow?: boolean;
  /** State of each service of its roles, as systemd calls it. */
  services: Record<string, string>;
  /** Floating addresses it holds. */
  holds: string[];
  /** What a database tells the others of itself (galera-start): a word, and with some words history and change. */
  database?: string;
  /** Used memory, MiB. */
  memoryUsed: number | undefined;
}

export interface EnvironmentStatus {
  lab: string;
  engine: string;
  topology: string;
  app: string;
  machines: MachineStatus[];
  /** Of a lab with two switches. */
  network?: NetworkStatus;
  /** Of a lab with storage machines that fence each other, on an engine that has one. */
  powerSwitch?: PowerSwitchState;
  floating: { name: string; address: string; holders: string[]; available: boolean }[];
}

/** Seconds a machine may take to answer; a frozen or cut-off one must not hold the others up. */
const TIMEOUT = 8;
/** So many times longer for one that is asked again: ssh has found out by then that the other end is gone (ServerAlive, remote/ssh.ts). */
const AGAIN = 3;

/** Asks a database, in the same round trip, for what it tells the others (galera-common). */
const STATE = '; echo --; head -c 200 /run/galera/state 2>/dev/null || :';

export interface StatusOptions {
  /** Ask those that did not answer in time once more, with more time. */
  again?: boolean;
  /** Seconds that a machine may take, times the lab's factor. */
  seconds?: number;
  /** Through the connections of provisioning, which are open already after `lab up`. */
  longTimeouts?: boolean;
}

/** Asks every running machine at once, one round trip each. */
export async function collectStatus(
  engine: Engine,
  facts: EnvironmentFacts,
  options: StatusOptions = {},
): Promise<EnvironmentStatus> {
  const [states, hosts] = await Promise.all([engine.states(), engine.sshHosts()]);
  const runs = [...states.values()].includes('running');
  const network = await askNetwork(engine, facts.topology, runs);
  const powerSwitch = runs ? engine.powerSwitch?.() : undefined;
  const machines = await Promise.all(
    facts.topology.machines.map((machine) =>
      machineStatus(machine, states.get(machine.name) ?? 'absent', hosts, facts, options),
    ),
  );
  const floating = Object.values(facts.topology.floating).flatMap((floating) =>
    floating
      ? [
          {
            name: floating.name,
            address: floating.address,
            holders: machines
              .filter((machine) => machine.holds.includes(floating.address))
              .map((machine) => machine.name),
            available: facts.roles.has(floating.role),
          },
        ]
      : [],
  );
  return {
    lab: facts.lab,
    engine: engine.name,
    topology: facts.topology.name,
    app: facts.app,
    machines,
    ...(network ? { network } : {}),
    ...(powerSwitch ? { powerSwitch } : {}),
    floating,
  };
}

async function machineStatus(
  machine: Machine,
  power: PowerState,
  hosts: SshHost[],
  facts: EnvironmentFacts,
  { again = false, seconds = TIMEOUT, longTimeouts = false }: StatusOptions,
): Promise<MachineStatus> {
  const services = rolesFor(facts.roles, machine.roles).flatMap((role) => role.services);
  const status: MachineStatus = {
    name: machine.name,
    address: machine.address,
    roles: machine.roles,
    power,
    answers: false,
    services: {},
    holds: [],
    memoryUsed: undefined,
  };
  const host = hosts.find((host) => host.Host === machine.name);
  if (power !== 'running' || !host) return status;
  const command = `systemctl is-active ${services.map(quote).join(' ')}; echo --; ${ADDRESSES_COMMAND}; echo --; grep -E '^Mem(Total|Available)' /proc/meminfo${machine.roles.includes('database') ? STATE : ''}`;
  const timeout = seconds * timeoutFactor(facts);
  let result = await runRemote(host, command, { timeout, longTimeouts });
  if (again && !isComplete(result)) {
    const slower = { ...host, ConnectTimeout: String(Math.ceil(timeout * AGAIN)) };
    result = await runRemote(slower, command, { timeout: timeout * AGAIN });
    status.slow = isComplete(result) || isSlow(result, facts);
  }
  const [active = '', addresses = '', memory = '', database = ''] = result.stdout.split('--\n');
  if (!memory) return status;
  if (database.trim()) status.database = database.trim();
  const states = active.split('\n');
  status.answers = true;
  status.services = Object.fromEntries(services.map((name, index) => [name, states[index] ?? 'unknown']));
  status.holds = Object.values(facts.topology.floating).flatMap((floating) =>
    floating && hasAddress(addresses, floating.address) ? [floating.address] : [],
  );
  const kib = (name: string) =>
    Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(memory)?.[1] ?? Number.NaN);
  const used = Math.round((kib('MemTotal') - kib('MemAvailable')) / 1024);
  status.memoryUsed = Number.isNaN(used) ? undefined : used;
  return status;
}

const isComplete = ({ stdout }: Remote): boolean => stdout.split('--\n')[2] !== undefined;

/**
 * True when a machine without an answer is known to be there. Of one that is gone ssh says so: nobody has the address, or the connection
 * that it had is dead. A lab whose computer is fast has no slow machines: one that is connected and silent hangs.
 */
const isSlow = ({ code, stderr }: Remote, { factor = FAST }: EnvironmentFacts): boolean =>
  factor > FAST && (code === TIMED_OUT || stderr.includes('banner exchange'));
