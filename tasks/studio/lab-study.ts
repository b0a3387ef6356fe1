import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { LabError } from '../base/errors.ts';
import { ROOT } from '../base/paths.ts';
import { inLanguage, type Language, say } from '../base/text.ts';
import { openEngine } from '../environment/open-engine.ts';
import { existingEnvironment, readRecord } from '../environment/record.ts';
import { parseGuide } from '../exercises/guides/guide.ts';
import { labNamed, stepsNamed } from '../exercises/guides/load.ts';
import type { LabGuide } from '../exercises/guides/model.ts';
import { lineOf } from '../exercises/guides/page/markdown.ts';
import { piecesHtml } from '../exercises/guides/page/render.ts';
import { viewOf } from '../exercises/guides/page/view.ts';
import { fillIn } from '../exercises/guides/values.ts';
import { openPaperSession, valuesFor } from '../exercises/session/session.ts';
import { firstPassed } from '../exercises/state/answers.ts';
import { withDueAnswers } from '../exercises/state/due-answers.ts';
import { giveHint } from '../exercises/state/hints.ts';
import { type HostLine, hostLines } from './host-lines.ts';
import type { GuideTold, LabsTold, SnapshotTold } from './page/protocol.ts';
import type { Study } from './study.ts';

/** The kit's labs for a lab of this name; also before there is one, with the values that it would have. */
export class LabStudy implements Study {
  constructor(private readonly name: string) {}

  async labs(): Promise<LabsTold> {
    const { labs, state } = await openPaperSession(this.name);
    const passed = firstPassed(state.history);
    return {
      labs: labs.map(({ id, title, minutes, needs, steps }) => ({
        ...{ id, title, minutes, paper: needs.machines === 'none' },
        steps: steps.map((step) => ({
          ...{ id: step.id, title: step.title, points: step.points, hints: step.hints.length },
          passed: passed.has(step.id),
        })),
      })),
      ...(state.current === undefined ? {} : { current: state.current }),
      ...(state.student === undefined ? {} : { student: state.student }),
    };
  }

  async snapshots(): Promise<SnapshotTold[]> {
    if (!(await readRecord(this.name))) return [];
    const engine = await openEngine(await existingEnvironment(this.name));
    return (await engine.listSnapshots()).map(({ name, taken }) => ({ name, taken: String(taken) }));
  }

  async guide(wish: string, language: Language): Promise<GuideTold> {
    const session = await openPaperSession(this.name);
    const lab = labNamed(session.labs, wish);
    const values = valuesFor(session, lab);
    const { text, later } = withDueAnswers(
      fillIn(readFileSync(join(lab.folder, `guide.${language}.md`), 'utf8'), values),
      lab.id,
      session.state,
    );
    const fill = (hint: string) => fillIn(hint, values);
    return inLanguage<GuideTold>(language, () => {
      const runs = (block: string) => hostLines(block) !== undefined;
      const view = viewOf(lab, text, fill, { answers: true, hints: false, bare: true, runs });
      const type = say({ en: 'Type it in', fr: 'Saisir dans' });
      const run = say({ en: 'Run it here', fr: 'Lancer ici' });
      return {
        lab: lab.id,
        sections: view.sections.map(({ step, shown }) => ({
          step,
          html: piecesHtml(ROOT, shown, type, run),
        })),
        hints: hintsOf(lab, session.state.hints, fill),
        later,
      };
    });
  }

  /** The commands of a block of a lab's guide for this computer. LabError for what stands in no guide, or may not be run from a page. */
  async hostLines(wish: string, text: string, language: Language): Promise<HostLine[]> {
    const session = await openPaperSession(this.name);
    const lab = labNamed(session.labs, wish);
    const file = join(lab.folder, `guide.${language}.md`);
    const { blocks } = parseGuide(fillIn(readFileSync(file, 'utf8'), valuesFor(session, lab)), file);
    const known = blocks.some(
      (block) => block.kind === 'run' && block.on.includes('host') && block.text === text,
    );
    const lines = known ? hostLines(text) : undefined;
    if (lines) return lines;
    throw new LabError(
      { en: 'This is no block that the page may run.', fr: 'La page ne peut pas lancer ce bloc.' },
      {
        en: 'copy it into a terminal of your computer.',
        fr: 'copiez-le dans un terminal de votre ordinateur.',
      },
    );
  }

  /** The next hint of a step (NN.S), which counts as read. */
  async hint(wish: string): Promise<void> {
    const session = await openPaperSession(this.name);
    const { lab, step: number } = stepsNamed(session.labs, wish);
    const step = lab.steps.find((one) => one.number === number);
    if (step) await giveHint(step, session);
  }
}

/** Those that were read, by step. */
const hintsOf = (lab: LabGuide, read: Record<string, number>, fill: (hint: string) => string) =>
  Object.fromEntries(
    lab.steps.map(({ id, hints }) => [
      id,
      hints.slice(0, read[id] ?? 0).map((hint) => lineOf(fill(say(hint)))),
    ]),
  );
