import { say } from '../ui/text.ts';
import { examplesText, JSON_OUT, type Table } from './define.ts';

/** What students and teachers use every day: the labs, their checks, and grading. */
export function labCommands({ program, command, run, alone }: Table): void {
  command(
    'start <lab>',
    {
      en: 'put the machines where a lab begins (your work is saved first)',
      fr: "mettre les machines au début d'un lab (votre travail est d'abord sauvegardé)",
    },
    ['npx lab start 3', 'npx lab start 1 --student alice', 'npx lab start 3 --resume'],
  )
    .option('--student <id>', say({ en: 'whose lab this is', fr: 'à qui est ce lab' }))
    .option(
      '--resume',
      say({ en: 'your saved work of that lab instead', fr: 'plutôt votre travail sauvegardé de ce lab' }),
    )
    .action(alone(async (lab, options) => (await import('../commands/lab-start.ts')).start(lab, options)));

  command(
    'guide <lab>',
    { en: "a lab's guide, with your addresses", fr: "le guide d'un lab, avec vos adresses" },
    ['npx lab guide 1', 'npx lab guide 1 --step 2 --answers'],
  )
    .option('--step <number>', say({ en: 'one step only', fr: 'une seule étape' }))
    .option(
      '--answers',
      say({ en: 'with the answers to its questions', fr: 'avec les réponses aux questions' }),
    )
    .action(run(async (lab, options) => (await import('../commands/lab-help.ts')).guide(lab, options)));

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
      say({ en: 'also make the faults that must be survived', fr: 'provoquer aussi les pannes à surmonter' }),
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
      alone(async (lab, options) => (await import('../commands/check.ts')).check(lab, options), {
        when: ({ trials }) => trials === true,
      }),
    );

  command(
    'hint <step>',
    {
      en: 'help with a step, a little more each time',
      fr: "de l'aide pour une étape, un peu plus à chaque fois",
    },
    ['npx lab hint 3.2', 'npx lab hint 3.2 --level 1'],
  )
    .option('--level <number>', say({ en: 'this level', fr: 'ce niveau' }))
    .action(run(async (step, options) => (await import('../commands/lab-help.ts')).hint(step, options)));

  command(
    'solve <lab>',
    { en: 'start a lab and do what its guide says', fr: 'démarrer un lab et faire ce que dit son guide' },
    ['npx lab solve 3', 'npx lab solve 3 --step 2'],
  )
    .option('--step <number>', say({ en: 'up to this step', fr: "jusqu'à cette étape" }))
    .action(alone(async (lab, options) => (await import('../commands/lab-start.ts')).solve(lab, options)));

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
      alone(async (fault, options) => (await import('../commands/break.ts')).breakLab(fault, options), {
        // Without a name it lists.
        when: ({ random, undo, solve }, words) => words.length > 0 || [random, undo, solve].includes(true),
      }),
    );

  command('progress', { en: 'what was reached so far', fr: "ce qui a été atteint jusqu'ici" }, [
    'npx lab progress',
    'npx lab progress --json',
  ])
    .option('--json', say(JSON_OUT))
    .action(run(async (options) => (await import('../commands/lab-help.ts')).progress(options)));

  command('exam <file>', { en: "a teacher's own checks", fr: "les vérifications d'un enseignant" }, [
    'npx lab exam final.ts --bundle alice-final.lab',
  ])
    .option(
      '--bundle <file>',
      say({ en: 'a signed file for the teacher', fr: "un fichier signé pour l'enseignant" }),
    )
    .option('--details', say({ en: 'what was expected and found', fr: 'ce qui était attendu et trouvé' }))
    // A fault that somebody makes meanwhile would cost points.
    .action(alone(async (file, options) => (await import('../commands/exam.ts')).exam(file, options)));

  program
    .command('grade <bundles...>')
    .description(
      say({ en: 'judge handed-in bundles again, offline', fr: 'réévaluer hors ligne les paquets remis' }),
    )
    .option('--csv <file>')
    .option('--xlsx <file>')
    .option('--html <file>')
    .option('--deadline <time>', say({ en: 'later ones are flagged', fr: 'les suivants sont signalés' }))
    .option('--students <file>', say({ en: 'list: student[,key]', fr: 'liste : étudiant[,clé]' }))
    .option(
      '--exam <file>',
      say({ en: "judge a teacher's own checks", fr: "évaluer les vérifications d'un enseignant" }),
    )
    .option('--json', say(JSON_OUT))
    .addHelpText(
      'after',
      examplesText([
        'npx lab grade class/*.lab --xlsx class.xlsx --html class.html',
        'npx lab grade class/*.lab --csv class.csv --deadline 2026-11-30T18:00 --students list.csv',
      ]),
    )
    .action(
      run(async (bundles, options) => (await import('../commands/grade.ts')).gradeBundles(bundles, options)),
    );

  command(
    'selfcheck [labs...]',
    { en: 'prove that the checks can fail', fr: 'prouver que les vérifications savent échouer' },
    ['npx lab selfcheck 1', 'npx lab selfcheck --output docs/selfcheck.md', 'npx lab selfcheck --rotate 1'],
  )
    .option('--output <file>', say({ en: 'write the table', fr: 'écrire le tableau' }))
    .option(
      '--rotate <count>',
      say({ en: 'so many labs, others each day', fr: "ce nombre de labs, d'autres chaque jour" }),
    )
    .option('--json', say(JSON_OUT))
    .action(
      alone(async (labs, options) => (await import('../commands/selfcheck.ts')).selfcheckLabs(labs, options)),
    );

  program
    .command('new <name>')
    .description(say({ en: 'a new lab, small and working', fr: 'un nouveau lab, petit et qui marche' }))
    .option('--folder <folder>', say({ en: 'where (labs/)', fr: 'où (labs/)' }))
    .addHelpText('after', examplesText(['npx lab new 12-backup']))
    .action(run(async (name, options) => (await import('../commands/lab-new.ts')).newLab(name, options)));
}
