import { label, say, type Text } from './text.ts';

/**
 * A mistake or a missing thing that a user can mend: one sentence that says what is wrong and where, and one
 * that says what to do. Shown without a stack trace; anything else that is thrown is a defect of the kit.
 */
export class LabError extends Error {
  readonly what: Text;
  readonly fix: Text | undefined;
  readonly details: string[];

  /** `details`: lines worth showing below (the end of a log, for example), in the language they came in. */
  constructor(what: Text, fix?: Text, details: string[] = []) {
    super(what.en);
    this.name = 'LabError';
    this.what = what;
    this.fix = fix;
    this.details = details;
  }

  /** What a user reads: the sentence, the details, the way out. */
  render(): string {
    const lines = [say(this.what), ...this.details.map((line) => `  | ${line}`)];
    if (this.fix) lines.push(`${label({ en: 'To do', fr: 'À faire' })} ${say(this.fix)}`);
    return lines.join('\n');
  }
}

/** The message of anything that was thrown. */
export function messageOf(error: unknown): string {
  if (error instanceof LabError) return say(error.what);
  return error instanceof Error ? error.message : String(error);
}
