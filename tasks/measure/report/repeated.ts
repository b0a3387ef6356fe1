import { say } from '../../base/text.ts';
import type { DrillResult } from '../drill/model.ts';
import { KIND_WORDS } from '../drill/names.ts';
import { nameOfFault } from '../drill/store.ts';
import { spreads } from '../drill/summary.ts';
import { faultText } from '../drill/words.ts';
import { secondsText } from './words.ts';

/**
 * Rows of a table: for each fault that was made more than once, least, middle and greatest of each kind's longest outage
 * and of the way back to full redundancy.
 */
export function repeatedRows(results: DrillResult[]): string[][] {
  const groups = new Map<string, DrillResult[]>();
  for (const result of results) {
    // Whoever held the address at that moment: what was asked for is the holder's loss.
    const { fault } = result;
    const name = nameOfFault({ ...fault, machine: fault.holder ?? fault.machine });
    groups.set(name, [...(groups.get(name) ?? []), result]);
  }
  return [...groups.values()].flatMap((group) => {
    const [first] = group;
    if (!first || group.length < 2) return [];
    return spreads(group).map((spread) => [
      first.fault.holder
        ? `${first.fault.kind} (${first.fault.holder})`
        : faultText({ ...first.fault, held: [] }),
      spread.what === 'redundancy'
        ? say({ en: 'full redundancy', fr: 'redondance complète' })
        : say(KIND_WORDS[spread.what]),
      String(spread.values.length),
      ...[spread.min, spread.median, spread.max].map((value) => secondsText(value)),
    ]);
  });
}
