import type { Command } from 'commander';
import { say, type Text } from '../base/text.ts';
import { CLASS_DEFAULTS } from '../class/defaults.ts';
import type { Table } from './define.ts';

const HOST: Text = {
  en: 'name by which browsers reach this computer (default: its own)',
  fr: 'nom par lequel les navigateurs atteignent cet ordinateur (par défaut : le sien)',
};
const PORT: Text = { en: 'port', fr: 'port' };
/** Declares an action of `lab class` that works on a class that is there. */
export type Action = (usage: string, text: Text, examples: string[]) => Command;

/** The page of the class, and the links to it. */
export function frontCommands(action: Action, run: Table['run']): void {
  action(
    'links [students...]',
    {
      en: 'personal links to the page of the class, of those who have none (with --new: anew); shown once',
      fr: 'liens personnels vers la page de la classe, de ceux qui n’en ont pas (avec --new : de nouveaux) ; affichés une fois',
    },
    ['npx lab class links --host labs.example.org', 'npx lab class links alice --new'],
  )
    .option('--new', say({ en: 'the earlier ones count no more', fr: 'les précédents ne valent plus' }))
    .option('--teacher', say({ en: 'a new link to the wall', fr: 'un nouveau lien vers le mur' }))
    .option('--host <name>', say(HOST))
    .option('--port <number>', say(PORT), CLASS_DEFAULTS.port)
    .action(
      run(async (students, options) => (await import('./commands/class/links.ts')).links(students, options)),
    );

  action(
    'school [issuer]',
    {
      en: 'let those of the class in through the school’s own sign-in as well (OpenID Connect)',
      fr: 'faire entrer aussi par la connexion de l’établissement (OpenID Connect)',
    },
    [
      'npx lab class school https://login.example.org --client-id labs --secret-file /root/labs.secret',
      'npx lab class school --claim email --domain example.org --teacher 7f3a --teacher 9c1e',
      'npx lab class school --off',
    ],
  )
    .option(
      '--client-id <id>',
      say({ en: 'what the provider calls this class', fr: 'nom de cette classe chez le fournisseur' }),
    )
    .option(
      '--secret-file <file>',
      say({ en: 'file with what it gave for that', fr: 'fichier avec le secret donné pour ce nom' }),
    )
    .option(
      '--claim <name>',
      say({
        en: 'claim that is the student of the roster (preferred_username)',
        fr: '« claim » qui est l’étudiant de la liste (preferred_username)',
      }),
    )
    .option(
      '--domain <domain>',
      say({ en: 'it is an address in this domain', fr: 'c’est une adresse de ce domaine' }),
    )
    .option(
      '--teacher <subject...>',
      say({ en: 'subject that is a teacher', fr: 'sujet (« sub ») qui est enseignant' }),
    )
    .option('--off', say({ en: 'personal links alone', fr: 'liens personnels seuls' }))
    .action(
      run(async (issuer, options) => (await import('./commands/class/school.ts')).school(issuer, options)),
    );
  action(
    'open',
    {
      en: 'serve the page of the class, until Ctrl-C: each student’s lab by a personal link, and the wall',
      fr: 'servir la page de la classe, jusqu’à Ctrl-C : le lab de chacun par un lien personnel, et le mur',
    },
    [
      'npx lab class open',
      'npx lab class open --host labs.example.org --cert labs.crt --key labs.key --ssh-port 2222',
    ],
  )
    .option('--host <name>', say(HOST))
    .option('--port <number>', say(PORT), CLASS_DEFAULTS.port)
    .option(
      '--listen <address>',
      say({ en: 'address to listen on (all)', fr: 'adresse d’écoute (toutes)' }),
      '::',
    )
    .option(
      '--cert <file>',
      say({ en: 'certificate (default: one that is made)', fr: 'certificat (par défaut : créé)' }),
    )
    .option('--key <file>', say({ en: 'its private key', fr: 'sa clé privée' }))
    .option(
      '--ssh-port <number>',
      say({
        en: 'terminals of the labs over ssh too, on this port',
        fr: 'aussi les terminaux des labs par ssh, sur ce port',
      }),
    )
    .action(run(async (options) => (await import('./commands/class/open.ts')).open(options)));
}

/** What a teacher does in a lesson. */
export function lessonCommands(action: Action, run: Table['run']): void {
  action(
    'start <lab> [students...]',
    {
      en: 'put the labs that run to the beginning of a lab of the kit; others begin there',
      fr: 'mettre les labs qui tournent au début d’un lab du kit ; les autres y commenceront',
    },
    ['npx lab class start 2', 'npx lab class start 2 alice bob', 'npx lab class start 8 --from-mine'],
  )
    .option(
      '--from-mine',
      say({
        en: "each with the student's own files of earlier labs in place of the kit's, where they fit",
        fr: 'chacun avec les propres fichiers de l’étudiant, venus des labs précédents, à la place de ceux du kit, là où ils conviennent',
      }),
    )
    .action(
      run(async (lab, students, options) =>
        (await import('./commands/class/lesson.ts')).start(lab, students, options),
      ),
    );

  action(
    'extend <minutes> [students...]',
    { en: 'give labs more time', fr: 'donner plus de temps aux labs' },
    ['npx lab class extend 30', 'npx lab class extend 30 alice'],
  ).action(
    run(async (minutes, students, options) =>
      (await import('./commands/class/lesson.ts')).extend(minutes, students, options),
    ),
  );

  action(
    'say <text> [students...]',
    { en: 'show a message in the pages of all', fr: 'afficher un message dans les pages de tous' },
    ['npx lab class say "Ten minutes left"', 'npx lab class say "Well done" alice'],
  ).action(
    run(async (text, students, options) =>
      (await import('./commands/class/talk.ts')).message(text, students, options),
    ),
  );

  action(
    'look <student>',
    {
      en: 'ask a student to let you look into the lab, and print a link to it',
      fr: 'demander à un étudiant de pouvoir regarder son lab, et afficher un lien vers lui',
    },
    ['npx lab class look alice', 'npx lab class look alice --host labs.example.org'],
  )
    .option('--host <name>', say(HOST))
    .option('--port <number>', say(PORT), CLASS_DEFAULTS.port)
    .option(
      '--wait <seconds>',
      say({ en: 'for the student’s word (300)', fr: 'temps d’attente de sa réponse (300)' }),
    )
    .action(
      run(async (student, options) => (await import('./commands/class/talk.ts')).look(student, options)),
    );
}

/** What the job of a lab has done on its server (tasks/class/job/uml.sh): not for people. */
export function jobCommands(klass: Command, run: Table['run']): void {
  klass
    .command('job-save <file>', { hidden: true })
    .action(run(async (file) => (await import('./commands/class/job.ts')).save(file)));
  klass
    .command('job-restore <file>', { hidden: true })
    .action(run(async (file) => (await import('./commands/class/job.ts')).restore(file)));
  klass
    .command('job-stream <socket>', { hidden: true })
    .action(run(async (socket) => (await import('./commands/class/job.ts')).stream(socket)));
  klass
    .command('job-tell', { hidden: true })
    .action(run(async () => (await import('./commands/class/job.ts')).tell()));
}
