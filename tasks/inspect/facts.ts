import type { PowerState } from '../engines/engine.ts';
import type { EnvironmentFacts } from '../environment/provision/context.ts';
import { runScript, type SshHost } from '../remote/ssh.ts';
import { rolesFor } from '../roles/roles.ts';
import { timeoutFactor } from '../roles/timers.ts';
import type { Machine } from '../topology/model.ts';
import { machineScript } from './scripts.ts';

/** What one machine said (facts.sh), by section. */
export interface MachineInspection {
  power: PowerState;
  /** false: it is off, or did not answer in time; then there are no sections. */
  answers: boolean;
  /** The services of its roles, in the order in which `sections.services` tells their states. */
  services: string[];
  sections: Record<string, string>;
}

/** Of all machines, by name. */
export type Inspections = Record<string, MachineInspection>;

/** Seconds a machine may take to answer. */
const TIMEOUT = 12;

/** Sections of the collector's output. Without the last one it broke off, and what it says is not all. */
export function parseSections(output: string): Record<string, string> | undefined {
  const sections: Record<string, string> = {};
  for (const part of output.split(/^== /m).slice(1)) {
    const cut = part.indexOf('\n');
    sections[part.slice(0, cut)] = part.slice(cut + 1).trimEnd();
  }
  return 'end' in sections ? sections : undefined;
}

export const servicesOf = (machine: Machine, facts: EnvironmentFacts): string[] => [
  ...new Set(rolesFor(facts.roles, machine.roles).flatMap((role) => role.services)),
];

/** Asks the machines that run, at once. */
export async function collectFacts(
  machines: Machine[],
  states: Map<string, PowerState>,
  hosts: SshHost[],
  lab: EnvironmentFacts,
): Promise<Inspections> {
  const script = machineScript(lab.root, 'facts', timeoutFactor(lab));
  const entries = await Promise.all(
    machines.map(async (machine): Promise<[string, MachineInspection]> => {
      const power = states.get(machine.name) ?? 'absent';
      const services = servicesOf(machine, lab);
      const none = { power, answers: false, services, sections: {} };
      const host = hosts.find((host) => host.Host === machine.name);
      if (power !== 'running' || !host) return [machine.name, none];
      const roles = machine.roles.filter((role) => lab.roles.has(role)).join(' ');
      const words = [roles, services.join(' ')];
      const result = await runScript(host, script, words, { timeout: TIMEOUT * timeoutFactor(lab) });
      const sections = parseSections(result.stdout);
      return [machine.name, sections ? { power, answers: true, services, sections } : none];
    }),
  );
  return Object.fromEntries(entries);
}
