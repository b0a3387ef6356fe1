import { type ChildProcess, spawn } from 'node:child_process';
import { LabError, messageOf } from '../../base/errors.ts';
import { haproxyCommand } from '../../inspect/haproxy.ts';
import { quote, runRemote, type SshHost, sshArguments } from '../../remote/ssh.ts';
import { parseServers } from './usage.ts';

/**
 * Takes web machines out of service on one load balancer, and back when its standard input ends: also when this
 * program or the connection is gone, the machines return.
 */
export function drainCommand(servers: string[]): string {
  const all = (state: string) =>
    haproxyCommand(servers.map((server) => `set server web/${server} state ${state}`));
  // The exit trap also runs when the connection's end is a signal.
  return `trap ${quote(all('ready'))} EXIT; trap 'exit 0' HUP TERM INT PIPE; ${all('drain')}; echo drained; cat >/dev/null`;
}

/** Web machines that are out of service on purpose on any of the load balancers. */
export async function outOfService(hosts: SshHost[], timeoutFactor = 1): Promise<string[]> {
  const timeout = 10 * timeoutFactor;
  const all = await Promise.all(
    hosts.map((host) => runRemote(host, haproxyCommand(['show stat']), { timeout })),
  );
  const out = all
    .flatMap(({ stdout }) => parseServers(stdout))
    .filter(({ status }) => /^(DRAIN|MAINT)/.test(status));
  return [...new Set(out.map(({ name }) => name))];
}

/** Web machines held out of service; `release` brings them back. */
export interface Drained {
  release: () => Promise<void>;
}

/** Seconds until every load balancer must have taken them out. */
const TIMEOUT = 15;

/** Takes web machines out of service on all load balancers. LabError when one cannot; then none is left out. `timeoutFactor`: roles/timers.ts. */
export async function takeOutOfService(
  hosts: SshHost[],
  servers: string[],
  timeoutFactor = 1,
): Promise<Drained> {
  if (servers.length === 0) return { release: async () => undefined };
  const held = hosts.map((host) => hold(host, servers, TIMEOUT * timeoutFactor));
  const release = async () => {
    await Promise.all(held.map(({ end }) => end()));
  };
  try {
    await Promise.all(held.map(({ drained }) => drained));
  } catch (error) {
    await release();
    throw new LabError(
      {
        en: `${servers.join(', ')} could not be taken out of service (${messageOf(error)}).`,
        fr: `${servers.join(', ')} n'a pas pu être retiré du service (${messageOf(error)}).`,
      },
      {
        en: 'all load balancers must run: `lab up`, then try again.',
        fr: 'tous les répartiteurs doivent tourner : `lab up`, puis recommencez.',
      },
    );
  }
  return { release };
}

function hold(
  host: SshHost,
  servers: string[],
  seconds: number,
): { drained: Promise<void>; end: () => Promise<void> } {
  const command = drainCommand(servers);
  const words = host.User === 'root' ? command : `sudo -n sh -c ${quote(command)}`;
  const child = spawn('ssh', [...sshArguments(host), words], { stdio: ['pipe', 'pipe', 'pipe'] });
  const closed = new Promise<void>((resolve) => child.on('close', () => resolve()));
  child.stdin.on('error', () => undefined);
  const end = () => {
    child.stdin.end();
    return closed;
  };
  return { drained: said(child, host.Host, seconds), end };
}

function said(child: ChildProcess, name: string, seconds: number): Promise<void> {
  return new Promise((resolve, reject) => {
    let heard = '';
    const timer = setTimeout(() => reject(new Error(`${name}: no answer`)), seconds * 1000);
    const hear = (text: string) => {
      heard += text;
      // HAProxy answers a mistake with a sentence, success with nothing.
      if (!/drained\n/.test(heard)) return;
      clearTimeout(timer);
      const problem = heard.replace(/drained\n/, '').trim();
      if (problem) reject(new Error(`${name}: ${problem}`));
      else resolve();
    };
    child.stdout?.setEncoding('utf8').on('data', hear);
    child.on('error', reject);
    child.on('close', (code) => reject(new Error(`${name}: exit code ${code}`)));
  });
}
