import { say } from '../../../base/text.ts';
import { isReplayed, type NotReplayed, type Replayed } from './replay.ts';

/** What came of it, in a line. */
export function replayWords(result: Replayed | NotReplayed): string {
  if (!isReplayed(result))
    return say({ en: `not replayed: ${result.why.en}`, fr: `pas rejoué : ${result.why.fr}` });
  const { differences, seconds } = result;
  return differences.length === 0
    ? say({ en: `as the bundle says (${seconds} s)`, fr: `comme le dit le paquet (${seconds} s)` })
    : say({
        en: `not as the bundle says: ${differences.join(', ')} (${seconds} s)`,
        fr: `pas comme le dit le paquet : ${differences.join(', ')} (${seconds} s)`,
      });
}
