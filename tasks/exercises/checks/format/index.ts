import { writeFile } from 'node:fs/promises';
import { LabError } from '../../../base/errors.ts';
import type { CheckResult } from '../result.ts';
import { renderText } from './text.ts';

export const FORMATS = ['text', 'json', 'junit', 'csv', 'html'] as const;
export type ResultFormat = (typeof FORMATS)[number];

/** One wish of `--format`: a format, and the file it goes to (standard output without). */
export interface Output {
  format: ResultFormat;
  file: string | undefined;
}

const isFormat = (word: string): word is ResultFormat => (FORMATS as readonly string[]).includes(word);

/** Reads `text,json=result.json,html=report.html`. LabError for an unknown format, or two for standard output. */
export function parseFormats(text: string): Output[] {
  const outputs = text.split(',').map((part): Output => {
    const [format = '', file] = part.split(/=(.*)/s);
    if (isFormat(format)) return { format, file: file || undefined };
    throw new LabError(
      { en: `"${format}" is not a format.`, fr: `« ${format} » n'est pas un format.` },
      {
        en: `use ${FORMATS.join(', ')}, several separated by commas, each with =FILE to write a file.`,
        fr: `utilisez ${FORMATS.join(', ')}, plusieurs séparés par des virgules, chacun avec =FICHIER pour écrire un fichier.`,
      },
    );
  });
  const shown = outputs.filter((output) => output.file === undefined);
  if (shown.length <= 1) return outputs;
  throw new LabError(
    {
      en: `${shown.map((output) => output.format).join(' and ')} cannot both be printed.`,
      fr: `${shown.map((output) => output.format).join(' et ')} ne peuvent pas s'afficher ensemble.`,
    },
    {
      en: `give all but one a file, for example ${shown[1]?.format}=result.${shown[1]?.format}.`,
      fr: `donnez un fichier à tous sauf un, par exemple ${shown[1]?.format}=resultat.${shown[1]?.format}.`,
    },
  );
}

/** The result in one format. */
export async function renderResult(
  format: ResultFormat,
  result: CheckResult,
  colour: boolean,
): Promise<string> {
  switch (format) {
    case 'text':
      return renderText(result, { colour });
    case 'json':
      return JSON.stringify(result, null, 2);
    case 'junit':
      return (await import('./junit.ts')).renderJunit(result);
    case 'csv':
      return (await import('./csv.ts')).renderCsv(result);
    case 'html':
      return (await import('./html.ts')).renderHtml(result);
  }
}

/** Writes files and prints what is to be printed. */
export async function writeOutputs(outputs: Output[], result: CheckResult): Promise<void> {
  for (const { format, file } of outputs) {
    const text = await renderResult(format, result, file === undefined && (process.stdout.isTTY ?? false));
    if (file === undefined) console.log(text);
    else await writeFile(file, text.endsWith('\n') ? text : `${text}\n`);
  }
}
