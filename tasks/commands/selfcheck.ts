import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { labNamed } from '../labs/load.ts';
import { mayHoldWork } from '../labs/moves.ts';
import { type SelfcheckLab, selfcheck } from '../labs/selfcheck.ts';
import { selfcheckPage } from '../labs/selfcheck-table.ts';
import { openSession } from '../labs/session.ts';
import { LabError, messageOf } from '../ui/errors.ts';
import { say } from '../ui/text.ts';

/** `lab selfcheck [N…]`: proves the checks themselves. Exit code 0 when every check does what it must. */
export async function selfcheckLabs(
  wishes: string[],
  options: { name: string; output?: string; json?: boolean; rotate?: string },
): Promise<number> {
  const session = await openSession(options.name);
  let labs = wishes.length > 0 ? wishes.map((wish) => labNamed(session.labs, wish)) : session.labs;
  // A different one each day, for a test run that has little time.
  if (options.rotate) {
    const day = Math.floor(Date.now() / 86_400_000);
    const count = Math.max(1, Number(options.rotate) || 1);
    const proven = labs.filter((one) => !one.draft);
    labs = [...Array(Math.min(count, proven.length)).keys()].flatMap(
      (at) => proven[(day * count + at) % proven.length] ?? [],
    );
  }
  const done: SelfcheckLab[] = [];
  for (const lab of labs) {
    const since = Date.now();
    try {
      const report = (line: string) => console.log(`${Math.round((Date.now() - since) / 1000)} s  ${line}`);
      done.push(await selfcheck(session, lab, options.json ? () => undefined : report));
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
  await mayHoldWork(session.lab.folder);
  if (options.json) console.log(JSON.stringify(done, null, 2));
  else {
    console.log(selfcheckPage(done));
    const problems = done.flatMap((one) => one.problems);
    for (const line of problems) console.log(`! ${line}`);
    console.log(
      problems.length === 0
        ? say({ en: 'Every check is proven.', fr: 'Chaque vérification est prouvée.' })
        : say({ en: `${problems.length} problems.`, fr: `${problems.length} problèmes.` }),
    );
  }
  return done.every((one) => one.problems.length === 0) ? 0 : 1;
}
