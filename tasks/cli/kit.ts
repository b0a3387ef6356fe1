import { Option } from 'commander';
import { version } from '../base/paths.ts';
import { say } from '../base/text.ts';
import { choice, examplesText, JSON_OUT, MIRROR, type Table, TOPOLOGY, YES } from './define.ts';

// Written here once more and not imported, so that `lab --help` stays fast; a test compares both.
export const PICTURES = ['machines', 'flows'];
export const DIAGRAM_FORMATS = ['svg', 'mermaid'];
export const BOX_PROVIDERS = ['libvirt', 'virtualbox'];

/** The kit itself: its images, the computer it runs on, its Vagrantfile. */
export function kitCommands({ program, group, command, run }: Table): void {
  group('maintenance');
  command('render', { en: 'write the Vagrantfile of the lab', fr: 'écrire le Vagrantfile du lab' }, [
    'npx lab render && vagrant up',
  ])
    .option('--topology <name|file>', say(TOPOLOGY))
    .option('--output <file>', say({ en: 'file to write', fr: 'fichier à écrire' }))
    .action(run(async (options) => (await import('./commands/render.ts')).render(options)));

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
      choice('--format <format>', { en: 'kind of file', fr: 'sorte de fichier' }, DIAGRAM_FORMATS).default(
        'svg',
      ),
    )
    .option('--topology <name|file>', say(TOPOLOGY))
    .option('--output <file>', say({ en: 'file to write', fr: 'fichier à écrire' }))
    .action(
      run(async (picture, options) => (await import('./commands/diagram.ts')).diagram(picture, options)),
    );

  command(
    'image <action> [place]',
    {
      en: 'build, pull, list, verify, export, import or prune base images; show the key that signs them (key)',
      fr: 'construire (build), prendre ailleurs (pull), lister (list), vérifier (verify), exporter (export), importer (import), nettoyer (prune) les images de base ; afficher la clé qui les signe (key)',
    },
    [
      'npx lab image build',
      'npx lab image build --box virtualbox',
      'npx lab image pull https://www.example.org/lab --key RWRAqsGEtuKhDvW8KGgPhpTlAVX/yz6P0dBT2cKR1BRxJyU1sxxn9Fas',
      'npx lab image export /srv/www/lab --sign',
      'npx lab image key',
      'npx lab image export lab-image.tar.zst',
      'npx lab image import lab-image.tar.zst',
      'npx lab image prune',
    ],
  )
    .option('--mirror <url>', say(MIRROR))
    .addOption(
      choice(
        '--box [provider]',
        {
          en: 'the Vagrant box of this provider instead (build, pull; without a word: libvirt)',
          fr: 'la box Vagrant de ce fournisseur plutôt (build, pull ; sans mot : libvirt)',
        },
        BOX_PROVIDERS,
      ).preset('libvirt'),
    )
    .option(
      '--key <key|file>',
      say({
        en: 'public key whose signature is asked for; remembered (pull)',
        fr: 'clé publique dont la signature est exigée ; retenue (pull)',
      }),
    )
    .addOption(
      new Option(
        '--unsigned',
        say({
          en: 'do without a signature: from somebody you trust in another way (pull)',
          fr: "se passer de signature : de quelqu'un à qui vous faites confiance autrement (pull)",
        }),
      ).conflicts('key'),
    )
    .option(
      '--sign',
      say({
        en: 'sign with your key, which is made the first time (export to a folder)',
        fr: 'signer avec votre clé, créée la première fois (export vers un dossier)',
      }),
    )
    .option('--yes', say(YES))
    .option('--json', say(JSON_OUT))
    .action(
      run(async (action, place, options) =>
        (await import('./commands/image.ts')).image(action, place, options),
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
    .action(run(async (options) => (await import('./commands/doctor.ts')).doctor(options)));

  program
    .command('version')
    .description(say({ en: 'version of the kit', fr: 'version du kit' }))
    .addHelpText('after', examplesText(['npx lab version']))
    .action(() => console.log(version()));
}
