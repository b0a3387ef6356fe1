import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline/promises';
import { LabError } from '../../base/errors.ts';
import { findTool } from '../../base/exec.ts';
import { say } from '../../base/text.ts';

export interface InstallOptions {
  /** Do not ask (--yes). */
  yes?: boolean;
}

/** What installing needs of the computer; tests give their own. */
export interface InstallHost {
  root: boolean;
  terminal: boolean;
  hasTool(name: string): boolean;
  ask(question: string): Promise<string>;
  /** Runs a command in the user's terminal; its exit code. */
  run(command: string, args: string[]): Promise<number>;
}

const thisHost = (): InstallHost => ({
  root: process.getuid?.() === 0,
  terminal: process.stdin.isTTY === true && process.stderr.isTTY === true,
  hasTool: (name) => findTool(name) !== undefined,
  async ask(question) {
    const lines = createInterface({ input: process.stdin, output: process.stderr });
    try {
      return await lines.question(question);
    } finally {
      lines.close();
    }
  },
  run: (command, args) =>
    new Promise((resolve, reject) => {
      // Results of commands go to standard output: what APT says goes with the messages.
      const child = spawn(command, args, { stdio: ['inherit', 2, 2] });
      child.on('error', reject);
      child.on('close', (code) => resolve(code ?? 1));
    }),
});

/** The commands a user would type to install packages. */
export function installCommand(packages: readonly string[], root: boolean): string {
  const sudo = root ? '' : 'sudo ';
  return `${sudo}apt-get update && ${sudo}apt-get install --no-install-recommends ${packages.join(' ')}`;
}

/**
 * Installs Debian packages with apt-get, through sudo when not root. Asks first unless `yes`. LabError, with the
 * exact command to type, when it may not ask, is refused, or fails. Nothing happens for an empty list.
 */
export async function installPackages(
  packages: readonly string[],
  { yes = false }: InstallOptions = {},
  host: InstallHost = thisHost(),
): Promise<void> {
  if (packages.length === 0) return;
  const command = installCommand(packages, host.root);
  const list = packages.join(', ');
  const plural = packages.length > 1;
  const missing = {
    en: `${plural ? 'Debian packages are' : 'A Debian package is'} missing: ${list}.`,
    fr: `${plural ? 'Il manque des paquets Debian' : 'Il manque un paquet Debian'} : ${list}.`,
  };
  if (!host.hasTool('apt-get'))
    throw new LabError(
      {
        en: `Tools are missing that Debian has in these packages: ${list}.`,
        fr: `Il manque des outils que Debian livre dans ces paquets : ${list}.`,
      },
      {
        en: 'install them with this system’s own package manager.',
        fr: 'les installer avec le gestionnaire de paquets de ce système.',
      },
    );
  if (!yes) {
    if (!host.terminal)
      throw new LabError(missing, {
        en: `run this, or give --yes: ${command}`,
        fr: `lancer ceci, ou donner --yes : ${command}`,
      });
    const question = say({
      en: `${missing.en}\nInstall now with: ${command} ? [Y/n] `,
      fr: `${missing.fr}\nInstaller maintenant par : ${command} ? [O/n] `,
    });
    if (!/^(y|yes|o|oui|)$/i.test((await host.ask(question)).trim()))
      throw new LabError(missing, { en: `run: ${command}`, fr: `lancer : ${command}` });
  }
  if (!host.root && !host.hasTool('sudo'))
    throw new LabError(missing, {
      en: `sudo is not installed; as root, run: ${installCommand(packages, true)}`,
      fr: `sudo n’est pas installé ; en root, lancer : ${installCommand(packages, true)}`,
    });
  // Another apt-get (unattended upgrades) may be at work, on a slow computer for long: wait for it rather than fail.
  const quiet = ['-q', '-o', 'DPkg::Lock::Timeout=1800'];
  const steps = [
    ['apt-get', ...quiet, 'update'],
    [
      'env',
      'DEBIAN_FRONTEND=noninteractive',
      'apt-get',
      ...quiet,
      'install',
      '--yes',
      '--no-install-recommends',
      ...packages,
    ],
  ];
  for (const step of steps) {
    const [program = '', ...args] = host.root ? step : ['sudo', ...step];
    const code = await host.run(program, args);
    if (code !== 0)
      throw new LabError(
        {
          en: `Installing ${list} failed (apt-get ended with code ${code}).`,
          fr: `L’installation de ${list} a échoué (apt-get a rendu le code ${code}).`,
        },
        {
          en: `read its messages above; then run: ${command}`,
          fr: `lire ses messages ci-dessus ; puis lancer : ${command}`,
        },
      );
  }
}
