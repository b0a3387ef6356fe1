import { Command, Option } from 'commander';
import { DEFAULT_ENVIRONMENT } from '../base/paths.ts';
import { label, say, type Text } from '../base/text.ts';

/** What a group of commands is declared with. */
export interface Table {
  program: Command;
  /** Commands that are declared from here on belong to this group. */
  group: (name: keyof typeof GROUPS) => void;
  /** Declares a command that belongs to a lab (it gets `--name`); `examples` are shown in its help and tried by the tests. */
  command: (usage: string, text: Text, examples: string[]) => Command;
  /** Wraps the work of a command: what it returns becomes the exit code. */
  run: Wrap<[]>;
  /**
   * The same for a command that changes a lab: no other such command works on it meanwhile. Those that only read it, or only
   * when `when` says so of the arguments, use `run`, and never wait.
   */
  exclusive: Wrap<[how?: Exclusive]>;
}

type Wrap<More extends unknown[]> = <A extends unknown[]>(
  work: (...args: A) => Promise<number>,
  ...more: More
) => (...args: A) => Promise<void>;

export interface Exclusive {
  /** Whether a command line with these options and words changes the lab (default: always). */
  when?: (options: Record<string, unknown>, words: string[]) => boolean;
  /** Milliseconds to wait for another command; a few seconds without it. */
  waitMs?: number;
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

/** The groups in which `lab --help` lists commands, in this order. */
export const GROUPS = {
  students: { en: 'Students', fr: 'Étudiants' },
  teachers: { en: 'Teachers', fr: 'Enseignants' },
  machines: { en: 'Machines', fr: 'Machines' },
  measuring: { en: 'Measuring', fr: 'Mesures' },
  maintenance: { en: 'Maintenance', fr: 'Maintenance' },
} satisfies Record<string, Text>;

export const examplesText = (examples: string[]): string =>
  `\n${say({ en: 'Examples', fr: 'Exemples' })}:\n${examples.map((line) => `  ${line}`).join('\n')}`;

/** An option that takes one of a few words. */
export const choice = (flags: string, text: Text, words: readonly string[]): Option =>
  new Option(flags, say(text)).choices([...words]);

/** The means to declare commands on `program`; `finish` is given the exit code of the one that ran. */
export function tableOf(program: Command, finish: (code: number) => void): Table {
  return {
    program,
    group: (name) => void program.commandsGroup(label(GROUPS[name])),
    command: (usage, text, examples) =>
      program
        .command(usage)
        .description(say(text))
        .option('--name <lab>', say(NAME), DEFAULT_ENVIRONMENT)
        .addHelpText('after', examplesText(examples)),
    run:
      (work) =>
      async (...args) =>
        finish(await work(...args)),
    exclusive:
      (work, { when = () => true, creates = false, ...options } = {}) =>
      async (...args) => {
        // Commander gives the command itself last.
        const command = args.at(-1);
        const plain = async () => finish(await work(...args));
        if (!(command instanceof Command) || !when(command.opts(), command.args)) return plain();
        const name = String(command.opts().name);
        // A name that cannot be a lab's is refused before it becomes a file's.
        const { readBegun, readRecord } = await import('../environment/record.ts');
        if (!((await readRecord(name)) ?? (await readBegun(name))) && !creates) return plain();
        const words = ['lab', command.name(), ...command.args].join(' ');
        return (await import('../environment/lock.ts')).withEnvironmentLock(name, words, plain, options);
      },
  };
}
