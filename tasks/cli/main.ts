import { CommanderError } from 'commander';
import { LabError, messageOf } from '../base/errors.ts';
import { interruptAll } from '../base/interrupt.ts';
import { type Language, languageOf, say, setLanguage } from '../base/text.ts';
import { commandTable } from './table.ts';

/** The options that are accepted before and after the command's name, taken out of a command line. */
export function globalOptions(args: string[]): {
  words: string[];
  lang: string | undefined;
  verbose: boolean;
} {
  // What follows -- is a machine's.
  const end = args.includes('--') ? args.indexOf('--') : args.length;
  const words: string[] = [];
  let lang: string | undefined;
  let verbose = false;
  for (let at = 0; at < end; at += 1) {
    const arg = args[at] ?? '';
    if (arg === '--verbose') verbose = true;
    else if (arg.startsWith('--lang=')) lang = arg.slice('--lang='.length);
    else if (arg === '--lang') {
      at += 1;
      lang = at < end ? (args[at] ?? '') : '';
    } else words.push(arg);
  }
  return { words: [...words, ...args.slice(end)], lang, verbose };
}

/** Ctrl-C: what was started in the background is stopped, and the way on is said. A second one ends at once. */
async function interrupted(): Promise<void> {
  await interruptAll();
  console.error(
    `\n${say({
      en: 'Interrupted. Nothing is lost: the same command continues; `lab destroy` removes everything.',
      fr: "Interrompu. Rien n'est perdu : la même commande reprend ; `lab destroy` supprime tout.",
    })}`,
  );
  process.exit(130);
}

/** Runs one command line. Returns the exit code: 0 done, 1 failed, 2 the command line is wrong, 130 interrupted. */
export async function main(args: string[]): Promise<number> {
  const { words, lang, verbose } = globalOptions(args);
  // Help texts are made before options are parsed.
  const language: Language = lang === 'en' || lang === 'fr' ? lang : languageOf(process.env);
  setLanguage(language);
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, interrupted);
  let code = 0;
  try {
    await commandTable((result) => {
      code = result;
    }).parseAsync(
      [...(lang === undefined ? [] : ['--lang', lang]), ...(words.length > 0 ? words : ['--help'])],
      {
        from: 'user',
      },
    );
    return code;
  } catch (error) {
    // Commander has already said what is wrong, or shown the help that was asked for.
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    if (error instanceof LabError) console.error(error.render());
    else {
      console.error(
        say({
          en: `Something went wrong in the kit itself: ${messageOf(error)} (more with --verbose)`,
          fr: `Le kit lui-même a rencontré un problème : ${messageOf(error)} (plus de détails avec --verbose)`,
        }),
      );
    }
    if (verbose && error instanceof Error) console.error(error.stack);
    return 1;
  } finally {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.removeListener(signal, interrupted);
  }
}
