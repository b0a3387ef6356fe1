import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseSamples } from '../../../tasks/cli/commands/report.ts';
import { drillResultSchema, RESULT_FILE, SAMPLES_FILE } from '../../../tasks/measure/drill/model.ts';
import type { Recorded } from '../../../tasks/measure/report/render.ts';

/** A drill as `lab drill` recorded it: the power of the load balancer that held the front address was cut. */
export function recorded(): Recorded {
  const read = (name: string) => readFileSync(join(import.meta.dirname, 'recorded', name), 'utf8');
  return {
    result: drillResultSchema.parse(JSON.parse(read(RESULT_FILE))),
    samples: parseSamples(read(SAMPLES_FILE)),
  };
}
