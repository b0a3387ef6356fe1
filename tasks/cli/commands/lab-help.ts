import { existsSync } from 'node:fs';
import { LabError } from '../../base/errors.ts';
import { environmentFolder, ROOT } from '../../base/paths.ts';
import { label, say } from '../../base/text.ts';
import { labIn } from '../../exercises/guides/ids.ts';
import { readLabs, stepsNamed } from '../../exercises/guides/load.ts';
import { fillIn } from '../../exercises/guides/values.ts';
import { openPaperSession, openSession, openSessionFor, valuesFor } from '../../exercises/session/session.ts';
import { giveHint } from '../../exercises/state/hints.ts';

/** `lab hint N.S`: the next level each time it is asked for. */
export async function hint(wish: string, options: { name: string; level?: string }): Promise<number> {
  const { lab: guide, step: number } = stepsNamed(readLabs(ROOT), wish);
  const session = await openSessionFor(options.name, guide);
  const step = guide.steps.find((step) => step.number === number);
  if (!step)
    throw new LabError(
      { en: `"${wish}" names no step.`, fr: `« ${wish} » ne désigne pas une étape.` },
      { en: `write ${guide.id}.1 for its first step.`, fr: `écrivez ${guide.id}.1 pour sa première étape.` },
    );
  const isFirst = (session.state.hints[step.id] ?? 0) === 0;
  const given = await giveHint(step, session, options.level);
  console.log(
    `${step.id} (${given.level}/${given.of})  ${fillIn(say(given.text), valuesFor(session, guide))}`,
  );
  if (session.state.student && isFirst)
    console.log(
      say({
        en: 'Hints are counted, and your bundle tells how many you have read; they cost no points.',
        fr: 'Les indices sont comptés, et votre paquet de résultats dit combien vous en avez lus ; ils ne coûtent pas de points.',
      }),
    );
  return 0;
}

/** `lab progress`: what was reached so far, with the hints that it took. */
export async function progress(options: { name: string; json?: boolean }): Promise<number> {
  // Work in a lab without machines may be all that there is.
  const open = existsSync(environmentFolder(options.name)) ? openPaperSession : openSession;
  const { labs, state } = await open(options.name);
  const passed = new Set(state.history.flatMap((entry) => entry.passed ?? []));
  const rows = labs.map((lab) => {
    const done = lab.steps.filter((step) => passed.has(step.id));
    return {
      lab: lab.name,
      title: say(lab.title),
      steps: lab.steps.length,
      passed: done.map((step) => step.id),
      points: done.reduce((total, step) => total + step.points, 0),
      possible: lab.steps.reduce((total, step) => total + step.points, 0),
      hints: lab.steps.reduce((total, step) => total + (state.hints[step.id] ?? 0), 0),
      current: lab.id === state.current,
    };
  });
  if (options.json) {
    console.log(
      JSON.stringify(
        { student: state.student, current: state.current, faults: state.faults, labs: rows },
        null,
        2,
      ),
    );
    return 0;
  }
  if (state.student) console.log(`${label({ en: 'Student', fr: 'Étudiant' })} ${state.student}`);
  for (const row of rows) {
    const bar = '█'.repeat(row.passed.length) + '░'.repeat(row.steps - row.passed.length);
    const hints = row.hints > 0 ? `  ${row.hints} ${say({ en: 'hints', fr: 'indices' })}` : '';
    console.log(
      `${row.current ? '▶' : ' '} ${(labIn(row.lab) ?? '').padEnd(3)} ${row.title.padEnd(56)} ${bar.padEnd(8)} ${`${row.points}/${row.possible}`.padStart(6)}${hints}`,
    );
  }
  if (state.faults.length > 0)
    console.log(
      say({
        en: `${state.faults.length} fault(s) of \`lab break\` are open: mend them, or \`lab break --undo\`.`,
        fr: `${state.faults.length} panne(s) de \`lab break\` en cours : réparez, ou \`lab break --undo\`.`,
      }),
    );
  return 0;
}
