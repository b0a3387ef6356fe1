import { readRecord } from '../../tasks/environment/record.ts';
import { SSH_FAILED } from '../../tasks/remote/ssh.ts';
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
  const sample = await sampleOrLost(name, fault, seconds);
  if (!sample) throw new Error('the connection over which the samples were asked for was lost');
  return sample;
}

/** The same; undefined where nothing was measured because the connection to the client was lost, which is none of what a visitor sees. */
export async function sampleOrLost(
  name: string,
  fault: () => Promise<unknown>,
  seconds = 14,
): Promise<Sample | undefined> {
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
  if (result.code === SSH_FAILED) {
    const { output } = await lab([
      'ssh',
      '--name',
      name,
      'client',
      '--',
      'dmesg | tail -n 5; journalctl -n 15',
    ]);
    console.log(`      lost after ${result.seconds.toFixed(1)} s: ${result.output}\n${output}`);
    return undefined;
  }
  if (result.code !== 0) throw new Error(`lab-sample, exit code ${result.code}: ${result.output}`);
  return { ...(JSON.parse(result.stdout) as Omit<Sample, 'interval'>), interval };
}
