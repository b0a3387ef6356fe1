import type { Command } from 'commander';
import { label, say, type Text } from '../base/text.ts';
import { initCommand } from './class-init.ts';
import { frontCommands, jobCommands, lessonCommands } from './class-parts.ts';
import { examplesText, JSON_OUT, type Table } from './define.ts';

const CLASS: Text = {
  en: 'folder of the class, which all servers see (default: LAB_CLASS, or class)',
  fr: 'dossier de la classe, que tous les serveurs voient (par défaut : LAB_CLASS, sinon class)',
};
const STUDENTS: Text = { en: 'only these students', fr: 'seulement ces étudiants' };

/** `lab class`: a lab for each student, on the servers of a cluster. */
export function classCommands({ program, group, run }: Table): void {
  group('teachers');
  const klass = program
    .command('class')
    .description(
      say({
        en: 'a lab for each student of a class, on the servers of a cluster',
        fr: 'un lab pour chaque étudiant d’une classe, sur les serveurs d’un cluster',
      }),
    )
    .helpCommand(false)
    .addHelpText(
      'after',
      examplesText([
        'npx lab class init /srv/class/ha1 --cluster',
        'npx lab class doctor',
        'npx lab class up roster.csv --lab 1',
        'npx lab class links && npx lab class open',
        'npx lab class status --watch',
        'npx lab class collect 1',
        'npx lab class grade 1 --xlsx class.xlsx',
        'npx lab class down --keep',
      ]),
    );
  klass.commandsGroup(label({ en: 'Actions', fr: 'Actions' }));
  const action = (usage: string, text: Text, examples: string[]): Command =>
    klass
      .command(usage)
      .description(say(text))
      .option('--class <folder>', say(CLASS), process.env.LAB_CLASS || 'class')
      .option('--json', say(JSON_OUT))
      .addHelpText('after', examplesText(examples));

  initCommand(klass, run);

  action(
    'doctor',
    {
      en: 'look at the cluster, and at each server from inside a job; say what the administrator must change',
      fr: 'examiner le cluster, et chaque serveur depuis un travail ; dire ce que l’administrateur doit changer',
    },
    ['npx lab class doctor', 'npx lab class doctor --class /srv/class/ha1'],
  ).action(run(async (options) => (await import('./commands/class/doctor.ts')).doctor(options)));

  action(
    'up [roster]',
    {
      en: 'start the labs that do not run; with a roster (CSV as Moodle exports it), of those on it',
      fr: 'démarrer les labs qui ne tournent pas ; avec une liste (CSV exporté par Moodle), de ceux qui y sont',
    },
    ['npx lab class up roster.csv', 'npx lab class up roster.csv --lab 1', 'npx lab class up --lab 2'],
  )
    .option(
      '--lab <number>',
      say({ en: 'put each in this lab when it starts', fr: 'mettre chacun dans ce lab à son démarrage' }),
    )
    .action(run(async (roster, options) => (await import('./commands/class/up.ts')).up(roster, options)));

  action(
    'status',
    { en: 'where each lab runs and how far it is', fr: 'où tourne chaque lab et où il en est' },
    ['npx lab class status', 'npx lab class status --watch', 'npx lab class status --json'],
  )
    .option(
      '--watch',
      say({
        en: 'again and again; labs of a lost server that the cluster holds back are started at once',
        fr: 'sans cesse ; les labs d’un serveur perdu que le cluster retient repartent aussitôt',
      }),
    )
    .action(run(async (options) => (await import('./commands/class/status.ts')).status(options)));

  frontCommands(action, run);
  lessonCommands(action, run);

  action(
    'join <student> [machine] [command...]',
    { en: "a shell on a machine of a student's lab", fr: "un shell sur une machine du lab d'un étudiant" },
    ['npx lab class join alice web1', 'npx lab class join alice web1 -- hostname'],
  ).action(
    run(async (student, machine, words, options) =>
      (await import('./commands/class/join.ts')).join(student, machine, words, options),
    ),
  );

  action(
    'reset <student>',
    {
      en: 'put a lab back to its beginning (what was saved is set aside)',
      fr: 'remettre un lab à son début (ce qui était sauvegardé est mis de côté)',
    },
    ['npx lab class reset alice', 'npx lab class reset alice --yes'],
  )
    .option('--yes', say({ en: 'without asking', fr: 'sans demander' }))
    .action(
      run(async (student, options) => (await import('./commands/class/reset.ts')).reset(student, options)),
    );

  action(
    'drain <server>',
    {
      en: 'take the class off a server: its labs save themselves and run elsewhere',
      fr: 'retirer la classe d’un serveur : ses labs se sauvegardent et tournent ailleurs',
    },
    ['npx lab class drain s1', 'npx lab class drain s1 --undo'],
  )
    .option(
      '--undo',
      say({ en: 'the server may have labs again', fr: 'le serveur peut de nouveau avoir des labs' }),
    )
    .action(
      run(async (server, options) => (await import('./commands/class/drain.ts')).drain(server, options)),
    );

  action(
    'collect <lab>',
    {
      en: 'have a lab of the kit judged on the servers, and take the bundles',
      fr: 'faire évaluer un lab du kit sur les serveurs, et prendre les paquets',
    },
    ['npx lab class collect 1', 'npx lab class collect 1 --student alice --student bob'],
  )
    .option('--student <id...>', say(STUDENTS))
    .action(run(async (lab, options) => (await import('./commands/class/collect.ts')).collect(lab, options)));

  action(
    'grade <lab>',
    { en: 'grade what was collected (`lab grade`)', fr: 'noter ce qui a été collecté (`lab grade`)' },
    ['npx lab class grade 1 --xlsx class.xlsx', 'npx lab class grade 3 --csv class.csv --replay'],
  )
    .option('--csv <file>')
    .option('--xlsx <file>')
    .option('--html <file>')
    .option('--deadline <time>', say({ en: 'later ones are flagged', fr: 'les suivants sont signalés' }))
    .option(
      '--replay',
      say({ en: 'also build what each student wrote again', fr: 'rejouer aussi ce que chacun a écrit' }),
    )
    .action(run(async (lab, options) => (await import('./commands/class/collect.ts')).grade(lab, options)));

  action(
    'down [students...]',
    {
      en: 'save and end the labs; without --keep, what was saved is removed afterwards',
      fr: 'sauvegarder et arrêter les labs ; sans --keep, ce qui était sauvegardé est ensuite supprimé',
    },
    ['npx lab class down --keep', 'npx lab class down alice --keep', 'npx lab class down --yes'],
  )
    .option('--keep', say({ en: '`lab class up` goes on from there', fr: '`lab class up` reprend là' }))
    .option('--yes', say({ en: 'without asking', fr: 'sans demander' }))
    .action(
      run(async (students, options) => (await import('./commands/class/down.ts')).down(students, options)),
    );

  jobCommands(klass, run);
}
