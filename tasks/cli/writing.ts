import { say } from '../base/text.ts';
import { choice, JSON_OUT, type Table } from './define.ts';
import { PICTURES } from './kit.ts';

/** What students write: their architecture, and answers to the guides' questions. */
export function writingCommands({ command, run }: Pick<Table, 'command' | 'run'>): void {
  command(
    'dossier <action>',
    {
      en: 'your architecture in dossier.yaml: begin it (init), check it, show it, all without machines; compare it with the lab',
      fr: "votre architecture dans dossier.yaml : la commencer (init), la vérifier (check), l'afficher (show), sans machine ; la comparer au lab (compare)",
    },
    [
      'npx lab dossier init',
      'npx lab dossier check',
      'npx lab dossier show --html dossier.html',
      'npx lab dossier show --given --svg given.svg',
      'npx lab dossier compare --html dossier.html',
    ],
  )
    .option(
      '--file <file>',
      say({ en: 'another file than dossier.yaml', fr: 'un autre fichier que dossier.yaml' }),
    )
    .option(
      '--given',
      say({ en: 'the drawing that the exercise gives (show)', fr: "le schéma que donne l'énoncé (show)" }),
    )
    .option('--html <file>', say({ en: 'write one page with pictures', fr: 'écrire une page avec dessins' }))
    .option('--svg <file>', say({ en: 'write a picture (show)', fr: 'écrire un dessin (show)' }))
    .addOption(
      choice('--picture <picture>', { en: 'which picture', fr: 'quel dessin' }, PICTURES).default('machines'),
    )
    .option('--json', say(JSON_OUT))
    .action(run(async (action, options) => (await import('./commands/dossier.ts')).dossier(action, options)));

  command(
    'answer <question> [words...]',
    {
      en: "answer a question of a lab's guide, or list them with your answers",
      fr: "répondre à une question du guide d'un lab, ou les lister avec vos réponses",
    },
    [
      'npx lab answer 3',
      'npx lab answer 3.2.1 the port is open, and nobody serves',
      'npx lab answer 3.2.1 --file why.txt',
    ],
  )
    .option(
      '--file <file>',
      say({
        en: 'the answer is in this file (-: standard input)',
        fr: "la réponse est dans ce fichier (- : l'entrée standard)",
      }),
    )
    .option('--json', say(JSON_OUT))
    .action(
      run(async (question, words, options) =>
        (await import('./commands/answer.ts')).answer(question, words, options),
      ),
    );
}
