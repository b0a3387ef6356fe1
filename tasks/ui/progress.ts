import { Listr, type ListrTask, PRESET_TIMER } from 'listr2';

/** Seconds with one decimal, as people read them. */
export function seconds(since: number): string {
  return `${((Date.now() - since) / 1000).toFixed(1)} s`;
}

export interface Job {
  title: string;
  /** False: the job is left out of the display. */
  enabled?: boolean;
  run: (report: (line: string) => void) => Promise<string | undefined>;
}

function toTask(job: Job): ListrTask {
  return {
    title: job.title,
    enabled: job.enabled ?? true,
    task: async (_context, task) => {
      const summary = await job.run((line) => {
        task.output = line;
      });
      if (summary) task.title = `${job.title}: ${summary}`;
    },
  };
}

/**
 * Shows jobs with their times while they run: live in a terminal, one plain line for each event otherwise, nothing
 * when `quiet`. The first error is thrown once all jobs have ended.
 */
export async function showJobs(jobs: Job[], options: { parallel: boolean; quiet: boolean }): Promise<void> {
  const errors: unknown[] = [];
  const list = new Listr(
    jobs.map((job) => toTask(job)),
    {
      concurrent: options.parallel,
      exitOnError: false,
      // The kit says itself what a signal means (tasks/cli.ts).
      registerSignalListeners: false,
      collectErrors: 'minimal',
      ...(options.quiet
        ? { renderer: 'silent' as const }
        : process.stdout.isTTY
          ? {
              renderer: 'default' as const,
              rendererOptions: { timer: PRESET_TIMER, collapseSubtasks: false },
            }
          : { renderer: 'simple' as const, rendererOptions: { timer: PRESET_TIMER } }),
    } as ConstructorParameters<typeof Listr>[1],
  );
  await list.run();
  errors.push(...list.errors.map((error) => (error as { error?: unknown }).error ?? error));
  if (errors.length > 0) throw errors[0];
}
