import { Listr, type ListrTask, PRESET_TIMER } from 'listr2';

/** Seconds with one decimal, as people read them. */
export function seconds(since: number): string {
  return `${((Date.now() - since) / 1000).toFixed(1)} s`;
}

/** Reports a step of a long operation, for the progress display. */
export type Report = (step: string) => void;

export interface Job {
  title: string;
  /** False: the job is left out of the display. */
  enabled?: boolean;
  run: (report: (line: string) => void) => Promise<string | undefined>;
}

/** In a log, one line of progress for each job in this many milliseconds is enough. */
const LOG_INTERVAL_MS = 15_000;

function toTask(job: Job, live: boolean): ListrTask {
  return {
    title: job.title,
    enabled: job.enabled ?? true,
    task: async (_context, task) => {
      let shown = Date.now();
      const summary = await job.run((line) => {
        if (live) task.output = line;
        else if (Date.now() - shown >= LOG_INTERVAL_MS) {
          shown = Date.now();
          task.output = `${job.title}: ${line}`;
        }
      });
      if (summary) task.title = `${job.title}: ${summary}`;
    },
  };
}

/**
 * Shows jobs with their times while they run: live in a terminal, plain lines otherwise, nothing
 * when `quiet`. The first error is thrown once all jobs have ended.
 */
export async function showJobs(jobs: Job[], options: { parallel: boolean; quiet: boolean }): Promise<void> {
  const live = process.stdout.isTTY ?? false;
  const list = new Listr(
    jobs.map((job) => toTask(job, live)),
    {
      concurrent: options.parallel,
      exitOnError: false,
      // The kit says itself what a signal means (tasks/cli/main.ts).
      registerSignalListeners: false,
      collectErrors: 'minimal',
      ...(options.quiet
        ? { renderer: 'silent' as const }
        : live
          ? {
              renderer: 'default' as const,
              rendererOptions: { timer: PRESET_TIMER, collapseSubtasks: false },
            }
          : { renderer: 'simple' as const, rendererOptions: { timer: PRESET_TIMER } }),
    } as ConstructorParameters<typeof Listr>[1],
  );
  await list.run();
  const first = list.errors[0];
  if (first) throw (first as { error?: unknown }).error ?? first;
}
