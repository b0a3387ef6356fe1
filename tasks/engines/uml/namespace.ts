import { spawn } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { LabError } from '../../base/errors.ts';
import { poll } from '../../base/poll.ts';
import { childrenOf, type ProcessRef, refOf, stateOf, waitGone } from '../../base/process.ts';
import { availableCpus } from '../../host/processors.ts';
import type { Topology } from '../../topology/model.ts';

/**
 * The namespaces of one lab: network, mounts and processes, and a user namespace where the caller is not root.
 * They live as long as their first process, the holder; nothing of the lab exists outside them, so several labs
 * with the same addresses run side by side and ending the holder ends everything.
 */
export class EnvironmentNamespace {
  readonly holderFile: string;

  constructor(
    readonly folder: string,
    private readonly scripts: string,
    private readonly topology: Topology,
  ) {
    this.holderFile = join(folder, 'holder');
  }

  /** The holder when it lives. */
  holder(): (ProcessRef & { userns: boolean }) | undefined {
    if (!existsSync(this.holderFile)) return undefined;
    const [pid, started, userns] = readFileSync(this.holderFile, 'utf8').trim().split(' ');
    const ref = { pid: Number(pid), started: started ?? '', userns: userns === '1' };
    return stateOf(ref) === 'gone' ? undefined : ref;
  }

  /** Makes the namespaces unless they exist. */
  async ensure(): Promise<void> {
    if (this.holder()) return;
    mkdirSync(this.folder, { recursive: true });
    const ready = join(this.folder, 'ready');
    rmSync(ready, { force: true });
    const userns = process.getuid?.() !== 0;
    const address = `${this.topology.network.host}/${this.topology.network.prefix}`;
    const logFile = join(this.folder, 'holder.log');
    const log = openSync(logFile, 'w');
    const child = spawn(
      'unshare',
      [
        ...(userns ? ['--user', '--map-root-user'] : []),
        ...['--net', '--mount', '--pid', '--fork', '--kill-child', '--mount-proc'],
        ...[
          'bash',
          join(this.scripts, 'holder.sh'),
          ready,
          address,
          this.topology.network.switches.join(' '),
        ],
        ...availableCpus().map(String),
      ],
      { detached: true, stdio: ['ignore', log, log], cwd: '/' },
    );
    closeSync(log);
    let spawnError: Error | undefined;
    child.on('error', (error) => {
      spawnError = error;
    });
    child.unref();
    const failed = () => spawnError !== undefined || child.exitCode !== null;
    await poll(
      () => existsSync(ready),
      (there) => there || failed(),
      { every: 0.01, seconds: 10 },
    );
    if (!existsSync(ready)) {
      const output = existsSync(logFile) ? readFileSync(logFile, 'utf8').trim().split('\n').slice(-5) : [];
      throw new LabError(
        {
          en: "The lab's private network could not be made: this computer refuses namespaces to this user.",
          fr: "Le réseau privé du lab n'a pas pu être créé : cet ordinateur refuse les espaces de noms à cet utilisateur.",
        },
        {
          en: 'run `lab doctor`, which says what to change; or run the same command as root.',
          fr: 'lancez `lab doctor`, qui dit quoi changer ; ou lancez la même commande en root.',
        },
        spawnError ? [spawnError.message] : output,
      );
    }
    const inner = refOf(childrenOf(child.pid ?? 0)[0] ?? 0);
    if (!inner) throw new Error('the holder ended right after it was ready');
    writeFileSync(this.holderFile, `${inner.pid} ${inner.started} ${userns ? 1 : 0}\n`);
  }

  /** Arguments of nsenter that lead into the namespaces. */
  enter(): string[] {
    const holder = this.holder();
    if (!holder) throw new Error('the lab has no namespaces');
    return [
      ...['--target', String(holder.pid), '--net', '--mount', '--pid', '--wd=/'],
      ...(holder.userns ? ['--user', '--preserve-credentials'] : []),
    ];
  }

  /** Ends every process of the lab. */
  async destroy(): Promise<void> {
    const holder = this.holder();
    if (holder) {
      process.kill(holder.pid, 'SIGKILL');
      await waitGone({ members: [holder], groups: [] }, 10);
    }
    rmSync(this.holderFile, { force: true });
  }
}
