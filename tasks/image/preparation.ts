import { ensureCode, hasCode } from '../app/code.ts';
import type { Lab } from '../lab/lab.ts';
import type { Job } from '../ui/progress.ts';
import { say } from '../ui/text.ts';

/** What must be built for the uml engine. What that takes is installed, after asking or with `yes`. */
export async function missingBuilds({
  yes = false,
}: {
  yes?: boolean | undefined;
}): Promise<('image' | 'kernel')[]> {
  const { isBuilt } = await import('./build.ts');
  const missing: ('image' | 'kernel')[] = [];
  for (const kind of ['image', 'kernel'] as const) if (!(await isBuilt(kind))) missing.push(kind);
  if (missing.length > 0) await (await import('../engines/select.ts')).installFor(missing, { yes });
  return missing;
}

/** What must be built before machines can start; empty when it is all in the cache. */
export async function preparationJobs(
  lab: Lab,
  options: { mirror?: string | undefined; yes?: boolean | undefined },
): Promise<Job[]> {
  const { ensureBuilt } = await import('./build.ts');
  const { nextcloud } = lab.record;
  if (lab.record.engine !== 'uml') {
    if (lab.record.engine !== 'vagrant-libvirt') return [];
    const { boxJobs } = await import('./box.ts');
    return boxJobs({ mirror: options.mirror });
  }
  const titles = {
    image: say({ en: 'base image', fr: 'image de base' }),
    kernel: say({ en: 'kernel', fr: 'noyau' }),
  };
  const missing = await missingBuilds(options);
  const code: Job[] =
    nextcloud && !(await hasCode(nextcloud))
      ? [
          {
            title: `Nextcloud ${nextcloud.release}`,
            run: async (report) => void (await ensureCode(nextcloud, report)),
          },
        ]
      : [];
  const builds = missing.map(
    (kind): Job => ({
      title: titles[kind],
      run: async (report) => {
        await ensureBuilt(kind, { mirror: options.mirror }, report);
        return undefined;
      },
    }),
  );
  return [...builds, ...code];
}
