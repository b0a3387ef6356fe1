import { say } from '../../base/text.ts';
import type { FromMine } from '../../exercises/session/from-mine.ts';
import { mineLines } from '../../exercises/session/mine-text.ts';

/** Says on the terminal with whose files a lab began. */
export function tellMine(mine: FromMine): void {
  for (const line of mineLines(mine)) console.log(say(line));
}
