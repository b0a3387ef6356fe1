import type { Engine } from '../engines/engine.ts';
import type { EnvironmentFacts } from '../environment/provision/context.ts';
import { runScript } from '../remote/ssh.ts';
import { timeoutFactor } from '../roles/timers.ts';
import { machineScript } from './scripts.ts';

/** A timer as a machine runs with it. Times in seconds, whatever they were written in. */
export interface Timer {
  name: string;
  value: number;
  unit: string;
  /** Machine, and file or command. */
  from: string;
}

/** Timers of all machines: by machine and name. */
export type Timers = Record<string, Record<string, Timer>>;

/** Seconds a machine may take to tell them. */
const TIMEOUT = 20;

const SECONDS: Record<string, number> = { ms: 0.001, ds: 0.1, s: 1 };

/** What timers.sh prints on one machine. */
export function parseTimers(machine: string, output: string): Record<string, Timer> {
  const timers: Record<string, Timer> = {};
  for (const line of output.split('\n')) {
    const match = /^(\S+) (\S+) (\S+) (.+)$/.exec(line);
    if (!match) continue;
    const [, name = '', text = '', unit = '', where = ''] = match;
    // DRBD's protocol is a letter; it is no timer, and kept as a number: 1, 2, 3 for A, B, C.
    const value = /^[A-C]$/.test(text) ? text.charCodeAt(0) - 64 : Number(text);
    if (Number.isNaN(value)) continue;
    const factor = SECONDS[unit];
    timers[name] = {
      name,
      value: factor ? Math.round(value * factor * 1e6) / 1e6 : value,
      unit: factor ? 's' : '',
      from: `${machine} ${where}`,
    };
  }
  return timers;
}

/** Asks every machine that runs which timers it has. */
export async function readTimers(engine: Pick<Engine, 'sshHosts'>, facts: EnvironmentFacts): Promise<Timers> {
  const script = machineScript(facts.root, 'timers', timeoutFactor(facts));
  const hosts = await engine.sshHosts();
  const entries = await Promise.all(
    facts.topology.machines.map(async (machine) => {
      const host = hosts.find((host) => host.Host === machine.name);
      const roles = machine.roles.filter((role) => facts.roles.has(role)).join(' ');
      const result = host
        ? await runScript(host, script, [roles], { timeout: TIMEOUT * timeoutFactor(facts) })
        : undefined;
      return [machine.name, parseTimers(machine.name, result?.stdout ?? '')] as const;
    }),
  );
  return Object.fromEntries(entries);
}
