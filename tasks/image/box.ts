import type { Job } from '../ui/progress.ts';
import { say } from '../ui/text.ts';
import { type BuildOptions, ensureBuilt, isBuilt } from './build.ts';

/** The job that builds the libvirt box; none when it is in the cache. */
export async function boxJobs(options: BuildOptions): Promise<Job[]> {
  if (await isBuilt('box')) return [];
  return [
    {
      title: say({ en: 'Vagrant box', fr: 'box Vagrant' }),
      run: async (report) => void (await ensureBuilt('box', options, report)),
    },
  ];
}
