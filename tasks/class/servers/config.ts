import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import ejs from 'ejs';
import { ROOT } from '../../base/paths.ts';
import type { Server } from './survey.ts';

/** The configuration that all servers share, from what they have. The first server is the controller. Pure. */
export function configurationOf(cluster: string, servers: Server[]): { slurm: string; groups: string } {
  const render = (name: string) => {
    const filename = join(ROOT, 'tasks', 'class', 'servers', name);
    return ejs.render(readFileSync(filename, 'utf8'), { cluster, servers }, { filename, escape: String });
  };
  return { slurm: render('slurm.conf.ejs'), groups: render('cgroup.conf.ejs') };
}
