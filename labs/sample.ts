import { plain, seen, Unmet } from '../tasks/exercises/checks/expectation.ts';
import type { Answer } from '../tasks/exercises/checks/probe.ts';

/** What `lab-sample` wrote, also several times into one file, and when the file was finished; asked of the client. */
export const sample = (path: string) =>
  ({
    kind: 'command',
    command: `stat -c %Y ${path} && jq -sc '{requests: (map(.requests) | add), failed: (map(.failed) | add), machines: (map(.served_by | keys) | add | unique)}' ${path}`,
  }) as const;

export interface Sample {
  /** Seconds since 1970. */
  end: number;
  requests: number;
  failed: number;
  /** Who answered; "?" where the answers do not say. */
  machines: string[];
}

/** Throws Unmet where there is no such file. */
export function sampleOf({ code, out }: Answer, path: string): Sample {
  const [end = '', json = ''] = out.trim().split('\n');
  if (code === 0 && json !== '') return { end: Number(end), ...(JSON.parse(json) as Omit<Sample, 'end'>) };
  throw new Unmet(
    { en: `${path}, written by lab-sample`, fr: `${path}, écrit par lab-sample` },
    seen(out),
    plain(`lab ssh client -- cat ${path}`),
  );
}
