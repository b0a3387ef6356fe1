import { say } from '../base/text.ts';
import { examplesText, JSON_OUT, type Table } from './define.ts';

/** What teachers prepare and grade with. */
export function teacherCommands({ program, group, command, run, exclusive }: Table): void {
  group('teachers');
  command(
    'handbook',
    {
      en: 'the handbook of teachers: plans of a course, the room, what goes wrong, model answers',
      fr: "le guide de l'enseignant : plans de cours, salle, dépannage, corrigés",
    },
    ['npx lab handbook', 'npx lab handbook --html handbook.html'],
  )
    .option(
      '--html <file>',
      say({
        en: 'write it as a page, to be read or printed',
        fr: "l'écrire comme une page, à lire ou à imprimer",
      }),
    )
    .action(run(async (options) => (await import('./commands/handbook.ts')).handbook(options)));

  command('exam <file>', { en: "a teacher's own checks", fr: "les vérifications d'un enseignant" }, [
    'npx lab exam final.ts --bundle alice-final.lab',
  ])
    .option(
      '--bundle <file>',
      say({ en: 'a signed file for the teacher', fr: "un fichier signé pour l'enseignant" }),
    )
    .option('--details', say({ en: 'what was expected and found', fr: 'ce qui était attendu et trouvé' }))
    // A fault that somebody makes meanwhile would cost points.
    .action(exclusive(async (file, options) => (await import('./commands/exam.ts')).exam(file, options)));

  program
    .command('grade <bundles-or-folders...>')
    .description(
      say({ en: 'judge handed-in bundles again, offline', fr: 'réévaluer hors ligne les paquets remis' }),
    )
    .option('--csv <file>')
    .option('--xlsx <file>')
    .option('--html <file>')
    .option(
      '--topology <name|file>',
      say({
        en: "judge with this topology (default: the kit's of the name that a bundle has)",
        fr: 'évaluer avec cette topologie (par défaut : celle du kit qui porte le nom indiqué par le paquet)',
      }),
    )
    .option('--deadline <time>', say({ en: 'later ones are flagged', fr: 'les suivants sont signalés' }))
    .option(
      '--students <file>',
      say({ en: 'list: student[,key[,name]]', fr: 'liste : étudiant[,clé[,nom]]' }),
    )
    .option(
      '--lab <number>',
      say({ en: 'judge this lab, whatever was checked', fr: 'évaluer ce lab, quoi qui ait été vérifié' }),
    )
    .option('--seed <file>', say({ en: "the class's seed (codes)", fr: 'la graine de la classe (codes)' }))
    .option(
      '--moodle <file>',
      say({ en: 'write the grades that Moodle imports', fr: 'écrire les notes que Moodle importe' }),
    )
    .option(
      '--worksheet <file>',
      say({
        en: "Moodle's grading worksheet, to be filled in for --moodle",
        fr: "formulaire d'évaluation de Moodle, à remplir pour --moodle",
      }),
    )
    .option(
      '--exam <file>',
      say({ en: "judge a teacher's own checks", fr: "évaluer les vérifications d'un enseignant" }),
    )
    .option(
      '--answers <file>',
      say({
        en: "write the students' answers to the guides' questions, side by side, to be given points",
        fr: 'écrire les réponses des étudiants aux questions des guides, côte à côte, pour leur donner des points',
      }),
    )
    .option(
      '--marks <file>',
      say({
        en: 'the same file with your points: they count',
        fr: 'ce même fichier avec vos points : ils comptent',
      }),
    )
    .option(
      '--replay',
      say({
        en: 'also build what each student wrote again, on machines made for it here (minutes for each)',
        fr: 'rejouer aussi ce que chacun a écrit, sur des machines créées ici pour cela (quelques minutes chacun)',
      }),
    )
    .option('--json', say(JSON_OUT))
    .addHelpText(
      'after',
      examplesText([
        'npx lab grade class/*.lab --xlsx class.xlsx --html class.html',
        'npx lab grade class/*.lab --csv class.csv --deadline 2026-11-30T18:00 --students list.csv',
        'npx lab grade class/*.lab --lab 3 --topology my-class.yaml --students list.csv',
        'npx lab grade class/*.lab --lab 3 --answers answers.csv',
        'npx lab grade class/*.lab --lab 3 --marks answers.csv --csv class.csv',
        'npx lab grade submissions --moodle import.csv --worksheet worksheet.csv',
        'npx lab grade class/*.lab --replay',
      ]),
    )
    .action(
      run(async (bundles, options) => (await import('./commands/grade.ts')).gradeBundles(bundles, options)),
    );

  program
    .command('codes <list>')
    .description(
      say({
        en: "each student's code, from a seed that you keep",
        fr: 'le code de chaque étudiant, à partir d’une graine que vous gardez',
      }),
    )
    .requiredOption(
      '--seed <file>',
      say({ en: 'the seed; made if it is not there', fr: 'la graine ; créée si elle n’existe pas' }),
    )
    .option('--json', say(JSON_OUT))
    .addHelpText('after', examplesText(['npx lab codes list.csv --seed class.seed']))
    .action(run(async (list, options) => (await import('./commands/codes.ts')).codes(list, options)));

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
      exclusive(async (labs, options) =>
        (await import('./commands/selfcheck.ts')).selfcheckLabs(labs, options),
      ),
    );

  program
    .command('new <name>')
    .description(say({ en: 'a new lab, small and working', fr: 'un nouveau lab, petit et qui marche' }))
    .option('--folder <folder>', say({ en: 'where (labs/)', fr: 'où (labs/)' }))
    .addHelpText('after', examplesText(['npx lab new 14-monitoring']))
    .action(run(async (name, options) => (await import('./commands/lab-new.ts')).newLab(name, options)));
}
