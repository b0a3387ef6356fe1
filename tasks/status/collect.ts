import type { Engine, PowerState, SshHost } from '../engines/engine.ts';
import { type LabFacts, patience } from '../provision/context.ts';
import { rolesFor } from '../provision/roles.ts';
import { quote, type RemoteOptions, runRemote } from '../remote/ssh.ts';
import type { Machine } from '../topology/model.ts';

/** What a machine said of itself, or that it did not. */
export interface MachineStatus {
  name: string;
  address: string;
  roles: string[];
  power: PowerState;
  /** False: it runs but did not answer over ssh in time. */
  answers: boolean;
  /** State of each service of its roles, as systemd calls it. */
  services: Record<string, string>;
  /** Floating addresses it holds. */
  holds: string[];
  /** Used memory, MiB. */
  memoryUsed: number | undefined;
}

export interface LabStatus {
  lab: string;
  engine: string;
  topology: string;
  app: string;
  machines: MachineStatus[];
  floating: { name: string; address: string; holders: string[]; available: boolean }[];
}

/** Seconds a machine may take to answer; a frozen or cut-off one must not hold the others up. */
const TIMEOUT = 8;

/**
 * Asks every running machine at once, one round trip each; `patient`: through the connections of provisioning, which are
 * open already after `lab up`.
 */
export async function collectStatus(
  engine: Engine,
  facts: LabFacts,
  { patient = false }: Pick<RemoteOptions, 'patient'> = {},
): Promise<LabStatus> {
  const [states, hosts] = await Promise.all([engine.states(), engine.sshHosts()]);
  const machines = await Promise.all(
    facts.topology.machines.map((machine) =>
      machineStatus(machine, states.get(machine.name) ?? 'absent', hosts, facts, patient),
    ),
  );
  const floating = Object.values(facts.topology.floating).flatMap((one) =>
    one
      ? [
          {
            name: one.name,
            address: one.address,
            holders: machines
              .filter((machine) => machine.holds.includes(one.address))
              .map((machine) => machine.name),
            available: facts.roles.has(one.role),
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
    floating,
  };
}

async function machineStatus(
  machine: Machine,
  power: PowerState,
  hosts: SshHost[],
  facts: LabFacts,
  patient: boolean,
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
  const host = hosts.find((one) => one.Host === machine.name);
  if (power !== 'running' || !host) return status;
  const command = `systemctl is-active ${services.map(quote).join(' ')}; echo --; ip -o -4 addr show; echo --; grep -E '^Mem(Total|Available)' /proc/meminfo`;
  const result = await runRemote(host, command, { timeout: TIMEOUT * patience(facts), patient });
  const [active = '', addresses = '', memory = ''] = result.stdout.split('--\n');
  if (!memory) return status;
  const states = active.split('\n');
  status.answers = true;
  status.services = Object.fromEntries(services.map((name, index) => [name, states[index] ?? 'unknown']));
  status.holds = Object.values(facts.topology.floating).flatMap((one) =>
    one && addresses.includes(` ${one.address}/`) ? [one.address] : [],
  );
  const kib = (name: string) =>
    Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(memory)?.[1] ?? Number.NaN);
  const used = Math.round((kib('MemTotal') - kib('MemAvailable')) / 1024);
  status.memoryUsed = Number.isNaN(used) ? undefined : used;
  return status;
}
