import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { LabError } from '../base/errors.ts';
import { socketFolder } from './sockets.ts';

/** One Host block for ssh: field names as in ssh_config(5). */
export interface SshHost {
  Host: string;
  HostName: string;
  User: string;
  IdentityFile: string;
  Port?: string;
  ProxyCommand?: string;
  ConnectTimeout?: string;
  ServerAliveInterval?: string;
}

/** Exit code of ssh itself: it found no way to the machine, or lost it. */
export const SSH_FAILED = 255;

/** The time limit ended it. */
export const TIMED_OUT = 124;

/** It said more than was listened to. */
const TOO_MUCH = 1;

/** Result of a command on a machine. */
export interface Remote {
  /** Exit code; SSH_FAILED when ssh itself failed; TIMED_OUT when the time limit or the signal ended it; 1 beyond maxBytes. */
  code: number;
  stdout: string;
  stderr: string;
}

export interface RemoteOptions {
  /** Sent to the command's standard input. */
  input?: Buffer | string | Readable;
  /** Seconds after which the command is given up. */
  timeout?: number;
  /** Output after which the command is given up (code 1): runaway output must not take the computer along. */
  maxBytes?: number;
  /** Called with each line of output (both streams) as it arrives. */
  onLine?: (line: string) => void;
  /** Gives the command up, as the time limit does. */
  signal?: AbortSignal;
  /** Through a connection that bears a slow machine (LONG_TIMEOUTS): for provisioning. */
  longTimeouts?: boolean;
}

/**
 * Options of ssh that hold for every machine, as in ssh_config(5). Host keys are made by the machines at their first
 * start and reached through a network no one else is on, so the first one seen is kept per lab, not asked about.
 */
export function commonOptions(knownHosts: string): Record<string, string> {
  const options: Record<string, string> = {
    UserKnownHostsFile: `"${knownHosts}"`,
    StrictHostKeyChecking: 'accept-new',
    IdentitiesOnly: 'yes',
    PasswordAuthentication: 'no',
    LogLevel: 'ERROR',
    ...sshTimeouts(1),
    ServerAliveCountMax: '3',
  };
  // OpenSSH on Windows cannot share connections.
  if (process.platform !== 'win32') {
    options.ControlMaster = 'auto';
    options.ControlPath = `"${join(socketFolder(), '%C')}"`;
    options.ControlPersist = '120';
  }
  return options;
}

/**
 * For what goes on for longer than a command: a connection of its own, which no other one's end takes along (a shared one that ended
 * silently, exit code 255, cost a measurement now and then), and which bears a short loss of the network. Before sshArguments: of two options the first one counts.
 */
export const OWN_CONNECTION: readonly string[] = [
  ...['-o', 'ControlMaster=no', '-o', 'ControlPath=none', '-o', 'ServerAliveCountMax=6'],
];

/** How long ssh waits for a machine to accept it, and between two keepalive messages; `timeoutFactor` as in roles/timers.ts. */
export const sshTimeouts = (timeoutFactor: number) => ({
  ConnectTimeout: String(Math.ceil(6 * timeoutFactor)),
  ServerAliveInterval: String(Math.ceil(5 * timeoutFactor)),
});

/**
 * What differs where a machine may be slow: it may take its time for its part of the handshake, and be silent for 60 s. Drills,
 * status and shells keep the short times, by which they notice that a machine is dead; so connections with long timeouts are not shared
 * with them.
 */
const LONG_TIMEOUTS = { ConnectTimeout: '150', ServerAliveInterval: '15', ServerAliveCountMax: '4' };

/** Arguments of ssh that lead to a machine, without a configuration file. */
export function sshArguments(host: SshHost, longTimeouts = false): string[] {
  const { Host, HostName, ...rest } = host;
  const knownHosts = knownHostsFile(host);
  const all = {
    ...commonOptions(knownHosts),
    ...rest,
    ...(longTimeouts ? LONG_TIMEOUTS : {}),
    // Quoted, as every path: ssh reads words, and a folder's name may have spaces.
    IdentityFile: `"${host.IdentityFile}"`,
    HostName,
    HostKeyAlias: Host,
  };
  // %C hashes host, port and user only: the identity file's folder keeps two labs with the same addresses apart.
  if ('ControlPath' in all) all.ControlPath = `"${controlPath(host, longTimeouts)}"`;
  return [...Object.entries(all).flatMap(([name, value]) => ['-o', `${name}=${value}`]), '-F', 'none', Host];
}

/** Host keys of a lab, beside its SSH key. */
function knownHostsFile(host: SshHost): string {
  return join(host.IdentityFile, '..', 'known_hosts');
}

/**
 * Drops the shared connections to a machine that lost its power: the next command opens a new one instead of waiting
 * for the dead one. With `key`, also forgets the machine's host key, because a new machine will have another.
 */
export function forgetConnection(host: SshHost, key = false): void {
  for (const longTimeouts of [false, true]) rmSync(controlPath(host, longTimeouts), { force: true });
  const file = knownHostsFile(host);
  if (!key || !existsSync(file)) return;
  const lines = readFileSync(file, 'utf8').split('\n');
  writeFileSync(file, lines.filter((line) => !line.startsWith(`${host.Host} `)).join('\n'));
}

/** Socket of the shared connection to one machine of one lab; those with long timeouts have one of their own. */
export function controlPath(host: SshHost, longTimeouts = false): string {
  const words = [host.IdentityFile, host.Host, ...(longTimeouts ? ['long-timeouts'] : [])].join(':');
  const hash = createHash('sha256').update(words).digest('hex').slice(0, 16);
  return join(socketFolder(), hash);
}

/** Runs a command as root on a machine. Never throws for a failing command: look at `code`. */
export function runRemote(host: SshHost, command: string, options: RemoteOptions = {}): Promise<Remote> {
  const asRoot = host.User === 'root' ? command : `sudo -n sh -c ${quote(command)}`;
  return new Promise((resolve, reject) => {
    const child = spawn('ssh', [...sshArguments(host, options.longTimeouts), asRoot], {
      stdio: [options.input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
    });
    const streams = { stdout: '', stderr: '' };
    const pending = { stdout: '', stderr: '' };
    const collect = (name: 'stdout' | 'stderr') => (chunk: string) => {
      streams[name] += chunk;
      if (options.maxBytes && streams[name].length > options.maxBytes) giveUp(TOO_MUCH);
      const lines = (pending[name] + chunk).split('\n');
      pending[name] = lines.pop() ?? '';
      for (const line of lines) options.onLine?.(line);
    };
    child.stdout?.setEncoding('utf8').on('data', collect('stdout'));
    child.stderr?.setEncoding('utf8').on('data', collect('stderr'));
    let ended: number | undefined;
    const giveUp = (why: number) => {
      ended ??= why;
      child.kill('SIGKILL');
      // The process that shares the connection has the ends of these pipes too, and holds them until the machine answers.
      child.stdout?.destroy();
      child.stderr?.destroy();
    };
    const overdue = () => giveUp(TIMED_OUT);
    const timer = options.timeout ? setTimeout(overdue, options.timeout * 1000) : undefined;
    options.signal?.addEventListener('abort', overdue);
    const settle = () => {
      clearTimeout(timer);
      options.signal?.removeEventListener('abort', overdue);
    };
    child.on('error', (error) => {
      settle();
      reject(error);
    });
    child.on('close', (code) => {
      settle();
      for (const name of ['stdout', 'stderr'] as const) if (pending[name]) options.onLine?.(pending[name]);
      resolve({ code: ended ?? code ?? SSH_FAILED, ...streams });
    });
    if (options.input !== undefined) {
      child.stdin?.on('error', () => undefined);
      if (options.input instanceof Readable) {
        if (child.stdin) options.input.pipe(child.stdin);
      } else child.stdin?.end(options.input);
    }
  });
}

/**
 * Runs a bash script as root on a machine, with its arguments; sent through standard input, as it may be longer than a
 * command line. It becomes a file in memory first: `bash -s` would read a pipe byte by byte, 0.2 s for 26 kB in a User Mode
 * Linux machine. Not `eval "$(cat)"`: inside eval `wait -n` of bash passes over jobs that end early.
 */
export function runScript(
  host: SshHost,
  script: string,
  words: string[] = [],
  options: Omit<RemoteOptions, 'input'> = {},
): Promise<Remote> {
  const { command, input } = scriptCommand(script, words);
  return runRemote(host, command, { ...options, input });
}

/** The command that runs a bash script, and what it wants at its standard input. The script removes the file it is kept in. */
export const scriptCommand = (script: string, words: string[] = [], folder = '/run') => ({
  command: `umask 077; f=${quote(folder)}/lab-script.$$; cat >"$f" && exec bash "$f" ${words.map(quote).join(' ')}`,
  input: `rm -f -- "$0"\n${script}`,
});

/** The way to a machine, by its name. LabError when there is none: some engines know one only for machines that run. */
export function hostNamed(hosts: SshHost[], machine: string): SshHost {
  const host = hosts.find((host) => host.Host === machine);
  if (host) return host;
  throw new LabError(
    {
      en: `${machine} cannot be reached: it is not running.`,
      fr: `${machine} ne peut pas être jointe : elle n'est pas en marche.`,
    },
    {
      en: `\`lab status\` shows each machine, \`lab up ${machine}\` starts it.`,
      fr: `\`lab status\` montre chaque machine, \`lab up ${machine}\` la démarre.`,
    },
  );
}

/** Quotes a word for a POSIX shell. */
export function quote(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}
