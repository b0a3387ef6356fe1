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
}

/** Requests the page every 50 ms from the client while `fault` happens after 3 s; tells what the client saw. */
export async function sampleDuring(
  name: string,
  fault: () => Promise<unknown>,
  seconds = 14,
): Promise<Sample> {
  const sampling = lab([
    'ssh',
    '--name',
    name,
    'client',
    '--',
    `lab-sample https://lab.test/ --seconds ${seconds}`,
  ]);
  await new Promise((resolve) => setTimeout(resolve, 3000));
  await fault();
  const result = await sampling;
  if (result.code !== 0) throw new Error(result.output);
  return JSON.parse(result.stdout) as Sample;
}
