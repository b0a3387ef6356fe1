import { writeFile } from 'node:fs/promises';
import { labNamed } from '../labs/load.ts';
import { type SelfcheckLab, selfcheck, selfcheckTable } from '../labs/selfcheck.ts';
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
    try {
      done.push(await selfcheck(session, lab, (line) => (options.json ? undefined : console.log(line))));
    } catch (error) {
      const text = error instanceof LabError ? error.render() : messageOf(error);
      done.push({ lab: lab.name, steps: [], problems: [text], seconds: 0 });
    }
    if (options.output) await writeFile(options.output, selfcheckTable(done));
  }
  if (options.json) console.log(JSON.stringify(done, null, 2));
  else {
    console.log(selfcheckTable(done));
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
