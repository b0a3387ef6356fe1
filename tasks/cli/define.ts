import { type Command, Option } from 'commander';
import { DEFAULT_LAB } from '../lab/paths.ts';
import { say, type Text } from '../ui/text.ts';

/** What a group of commands is declared with. */
export interface Table {
  program: Command;
  /** Declares a command that belongs to a lab (it gets `--name`); `examples` are shown in its help and tried by the tests. */
  command: (usage: string, text: Text, examples: string[]) => Command;
  /** Wraps the work of a command: what it returns becomes the exit code. */
  run: <A extends unknown[]>(work: (...args: A) => Promise<number>) => (...args: A) => Promise<void>;
}

const NAME: Text = { en: 'which lab', fr: 'quel lab' };

export const JSON_OUT: Text = { en: 'print JSON for programs', fr: 'afficher du JSON pour les programmes' };
export const MIRROR: Text = {
  en: 'Debian mirror (default: the one this computer uses)',
  fr: 'miroir Debian (par défaut : celui de cet ordinateur)',
};
export const TOPOLOGY: Text = { en: 'topology (default: seven)', fr: 'topologie (par défaut : seven)' };
export const YES: Text = {
  en: 'install missing Debian packages without asking',
  fr: 'installer sans demander les paquets Debian manquants',
};

export const examplesText = (examples: string[]): string =>
  `\n${say({ en: 'Examples', fr: 'Exemples' })}:\n${examples.map((line) => `  ${line}`).join('\n')}`;

/** An option that takes one of a few words. */
export const choice = (flags: string, text: Text, words: readonly string[]): Option =>
  new Option(flags, say(text)).choices([...words]);

/** The means to declare commands on `program`; `finish` is given the exit code of the one that ran. */
export function tableOf(program: Command, finish: (code: number) => void): Table {
  return {
    program,
    command: (usage, text, examples) =>
      program
        .command(usage)
        .description(say(text))
        .option('--name <lab>', say(NAME), DEFAULT_LAB)
        .addHelpText('after', examplesText(examples)),
    run:
      (work) =>
      async (...args) =>
        finish(await work(...args)),
  };
}
