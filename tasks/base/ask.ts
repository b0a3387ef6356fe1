import { createInterface } from 'node:readline/promises';
import { say } from './text.ts';

/** Asks a yes-or-no question; no is the answer of a terminal that is none. */
export async function confirm(question: string): Promise<boolean> {
  if (!process.stdin.isTTY || !process.stdout.isTTY) return false;
  const reader = createInterface({ input: process.stdin, output: process.stdout });
  const answer = await reader.question(`${question} ${say({ en: '[y/N]', fr: '[o/N]' })} `);
  reader.close();
  return /^[yo]/i.test(answer.trim());
}
