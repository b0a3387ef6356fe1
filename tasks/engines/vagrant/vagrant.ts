import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import SSHConfig from 'ssh-config';
import { LabError } from '../../ui/errors.ts';
import { missing } from './tool.ts';

/** Where `vagrant ssh-config` says that a machine is. */
export interface Reach {
  machine: string;
  host: string;
  port: string;
}

/** Lines of an error worth showing: Vagrant prints its whole explanation, often after a long log. */
const SHOWN_LINES = 12;

/** Machine and step of a line such as `==> web1: Starting domain.`; undefined for any other line. */
export function stepOf(line: string): { machine: string; step: string } | undefined {
  const [, machine, step] =
    /^==> ([a-z0-9-]+): ([A-Z][a-z]+ing .*|Machine booted.*)$/.exec(line.trim()) ?? [];
  return machine && step ? { machine, step } : undefined;
}

/** What `vagrant ssh-config` prints, read by machine. */
export function readSshConfig(text: string): Reach[] {
  const config = SSHConfig.parse(text);
  return config.flatMap((line) => {
    if (line.type !== SSHConfig.DIRECTIVE || line.param !== 'Host') return [];
    const machine = String(line.value);
    const values = config.compute(machine);
    const host = values.HostName;
    const port = values.Port;
    return host ? [{ machine, host: String(host), port: port ? String(port) : '22' }] : [];
  });
}

/** Vagrant, run in the folder of one lab's Vagrantfile. */
export class Vagrant {
  constructor(
    private readonly folder: string,
    private readonly env: Record<string, string>,
  ) {}

  /** Creates and boots machines; returns when they answer over ssh. `authorize`: their box has its own key. */
  async up(machines: string[], authorize: boolean, onLine: (line: string) => void): Promise<void> {
    const provision = authorize ? ['--provision-with', 'authorize'] : ['--no-provision'];
    await this.run(['up', ...machines, ...provision], onLine);
  }

  /** Removes machines, or all of the lab when none are named. */
  async destroy(machines: string[] = []): Promise<void> {
    await this.run(['destroy', '--force', ...machines]);
  }

  async reach(machines: string[]): Promise<Reach[]> {
    return readSshConfig(await this.run(['ssh-config', ...machines]));
  }

  /** Runs one command and gives its output. LabError when vagrant is missing or fails. */
  private run(args: string[], onLine: (line: string) => void = () => undefined): Promise<string> {
    return new Promise((resolve, reject) => {
      const child = spawn('vagrant', [...args, '--no-color', '--no-tty'], {
        cwd: this.folder,
        env: { ...process.env, VAGRANT_CHECKPOINT_DISABLE: '1', VAGRANT_CWD: this.folder, ...this.env },
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      const lines: string[] = [];
      for (const stream of [child.stdout, child.stderr]) {
        createInterface({ input: stream }).on('line', (line) => {
          lines.push(line);
          onLine(line);
        });
      }
      child.on('error', () => reject(missing('vagrant')));
      child.on('close', (code, signal) => {
        if (code === 0) resolve(lines.join('\n'));
        else reject(failure(args[0] ?? '', code ?? signal, lines));
      });
    });
  }
}

function failure(command: string, code: number | string | null, lines: string[]): LabError {
  const text = lines.join('\n');
  const shown = lines.filter((line) => line.trim() !== '').slice(-SHOWN_LINES);
  if (/provider '?libvirt'? could not be found/i.test(text)) return missing('vagrant-libvirt');
  return new LabError(
    { en: `\`vagrant ${command}\` failed (${code}).`, fr: `\`vagrant ${command}\` a échoué (${code}).` },
    {
      en: 'read the lines above; running the same command again continues where it stopped.',
      fr: 'lisez les lignes ci-dessus ; relancer la même commande reprend où elle s’est arrêtée.',
    },
    shown,
  );
}
