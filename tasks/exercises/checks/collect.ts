import { randomBytes } from 'node:crypto';
import { eachOf } from '../../base/each.ts';
import type { Engine, PowerState } from '../../engines/engine.ts';
import { runScript, SSH_FAILED, type SshHost } from '../../remote/ssh.ts';
import { machineFacts } from './answers.ts';
import type { Expectation } from './expectation.ts';
import { type Facts, type MachineFacts, type Need, type Probe, probeKey } from './probe.ts';
import { probeScript } from './script.ts';

/** Seconds that one machine may take; the others do not wait longer for it either. */
export const MACHINE_TIMEOUT = 10;
/**
 * Machines of a slow lab that are asked at once. Asked all together they take its processors from what they are asked about: with a quarter
 * of one, four steps that held were found wanting (a health check, visits that were counted, a list of files).
 */
const AT_ONCE_SLOW = 2;
/** A machine that says more than this is not listened to any longer. */
const MAX_BYTES = 16 * 1024 * 1024;

/** The probes that expectations need, by machine, each once. Trials are made, and the kit's records read (kit.ts): no machine is asked. */
export function probesByMachine(expectations: Expectation[]): Map<string, Probe[]> {
  const all = new Map<string, Map<string, Probe>>();
  for (const { machine, probe } of expectations.flatMap((expectation): Need[] => expectation.needs)) {
    if (probe.kind === 'trial' || probe.kind === 'kit') continue;
    const own = all.get(machine) ?? new Map<string, Probe>();
    own.set(probeKey(probe), probe);
    all.set(machine, own);
  }
  return new Map([...all].map(([machine, probes]) => [machine, [...probes.values()]]));
}

export interface CollectOptions {
  /** Seconds for each machine; without it MACHINE_TIMEOUT, times the factor below. */
  timeout?: number;
  /** How many times longer everything may take (roles/timers.ts). */
  timeoutFactor?: number;
  /** Machines that are asked at once; without it all, or AT_ONCE_SLOW of a slow lab. */
  atOnce?: number;
  /** Kept on each machine that is asked: anchorOf the lab's latest entry in its record. */
  anchor?: string;
  /** Called when a machine is done. */
  onMachine?: (name: string, facts: MachineFacts) => void;
}

/** Asks every machine that something is needed of: one round trip each, at once but for a slow lab, never longer than the limit. */
export async function collect(
  engine: Pick<Engine, 'states' | 'sshHosts'>,
  probes: Map<string, Probe[]>,
  options: CollectOptions = {},
): Promise<Facts> {
  const collected = new Date().toISOString();
  if (probes.size === 0) return { collected, machines: {} };
  const [states, hosts] = await Promise.all([engine.states(), engine.sshHosts()]);
  const { timeoutFactor = 1, timeout = MACHINE_TIMEOUT * timeoutFactor } = options;
  const found = new Map<string, MachineFacts>();
  const { atOnce = timeoutFactor > 1 ? AT_ONCE_SLOW : probes.size } = options;
  await eachOf([...probes], atOnce, async ([name, wanted]) => {
    const host = hosts.find((host) => host.Host === name);
    const script = (nonce: string) => probeScript(wanted, nonce, timeoutFactor, options.anchor);
    const facts = await ask(host, states.get(name) ?? 'absent', wanted, timeout, script);
    options.onMachine?.(name, facts);
    found.set(name, facts);
  });
  const machines = [...probes.keys()].flatMap((name) => {
    const facts = found.get(name);
    return facts ? [[name, facts] as const] : [];
  });
  return { collected, machines: Object.fromEntries(machines) };
}

async function ask(
  host: SshHost | undefined,
  power: PowerState,
  probes: Probe[],
  timeout: number,
  script: (nonce: string) => string,
): Promise<MachineFacts> {
  const nothing = { took: 0, identity: {}, answers: {} };
  if (!host || power === 'off' || power === 'absent') return { state: 'off', ...nothing };
  if (power === 'frozen') return { state: 'silent', ...nothing };
  const nonce = randomBytes(8).toString('hex');
  const since = performance.now();
  const result = await runScript(host, script(nonce), [], {
    timeout,
    maxBytes: MAX_BYTES,
  }).catch(() => ({ code: SSH_FAILED, stdout: '', stderr: '' }));
  return machineFacts(probes, nonce, result, performance.now() - since);
}
