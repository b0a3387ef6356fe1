import type { Kind, Writes } from './model.ts';
import type { Sample } from './samples.ts';

/**
 * What one place holds of what was written, by number of the request: how often (rows), or ok, damaged, missing (files).
 * undefined: it could not be read.
 */
export type Found = Record<string, number | string> | undefined;

/** A place that was read back, e.g. the application, or one database by itself. */
export interface Place {
  name: string;
  found: Found;
}

const isThere = (value: number | string | undefined) =>
  value === 'ok' || (typeof value === 'number' && value > 0);

/**
 * Compares what was written with what every place holds in the end. Acknowledged and missing anywhere: lost. Not
 * acknowledged and there: recovered, which is allowed, as whoever got no answer cannot know. Never written, or there
 * twice, or damaged without being acknowledged: unexpected.
 */
export function classify(kind: Kind, samples: Sample[], places: Place[]): Writes {
  const written = samples.filter((sample) => sample.kind === kind);
  const acknowledged = new Set(
    written.filter((sample) => !sample.cause).map((sample) => String(sample.number)),
  );
  const attempted = new Set(written.map((sample) => String(sample.number)));
  const lost = new Set<string>();
  const recovered = new Set<string>();
  const unexpected = new Set<string>();
  for (const { name, found } of places) {
    if (!found) continue;
    const told = places.length > 1 ? ` (${name})` : '';
    for (const number of acknowledged) if (!isThere(found[number])) lost.add(`${number}${told}`);
    for (const [number, value] of Object.entries(found)) {
      const twice = typeof value === 'number' && value > 1;
      const strange = !attempted.has(number) && value !== 'missing' && value !== 0;
      if (strange || twice) unexpected.add(`${number}${twice ? ' twice' : ''}${told}`);
      else if (!acknowledged.has(number) && value === 'damaged') unexpected.add(`${number} damaged${told}`);
      else if (!acknowledged.has(number) && isThere(value)) recovered.add(number);
    }
  }
  return {
    kind,
    attempted: attempted.size,
    acknowledged: acknowledged.size,
    lost: [...lost],
    recovered: [...recovered],
    unexpected: [...unexpected],
    readBack: places.length > 0 && places.every((place) => place.found !== undefined),
  };
}
