import { Command, Option } from 'commander';
import { DEFAULT_LAB } from '../lab/paths.ts';
import { say, type Text } from '../ui/text.ts';

/** What a group of commands is declared with. */
export interface Table {
  program: Command;
  /** Declares a command that belongs to a lab (it gets `--name`); `examples` are shown in its help and tried by the tests. */
  command: (usage: string, text: Text, examples: string[]) => Command;
  /** Wraps the work of a command: what it returns becomes the exit code. */
  run: Wrap<[]>;
  /**
   * The same for a command that changes a lab: no other such command works on it meanwhile. Those that only read it, or only
   * when `when` says so of the arguments, use `run`, and never wait.
   */
  alone: Wrap<[how?: Alone]>;
}

type Wrap<More extends unknown[]> = <A extends unknown[]>(
  work: (...args: A) => Promise<number>,
  ...more: More
) => (...args: A) => Promise<void>;

export interface Alone {
  /** Whether a command line with these options and words changes the lab (default: always). */
  when?: (options: Record<string, unknown>, words: string[]) => boolean;
  /** Milliseconds to wait for another command; a few seconds without it. */
  patience?: number;
  /** It may be the first command of its lab; any other one has nothing to guard where there is no lab. */
  creates?: boolean;
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
    alone:
      (work, { when = () => true, creates = false, ...patience } = {}) =>
      async (...args) => {
        // Commander gives the command itself last.
        const command = args.at(-1);
        const plain = async () => finish(await work(...args));
        if (!(command instanceof Command) || !when(command.opts(), command.args)) return plain();
        const name = String(command.opts().name);
        // A name that cannot be a lab's is refused before it becomes a file's.
        const record = await (await import('../lab/lab.ts')).readRecord(name);
        if (!record && !creates) return plain();
        const words = ['lab', command.name(), ...command.args].join(' ');
        return (await import('../lab/lock.ts')).withLabLock(name, words, plain, patience);
      },
  };
}
