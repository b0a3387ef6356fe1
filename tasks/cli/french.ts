import type { Command } from 'commander';
import { say } from '../base/text.ts';

/** Commander's own words: headings of the help. */
const TITLES: Record<string, string> = {
  'Usage:': 'Utilisation :',
  'Arguments:': 'Arguments :',
  'Options:': 'Options :',
};

/** Commander's own sentences, in the order of its source; what stands in them is the user's or the kit's. */
const SENTENCES: [RegExp, string][] = [
  [/^error: missing required argument '(.*)'/m, "erreur : l'argument « $1 » manque"],
  [/^error: option '(.*)' argument missing/m, "erreur : l'option « $1 » attend une valeur"],
  [
    /^error: option '(.*)' cannot be used with option '(.*)'/m,
    "erreur : l'option « $1 » ne va pas avec l'option « $2 »",
  ],
  [/^error: unknown option '(.*)'/m, 'erreur : option inconnue « $1 »'],
  [
    /^error: too many arguments for '(.*)'\. Expected (\d+) arguments? but got (\d+)\./m,
    'erreur : trop d’arguments pour « $1 » : $2 au plus, et non $3.',
  ],
  [/^error: unknown command '(.*)'/m, 'erreur : commande inconnue « $1 »'],
  [
    /^error: (?:option|command-argument value) '(.*)' (?:argument )?'(.*)' is invalid\. Allowed choices are (.*)\./m,
    'erreur : « $2 » ne convient pas pour « $1 ». Choix possibles : $3.',
  ],
  [/\(Did you mean (?:one of )?(.*)\?\)/, '(Vouliez-vous dire $1 ?)'],
];

/** An error of Commander in French; unchanged where it is none that is known. */
export function frenchError(text: string): string {
  return SENTENCES.reduce((all, [pattern, french]) => all.replace(pattern, french), text);
}

const frenchNotes = (text: string) =>
  text.replace(/\((?:choices|default): .*\)$/, (notes) =>
    notes.replace('choices:', 'choix :').replace('default:', 'par défaut :'),
  );

/** Commander speaks the language of the run. To be called before commands are declared: they inherit it. */
export function localize(program: Command): Command {
  program.helpOption('-h, --help', say({ en: 'show this help', fr: 'afficher cette aide' }));
  if (say({ en: 'en', fr: 'fr' }) === 'en') return program;
  const plain = program.createHelp();
  return program
    .configureHelp({
      styleTitle: (title) => TITLES[title] ?? title,
      styleUsage: (usage) => usage.replace('[command]', '[commande]'),
      optionDescription: (option) => frenchNotes(plain.optionDescription(option)),
      argumentDescription: (argument) => frenchNotes(plain.argumentDescription(argument)),
    })
    .configureOutput({ outputError: (text, write) => write(frenchError(text)) });
}
