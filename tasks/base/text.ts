/**
 * Texts for people, in French and English. A text is written once, both languages side by side, where it is
 * used: a missing translation does not compile.
 */
export type Language = 'en' | 'fr';
export interface Text {
  en: string;
  fr: string;
}

let chosen: Language | undefined;

/** Language from the environment: LAB_LANG first, then the locale (LC_ALL, LC_MESSAGES, LANG); English otherwise. */
export function languageOf(env: NodeJS.ProcessEnv): Language {
  const wish = env.LAB_LANG || env.LC_ALL || env.LC_MESSAGES || env.LANG || '';
  return wish.toLowerCase().startsWith('fr') ? 'fr' : 'en';
}

/** Fixes the language for the rest of the run (the --lang option). */
export function setLanguage(language: Language): void {
  chosen = language;
}

/** The text in the language of this run. */
export function say(text: Text): string {
  chosen ??= languageOf(process.env);
  return text[chosen];
}

/** The language of this run, for texts that are whole files. */
export function languageOfRun(): Language {
  chosen ??= languageOf(process.env);
  return chosen;
}

/** What `work`, which waits for nothing, makes in a language of its own: for somebody who reads another one than this run's user. */
export function inLanguage<T>(language: Language, work: () => T extends Promise<unknown> ? never : T): T {
  const before = languageOfRun();
  chosen = language;
  try {
    return work();
  } finally {
    chosen = before;
  }
}

/** A number with at most two decimals, as the language writes it. */
export const decimal = (value: number, language: Language): string => {
  const text = String(Math.round(value * 100) / 100);
  return language === 'fr' ? text.replace('.', ',') : text;
};

/** A label with its colon, which French sets off with a space: `Engine:`, `Moteur :`. */
export const label = (text: Text): string => `${say(text)}${say({ en: ':', fr: ' :' })}`;

/** Lines of a table whose columns are as wide as they need to be. */
export function table(rows: string[][], indent = ''): string[] {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => (row[column] ?? '').length)),
  );
  return rows.map(
    (row) =>
      indent +
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
  );
}
