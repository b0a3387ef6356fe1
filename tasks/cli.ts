import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command, CommanderError, Option } from 'commander';
import { ROOT } from './lab/paths.ts';
import { LabError, messageOf } from './ui/errors.ts';
import { interruptAll } from './ui/interrupt.ts';
import { type Language, languageOf, say, setLanguage, type Text } from './ui/text.ts';

/** Version of the kit, from package.json. */
export function version(): string {
  return (JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string }).version;
}

const NAME: Text = { en: 'which lab', fr: 'quel lab' };
const JSON_OUT: Text = { en: 'print JSON for programs', fr: 'afficher du JSON pour les programmes' };
const MIRROR: Text = {
  en: 'Debian mirror (default: the one this computer uses)',
  fr: 'miroir Debian (par défaut : celui de cet ordinateur)',
};

/** The table of commands: what each is called, what it takes, and the file that does it. Nothing else is here. */
function table(finish: (code: number) => void): Command {
  const program = new Command('lab')
    .description(
      say({
        en: 'A highly available service on seven real Linux machines, to build, break and repair.',
        fr: 'Un service à haute disponibilité sur sept vraies machines Linux, à construire, casser et réparer.',
      }),
    )
    .helpCommand(false)
    .addOption(new Option('--lang <language>', say({ en: 'en or fr', fr: 'en ou fr' })).choices(['en', 'fr']))
    .option('--verbose', say({ en: 'show where an error comes from', fr: "montrer d'où vient une erreur" }))
    .exitOverride();

  const examplesText = (examples: string[]) =>
    `\n${say({ en: 'Examples', fr: 'Exemples' })}:\n${examples.map((line) => `  ${line}`).join('\n')}`;
  const command = (usage: string, text: Text, examples: string[]): Command =>
    program
      .command(usage)
      .description(say(text))
      .option('--name <lab>', say(NAME), process.env.LAB_NAME ?? 'lab')
      .addHelpText('after', examplesText(examples));
  const run =
    <A extends unknown[]>(work: (...args: A) => Promise<number>) =>
    async (...args: A) =>
      finish(await work(...args));

  command(
    'up',
    { en: 'build, start and provision the lab', fr: 'construire, démarrer et configurer le lab' },
    [
      'npx lab up',
      'npx lab up --engine vagrant-libvirt',
      'npx lab up --name second --topology my-class.yaml',
    ],
  )
    .option(
      '--topology <name|file>',
      say({ en: 'topology (default: seven)', fr: 'topologie (par défaut : seven)' }),
    )
    .addOption(
      new Option(
        '--engine <engine>',
        say({ en: 'where machines run', fr: 'où tournent les machines' }),
      ).choices(['uml', 'vagrant-libvirt', 'vagrant-virtualbox']),
    )
    .option('--mirror <url>', say(MIRROR))
    .option('--no-provision', say({ en: 'start the machines only', fr: 'démarrer les machines seulement' }))
    .option(
      '--yes',
      say({
        en: 'install missing Debian packages without asking',
        fr: 'installer sans demander les paquets Debian manquants',
      }),
    )
    .option('--json', say(JSON_OUT))
    .action(run(async (options) => (await import('./commands/up.ts')).up(options)));

  command(
    'status',
    { en: 'machines, roles, floating addresses, health', fr: 'machines, rôles, adresses flottantes, santé' },
    ['npx lab status', 'npx lab status --json'],
  )
    .option('--json', say(JSON_OUT))
    .action(run(async (options) => (await import('./commands/status.ts')).status(options)));

  command(
    'ssh <machine> [command...]',
    { en: 'a shell, or one command, on a machine', fr: 'un shell, ou une commande, sur une machine' },
    ['npx lab ssh web1', 'npx lab ssh lb1 -- systemctl status haproxy'],
  )
    .passThroughOptions(false)
    .action(
      run(async (machine, words, options) =>
        (await import('./commands/ssh.ts')).ssh(machine, words, options),
      ),
    );

  command(
    'ssh-config',
    { en: 'print an SSH configuration for the machines', fr: 'afficher une configuration SSH des machines' },
    ['npx lab ssh-config > lab.conf && ssh -F lab.conf web1'],
  ).action(run(async (options) => (await import('./commands/ssh.ts')).sshConfig(options)));

  command(
    'open',
    {
      en: "forward a local port to the service's address",
      fr: "relier un port local à l'adresse du service",
    },
    ['npx lab open', 'npx lab open --port 9443'],
  )
    .option('--port <number>', say({ en: 'local port', fr: 'port local' }), '8443')
    .action(run(async (options) => (await import('./commands/open.ts')).open(options)));

  command(
    'logs [machine]',
    {
      en: 'what was done on a machine, or its journal',
      fr: 'ce qui a été fait sur une machine, ou son journal',
    },
    ['npx lab logs web1', 'npx lab logs lb1 --journal', 'npx lab logs db1 --console'],
  )
    .option('--journal', say({ en: "the machine's journal", fr: 'le journal de la machine' }))
    .option('--console', say({ en: "the machine's console", fr: 'la console de la machine' }))
    .option('-n, --lines <number>', say({ en: 'how many lines', fr: 'combien de lignes' }), '50')
    .action(run(async (machine, options) => (await import('./commands/logs.ts')).logs(machine, options)));

  command(
    'halt [machine...]',
    {
      en: 'shut machines down in order (all by default)',
      fr: 'arrêter proprement des machines (toutes par défaut)',
    },
    ['npx lab halt', 'npx lab halt web1', 'npx lab halt db1 --force'],
  )
    .option('--force', say({ en: 'cut the power instead', fr: "couper l'alimentation" }))
    .action(run(async (machines, options) => (await import('./commands/halt.ts')).halt(machines, options)));

  command('destroy', { en: 'remove the lab and its disks', fr: 'supprimer le lab et ses disques' }, [
    'npx lab destroy --yes',
  ])
    .option('--yes', say({ en: 'without asking', fr: 'sans demander' }))
    .action(run(async (options) => (await import('./commands/destroy.ts')).destroy(options)));

  command(
    'snapshot <action> [snapshot]',
    {
      en: 'save, restore, list or delete snapshots',
      fr: 'sauver (save), rétablir (restore), lister (list) ou supprimer (delete) des instantanés',
    },
    [
      'npx lab snapshot save before-lab-4',
      'npx lab snapshot restore before-lab-4',
      'npx lab snapshot list',
      'npx lab snapshot delete before-lab-4',
    ],
  )
    .option('--json', say(JSON_OUT))
    .action(
      run(async (action, name, options) =>
        (await import('./commands/snapshot.ts')).snapshot(action, name, options),
      ),
    );

  command('render', { en: 'write the Vagrantfile of the lab', fr: 'écrire le Vagrantfile du lab' }, [
    'npx lab render && vagrant up',
  ])
    .option(
      '--topology <name|file>',
      say({ en: 'topology (default: seven)', fr: 'topologie (par défaut : seven)' }),
    )
    .option('--output <file>', say({ en: 'file to write', fr: 'fichier à écrire' }))
    .action(run(async (options) => (await import('./commands/render.ts')).render(options)));

  command(
    'image <action> [file]',
    {
      en: 'build, list, verify, export, import or prune base images',
      fr: 'construire (build), lister (list), vérifier (verify), exporter (export), importer (import), nettoyer (prune) les images de base',
    },
    [
      'npx lab image build',
      'npx lab image export lab-image.tar.zst',
      'npx lab image import lab-image.tar.zst',
      'npx lab image prune',
    ],
  )
    .option('--mirror <url>', say(MIRROR))
    .option('--box', say({ en: 'the Vagrant box instead (build)', fr: 'la box Vagrant plutôt (build)' }))
    .option(
      '--yes',
      say({
        en: 'install missing Debian packages without asking',
        fr: 'installer sans demander les paquets Debian manquants',
      }),
    )
    .option('--json', say(JSON_OUT))
    .action(
      run(async (action, file, options) =>
        (await import('./commands/image.ts')).image(action, file, options),
      ),
    );

  command(
    'doctor',
    {
      en: 'check this computer and say how to mend it',
      fr: 'vérifier cet ordinateur et dire comment corriger',
    },
    ['npx lab doctor'],
  )
    .option(
      '--topology <name|file>',
      say({ en: 'topology (default: seven)', fr: 'topologie (par défaut : seven)' }),
    )
    .option('--json', say(JSON_OUT))
    .action(run(async (options) => (await import('./commands/doctor.ts')).doctor(options)));

  program
    .command('version')
    .description(say({ en: 'version of the kit', fr: 'version du kit' }))
    .addHelpText('after', examplesText(['npx lab version']))
    .action(() => console.log(version()));
  return program;
}

/** The options that are accepted before and after the command's name, taken out of a command line. */
export function globalOptions(args: string[]): {
  words: string[];
  lang: string | undefined;
  verbose: boolean;
} {
  // What follows -- is a machine's.
  const end = args.includes('--') ? args.indexOf('--') : args.length;
  const words: string[] = [];
  let lang: string | undefined;
  let verbose = false;
  for (let at = 0; at < end; at += 1) {
    const arg = args[at] ?? '';
    if (arg === '--verbose') verbose = true;
    else if (arg.startsWith('--lang=')) lang = arg.slice('--lang='.length);
    else if (arg === '--lang') {
      at += 1;
      lang = at < end ? (args[at] ?? '') : '';
    } else words.push(arg);
  }
  return { words: [...words, ...args.slice(end)], lang, verbose };
}

/** Ctrl-C: what was started in the background is stopped, and the way on is said. */
function interrupted(): void {
  interruptAll();
  console.error(
    `\n${say({
      en: 'Interrupted. Nothing is lost: the same command continues; `lab destroy` removes everything.',
      fr: "Interrompu. Rien n'est perdu : la même commande reprend ; `lab destroy` supprime tout.",
    })}`,
  );
  process.exit(130);
}

/** Runs one command line. Returns the exit code: 0 done, 1 failed, 2 the command line is wrong, 130 interrupted. */
export async function main(args: string[]): Promise<number> {
  const { words, lang, verbose } = globalOptions(args);
  // Help texts are made before options are parsed.
  const language: Language = lang === 'en' || lang === 'fr' ? lang : languageOf(process.env);
  setLanguage(language);
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, interrupted);
  // zx runs programs through a shell; Windows has this one.
  if (process.platform === 'win32') (await import('zx')).usePowerShell();
  let code = 0;
  try {
    await table((result) => {
      code = result;
    }).parseAsync(
      [...(lang === undefined ? [] : ['--lang', lang]), ...(words.length > 0 ? words : ['--help'])],
      {
        from: 'user',
      },
    );
    return code;
  } catch (error) {
    // Commander has already said what is wrong, or shown the help that was asked for.
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    if (error instanceof LabError) console.error(error.render());
    else {
      console.error(
        say({
          en: `Something went wrong in the kit itself: ${messageOf(error)} (more with --verbose)`,
          fr: `Le kit lui-même a rencontré un problème : ${messageOf(error)} (plus de détails avec --verbose)`,
        }),
      );
    }
    if (verbose && error instanceof Error) console.error(error.stack);
    return 1;
  }
}
