import { type Command, Option } from 'commander';
import { say } from '../base/text.ts';
import { CLASS_DEFAULTS } from '../class/defaults.ts';
import { examplesText, JSON_OUT, type Table } from './define.ts';

/** Making a class, with all that its labs are given. */
export function initCommand(klass: Command, run: Table['run']): void {
  klass
    .command('init <folder>')
    .description(
      say({
        en: 'make a class, or change what its labs are given (those that run keep what they have)',
        fr: 'créer une classe, ou changer ce que reçoivent ses labs (ceux qui tournent gardent ce qu’ils ont)',
      }),
    )
    .option('--json', say(JSON_OUT))
    .option(
      '--cluster',
      say({
        en: 'with the Slurm that this computer belongs to',
        fr: 'avec le Slurm dont fait partie cet ordinateur',
      }),
    )
    .option(
      '--servers <a,b,c>',
      say({
        en: 'with plain Debian 13 servers, set up over ssh; the first is the controller',
        fr: 'avec de simples serveurs Debian 13, configurés par ssh ; le premier est le contrôleur',
      }),
    )
    .option(
      '--user <name>',
      say({
        en: 'with --servers: account that labs run as (lab)',
        fr: 'avec --servers : compte sous lequel tournent les labs (lab)',
      }),
    )
    .option(
      '--kit <folder>',
      say({
        en: 'with --servers: where they have the kit; copied there otherwise (/opt/ha-lab)',
        fr: 'avec --servers : où ils ont le kit ; sinon copié là (/opt/ha-lab)',
      }),
    )
    .option(
      '--ssh-config <file>',
      say({
        en: 'with --servers: configuration of ssh (default: yours)',
        fr: 'avec --servers : configuration de ssh (par défaut : la vôtre)',
      }),
    )
    .option(
      '--class-name <name>',
      say({
        en: 'what its jobs are called (default: the folder’s name)',
        fr: 'comment s’appellent ses travaux (par défaut : le nom du dossier)',
      }),
    )
    .option('--partition <name>', say({ en: 'partition of the cluster', fr: 'partition du cluster' }))
    .option('--account <name>', say({ en: 'account of the cluster', fr: 'compte du cluster' }))
    .option(
      '--qos <name>',
      say({ en: 'quality of service of the cluster', fr: 'qualité de service du cluster' }),
    )
    .option(
      '--memory <MiB>',
      say({
        en: `memory of a lab (${CLASS_DEFAULTS.memory})`,
        fr: `mémoire d’un lab (${CLASS_DEFAULTS.memory})`,
      }),
    )
    .option(
      '--cores <number>',
      say({
        en: `cores of a lab, shared with others (${CLASS_DEFAULTS.cores})`,
        fr: `cœurs d’un lab, partagés avec d’autres (${CLASS_DEFAULTS.cores})`,
      }),
    )
    .option(
      '--hours <number>',
      say({
        en: `how long a lab runs at most (${CLASS_DEFAULTS.hours})`,
        fr: `durée maximale d’un lab (${CLASS_DEFAULTS.hours})`,
      }),
    )
    .option(
      '--save <minutes>',
      say({
        en: `between two saves (${CLASS_DEFAULTS.saveMinutes})`,
        fr: `entre deux sauvegardes (${CLASS_DEFAULTS.saveMinutes})`,
      }),
    )
    .option(
      '--idle <minutes>',
      say({
        en: `after so long without use a lab saves itself and ends, until it is opened again; 0: never (${CLASS_DEFAULTS.idleMinutes})`,
        fr: `inutilisé aussi longtemps, un lab se sauvegarde et s’arrête, jusqu’à ce qu’on l’ouvre de nouveau ; 0 : jamais (${CLASS_DEFAULTS.idleMinutes})`,
      }),
    )
    .option(
      '--extra <hours>',
      say({
        en: `how much longer a lab may be let run (${CLASS_DEFAULTS.extraHours})`,
        fr: `de combien on peut prolonger un lab (${CLASS_DEFAULTS.extraHours})`,
      }),
    )
    .option(
      '--scratch <folder>',
      say({
        en: `each server’s own folder for disks (${CLASS_DEFAULTS.scratch})`,
        fr: `dossier propre à chaque serveur, pour les disques (${CLASS_DEFAULTS.scratch})`,
      }),
    )
    .option(
      '--cache <folder>',
      say({
        en: 'cache of images on the servers (default: the kit’s own)',
        fr: 'cache d’images sur les serveurs (par défaut : celui du kit)',
      }),
    )
    .option(
      '--topology <name|file>',
      say({ en: 'topology of the labs (default: seven)', fr: 'topologie des labs (par défaut : seven)' }),
    )
    .option(
      '--app <application>',
      say({ en: 'what the labs serve (sample)', fr: 'ce que servent les labs (sample)' }),
    )
    .addOption(new Option('--program <file>', 'what a lab is: see tasks/class/job/uml.sh').hideHelp())
    .addOption(new Option('--save-seconds <number>', 'for tests').hideHelp())
    .addOption(new Option('--idle-seconds <number>', 'for tests').hideHelp())
    .addOption(new Option('--grace-seconds <number>', 'for tests').hideHelp())
    .addHelpText(
      'after',
      examplesText([
        'npx lab class init /srv/class/ha1 --cluster',
        'npx lab class init class --cluster --partition teaching --hours 4',
        'npx lab class init /srv/class/ha1 --servers alpha,beta,gamma',
      ]),
    )
    .action(run(async (folder, options) => (await import('./commands/class/init.ts')).init(folder, options)));
}
