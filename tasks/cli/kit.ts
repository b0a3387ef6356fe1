import { say } from '../ui/text.ts';
import { version } from '../version.ts';
import { choice, examplesText, JSON_OUT, MIRROR, type Table, TOPOLOGY, YES } from './define.ts';

// Written here once more and not imported, so that `lab --help` stays fast; a test compares both.
export const PICTURES = ['machines', 'flows'];
export const FORMATS = ['svg', 'mermaid'];

/** The kit itself: its images, the computer it runs on, its Vagrantfile. */
export function kitCommands({ program, command, run }: Table): void {
  command('render', { en: 'write the Vagrantfile of the lab', fr: 'écrire le Vagrantfile du lab' }, [
    'npx lab render && vagrant up',
  ])
    .option('--topology <name|file>', say(TOPOLOGY))
    .option('--output <file>', say({ en: 'file to write', fr: 'fichier à écrire' }))
    .action(run(async (options) => (await import('../commands/render.ts')).render(options)));

  command(
    'diagram [picture]',
    {
      en: 'draw the machines of the lab, or the flows between its parts',
      fr: 'dessiner les machines du lab (machines), ou les flux entre ses parties (flows)',
    },
    [
      'npx lab diagram --output lab.svg',
      'npx lab diagram flows --format mermaid',
      'npx lab diagram --topology spread --output spread.svg',
    ],
  )
    .addOption(
      choice('--format <format>', { en: 'kind of file', fr: 'sorte de fichier' }, FORMATS).default('svg'),
    )
    .option('--topology <name|file>', say(TOPOLOGY))
    .option('--output <file>', say({ en: 'file to write', fr: 'fichier à écrire' }))
    .action(
      run(async (picture, options) => (await import('../commands/diagram.ts')).diagram(picture, options)),
    );

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
    .option('--yes', say(YES))
    .option('--json', say(JSON_OUT))
    .action(
      run(async (action, file, options) =>
        (await import('../commands/image.ts')).image(action, file, options),
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
    .option('--topology <name|file>', say(TOPOLOGY))
    .option('--json', say(JSON_OUT))
    .action(run(async (options) => (await import('../commands/doctor.ts')).doctor(options)));

  program
    .command('version')
    .description(say({ en: 'version of the kit', fr: 'version du kit' }))
    .addHelpText('after', examplesText(['npx lab version']))
    .action(() => console.log(version()));
}
