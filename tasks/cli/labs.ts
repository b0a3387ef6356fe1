import { say } from '../base/text.ts';
import { choice, JSON_OUT, type Table } from './define.ts';
import { ENGINES } from './machines.ts';
import { writingCommands } from './writing.ts';

/** What students use every day: the labs and their checks. */
export function labCommands(table: Table): void {
  const { group, command, run, exclusive } = table;
  group('students');
  command(
    'start <lab>',
    {
      en: 'put the machines where a lab begins (your work is saved first)',
      fr: "mettre les machines au début d'un lab (votre travail est d'abord sauvegardé)",
    },
    [
      'npx lab start 3',
      'npx lab start 1 --student alice',
      'npx lab start 3 --resume',
      'npx lab start 8 --from-mine',
    ],
  )
    .option('--student <id>', say({ en: 'whose lab this is', fr: 'à qui est ce lab' }))
    .option(
      '--code <code>',
      say({ en: 'the code that your teacher gave you', fr: 'le code donné par votre enseignant' }),
    )
    .option(
      '--resume',
      say({
        en: 'go on with your work of that lab instead',
        fr: 'plutôt continuer votre travail de ce lab',
      }),
    )
    .option(
      '--from-mine',
      say({
        en: "with your own files of earlier labs in place of the kit's, where they fit",
        fr: 'avec vos propres fichiers des labs précédents à la place de ceux du kit, là où ils conviennent',
      }),
    )
    .option('--json', say(JSON_OUT))
    .action(exclusive(async (lab, options) => (await import('./commands/lab-start.ts')).start(lab, options)));

  command(
    'guide <lab>',
    {
      en: "a lab's guide, with your addresses (also before there are machines)",
      fr: "le guide d'un lab, avec vos adresses (même avant qu'il y ait des machines)",
    },
    [
      'npx lab guide 1',
      'npx lab guide 1 --step 2 --answers',
      'npx lab guide 4 --student alice --topology my-class.yaml',
      'npx lab guide 3 --html guide-03.html --answers --open',
    ],
  )
    .option('--step <number>', say({ en: 'one step only', fr: 'une seule étape' }))
    .option(
      '--answers',
      say({ en: 'with the answers to its questions', fr: 'avec les réponses aux questions' }),
    )
    .option(
      '--html <file>',
      say({
        en: 'write it as a page with pictures, to be read or printed',
        fr: "l'écrire comme une page avec des dessins, à lire ou à imprimer",
      }),
    )
    .option(
      '--hints',
      say({
        en: 'on the page: with the hints, folded (they count as read)',
        fr: 'sur la page : avec les indices, repliés (ils comptent comme lus)',
      }),
    )
    .option('--open', say({ en: 'open the page in the browser', fr: 'ouvrir la page dans le navigateur' }))
    .option(
      '--student <id>',
      say({ en: "with this student's values", fr: 'avec les valeurs de cet étudiant' }),
    )
    .option(
      '--code <code>',
      say({ en: 'his code, in a class with a seed', fr: 'son code, dans une classe qui a une graine' }),
    )
    .option(
      '--topology <name|file>',
      say({
        en: "with the addresses of this topology (default: the lab's, or seven)",
        fr: 'avec les adresses de cette topologie (par défaut : celle du lab, sinon seven)',
      }),
    )
    .addOption(
      choice(
        '--engine <engine>',
        {
          en: "network cards and disks named as on this engine (default: the lab's, or uml)",
          fr: 'cartes réseau et disques nommés comme avec ce moteur (par défaut : celui du lab, sinon uml)',
        },
        ENGINES,
      ),
    )
    .action(run(async (lab, options) => (await import('./commands/lab-guide.ts')).guide(lab, options)));

  command(
    'check [lab]',
    {
      en: 'which steps hold (all labs by default)',
      fr: 'quelles étapes sont acquises (tous les labs par défaut)',
    },
    [
      'npx lab check',
      'npx lab check 3',
      'npx lab check 3.2 --watch',
      'npx lab check 3 --format text,html=result.html',
      'npx lab check 3 --bundle alice-03.lab',
    ],
  )
    .option(
      '--format <formats>',
      say({
        en: 'text, json, junit, csv, html; several with commas, each with =FILE to write a file',
        fr: 'text, json, junit, csv, html ; plusieurs avec des virgules, chacun avec =FICHIER pour écrire un fichier',
      }),
      'text',
    )
    .option(
      '--watch',
      say({ en: 'check again until all passes', fr: "recommencer jusqu'à ce que tout passe" }),
    )
    .option(
      '--trials',
      say({
        en: 'also make the faults that must be survived (with --bundle always)',
        fr: 'provoquer aussi les pannes à surmonter (toujours avec --bundle)',
      }),
    )
    .option(
      '--timeout <seconds>',
      say({
        en: 'for each machine (10; more on a slow computer)',
        fr: 'par machine (10 ; plus sur un ordinateur lent)',
      }),
    )
    .option(
      '--bundle <file>',
      say({ en: 'a signed file for the teacher', fr: "un fichier signé pour l'enseignant" }),
    )
    .action(
      exclusive(async (lab, options) => (await import('./commands/check.ts')).check(lab, options), {
        when: ({ trials, bundle }) => trials === true || bundle !== undefined,
      }),
    );

  writingCommands(table);

  command(
    'hint <step>',
    {
      en: 'help with a step, a little more each time',
      fr: "de l'aide pour une étape, un peu plus à chaque fois",
    },
    ['npx lab hint 3.2', 'npx lab hint 3.2 --level 1'],
  )
    .option('--level <number>', say({ en: 'this level', fr: 'ce niveau' }))
    .action(run(async (step, options) => (await import('./commands/lab-help.ts')).hint(step, options)));

  command(
    'solve <lab>',
    { en: 'start a lab and do what its guide says', fr: 'démarrer un lab et faire ce que dit son guide' },
    ['npx lab solve 3', 'npx lab solve 3 --step 2'],
  )
    .option('--step <number>', say({ en: 'up to this step', fr: "jusqu'à cette étape" }))
    .action(exclusive(async (lab, options) => (await import('./commands/lab-start.ts')).solve(lab, options)));

  command(
    'break [fault]',
    {
      en: 'break something, to be found and mended (lists without a name)',
      fr: 'casser quelque chose, à trouver et réparer (liste sans nom)',
    },
    [
      'npx lab break',
      'npx lab break 01/web1-down',
      'npx lab break --random',
      'npx lab break --undo',
      'npx lab break --solve',
    ],
  )
    .option('--random', say({ en: 'something, without saying what', fr: 'quelque chose, sans dire quoi' }))
    .option('--undo', say({ en: 'mend what was broken so', fr: 'réparer ce qui a été ainsi cassé' }))
    .option(
      '--solve',
      say({
        en: 'give an incident up: mend it and write its report',
        fr: 'abandonner un incident : le réparer et écrire son rapport',
      }),
    )
    .action(
      exclusive(async (fault, options) => (await import('./commands/break.ts')).breakLab(fault, options), {
        // Without a name it lists.
        when: ({ random, undo, solve }, words) => words.length > 0 || [random, undo, solve].includes(true),
      }),
    );

  command('progress', { en: 'what was reached so far', fr: "ce qui a été atteint jusqu'ici" }, [
    'npx lab progress',
    'npx lab progress --json',
  ])
    .option('--json', say(JSON_OUT))
    .action(run(async (options) => (await import('./commands/lab-help.ts')).progress(options)));
}
