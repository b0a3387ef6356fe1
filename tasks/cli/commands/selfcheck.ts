import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { LabError, messageOf } from '../../base/errors.ts';
import { ROOT } from '../../base/paths.ts';
import { say } from '../../base/text.ts';
import { labNamed, readLabs } from '../../exercises/guides/load.ts';
import type { LabGuide } from '../../exercises/guides/model.ts';
import { mayHoldWork } from '../../exercises/session/moves.ts';
import { type SelfcheckLab, selfcheck } from '../../exercises/session/selfcheck.ts';
import { selfcheckPaper } from '../../exercises/session/selfcheck-paper.ts';
import { selfcheckPage } from '../../exercises/session/selfcheck-table.ts';
import { contextOf, openPaperSession, openSession } from '../../exercises/session/session.ts';

/** `lab selfcheck [N…]`: proves the checks themselves. Exit code 0 when every check does what it must. */
export async function selfcheckLabs(
  wishes: string[],
  options: { name: string; output?: string; json?: boolean; rotate?: string },
): Promise<number> {
  const all = readLabs(ROOT);
  let labs = wishes.length > 0 ? wishes.map((wish) => labNamed(all, wish)) : all;
  // A different one each day, for a test run that has little time.
  if (options.rotate) {
    const day = Math.floor(Date.now() / 86_400_000);
    const count = Math.max(1, Number(options.rotate) || 1);
    const proven = labs.filter((lab) => !lab.draft);
    labs = [...Array(Math.min(count, proven.length)).keys()].flatMap(
      (at) => proven[(day * count + at) % proven.length] ?? [],
    );
  }
  const isPaper = ({ needs }: LabGuide) => needs.machines === 'none';
  const session = labs.every(isPaper) ? undefined : await openSession(options.name);
  const prove = async (lab: LabGuide, report: (line: string) => void): Promise<SelfcheckLab> =>
    session && !isPaper(lab)
      ? selfcheck(session, lab, report)
      : selfcheckPaper(lab, contextOf(await openPaperSession(options.name)));
  const done: SelfcheckLab[] = [];
  for (const lab of labs) {
    const since = Date.now();
    try {
      const report = (line: string) => console.log(`${Math.round((Date.now() - since) / 1000)} s  ${line}`);
      done.push(await prove(lab, options.json ? () => undefined : report));
    } catch (error) {
      const text = error instanceof LabError ? error.render() : messageOf(error);
      const seconds = Math.round((Date.now() - since) / 1000);
      done.push({
        lab: lab.name,
        steps: [],
        problems: [text],
        at: new Date(since).toISOString(),
        seconds,
      });
    }
    if (options.output) {
      const before = existsSync(options.output) ? await readFile(options.output, 'utf8') : '';
      await writeFile(options.output, selfcheckPage(done, before));
    }
  }
  if (session) await mayHoldWork(session.environment.folder);
  if (options.json) console.log(JSON.stringify(done, null, 2));
  else {
    console.log(selfcheckPage(done));
    const problems = done.flatMap((lab) => lab.problems);
    for (const line of problems) console.log(`! ${line}`);
    console.log(
      problems.length === 0
        ? say({ en: 'Every check is proven.', fr: 'Chaque vérification est prouvée.' })
        : say({ en: `${problems.length} problems.`, fr: `${problems.length} problèmes.` }),
    );
  }
  return done.every((lab) => lab.problems.length === 0) ? 0 : 1;
}
