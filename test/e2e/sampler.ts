import { readRecord } from '../../tasks/environment/record.ts';
import { lab } from './run.ts';

/** What lab-sample on the client machine prints. */
export interface Sample {
  requests: number;
  failed: number;
  outages: { start: number; end: number | null; failed: number; errors: Record<string, number> }[];
  longest: number;
  /** Longest time in seconds in which no answer came. */
  silence: number;
  served_by: Record<string, number>;
  lateness: number;
  /** Seconds between two requests. */
  interval: number;
}

/**
 * Requests the page every 50 ms from the client while `fault` happens after 3 s; tells what the client saw. For so many seconds with
 * the fast timers; where the lab's are slower, for as much longer and as much more seldom: a slow computer does not serve 20 pages a second.
 */
export async function sampleDuring(
  name: string,
  fault: () => Promise<unknown>,
  seconds = 14,
): Promise<Sample> {
  const factor = (await readRecord(name))?.timers?.factor ?? 1;
  const interval = 0.05 * factor;
  const sampling = lab([
    'ssh',
    '--name',
    name,
    'client',
    '--',
    `lab-sample https://lab.test/ --seconds ${Math.ceil(seconds * factor)} --interval ${interval} --timeout ${5 * factor}`,
  ]);
  await new Promise((resolve) => setTimeout(resolve, 3000));
  await fault();
  const result = await sampling;
  if (result.code !== 0) throw new Error(result.output);
  return { ...(JSON.parse(result.stdout) as Omit<Sample, 'interval'>), interval };
}
