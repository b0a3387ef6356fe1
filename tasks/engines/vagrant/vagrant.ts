import SSHConfig from 'ssh-config';
import { LabError } from '../../base/errors.ts';
import { type RunProgram, runProgram } from '../../base/exec.ts';
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

/** What `vagrant box list` prints, read: names and providers ("ha-lab-0123 (virtualbox, 0)"). */
export function readBoxes(text: string): { name: string; provider: string }[] {
  return [...text.matchAll(/^(\S+)\s+\((\w+),/gm)].map(([, name = '', provider = '']) => ({
    name,
    provider,
  }));
}

/** Vagrant, run in the folder of one lab's Vagrantfile. */
export class Vagrant {
  constructor(
    private readonly folder: string,
    private readonly env: Record<string, string>,
    private readonly execute: RunProgram = runProgram,
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

  /** Whether Vagrant has a box by this name for the provider that this lab uses. */
  hasBox(name: string): Promise<boolean> {
    return hasBox(name, this.env.VAGRANT_DEFAULT_PROVIDER ?? '', this.execute);
  }

  /** Runs one command and gives its output. LabError when vagrant is missing or fails. */
  private async run(args: string[], onLine: (line: string) => void = () => undefined): Promise<string> {
    const lines: string[] = [];
    const ended = await this.execute('vagrant', [...args, '--no-color', '--no-tty'], {
      cwd: this.folder,
      env: { VAGRANT_CHECKPOINT_DISABLE: '1', VAGRANT_CWD: this.folder, ...this.env },
      onLine: (line) => {
        lines.push(line);
        onLine(line);
      },
    });
    if (ended.missing) throw missing('vagrant');
    if (ended.code !== 0) throw failure(args[0] ?? '', ended.code ?? '?', lines);
    return ended.stdout;
  }
}

/** Whether Vagrant has a box, from the cache of the kit or from elsewhere (`vagrant box add`). Takes seconds. */
export async function hasBox(name: string, provider: string, run: RunProgram = runProgram): Promise<boolean> {
  const { code, stdout } = await run('vagrant', ['box', 'list', '--no-color', '--no-tty'], {
    env: { VAGRANT_CHECKPOINT_DISABLE: '1' },
  });
  return code === 0 && readBoxes(stdout).some((box) => box.name === name && box.provider === provider);
}

function failure(command: string, code: number | string, lines: string[]): LabError {
  const text = lines.join('\n');
  const shown = lines.filter((line) => line.trim() !== '').slice(-SHOWN_LINES);
  if (/provider '?libvirt'? could not be found/i.test(text)) return missing('vagrant-libvirt');
  return new LabError(
    { en: `\`vagrant ${command}\` failed (${code}).`, fr: `\`vagrant ${command}\` a échoué (${code}).` },
    {
      en: 'read the lines above. Running the same command again continues where it stopped; as long as no machine of the lab has started, another engine may be asked for: `lab up --engine uml`.',
      fr: 'lisez les lignes ci-dessus. Relancer la même commande reprend où elle s’est arrêtée ; tant qu’aucune machine du lab n’a démarré, un autre moteur peut être demandé : `lab up --engine uml`.',
    },
    shown,
  );
}
