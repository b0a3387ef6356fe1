import { existsSync, readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { LabError } from '../../base/errors.ts';
import { ROOT } from '../../base/paths.ts';
import { seconds } from '../../base/progress.ts';
import { say } from '../../base/text.ts';
import { readExam } from '../../exercises/checks/exam.ts';
import { answersCsv, type Marks, questionsIn, readMarks } from '../../exercises/grading/answers.ts';
import { type Graded, grade, type Judged } from '../../exercises/grading/grade.ts';
import { bundlesIn } from '../../exercises/grading/handed-in.ts';
import { gradesCsv, gradesHtml, gradesXlsx } from '../../exercises/grading/output.ts';
import { replayWords } from '../../exercises/grading/replay/words.ts';
import { readSeed } from '../../exercises/grading/seed.ts';
import { type Enrolled, readEnrolled } from '../../exercises/grading/students.ts';
import { teachersTopologies } from '../../exercises/grading/topology.ts';
import { labNamed, readLabs } from '../../exercises/guides/load.ts';
import { readService } from '../../roles/service.ts';
import { loadTopology } from '../../topology/load.ts';

export interface GradeCommand {
  csv?: string;
  xlsx?: string;
  html?: string;
  json?: boolean;
  deadline?: string;
  students?: string;
  exam?: string;
  lab?: string;
  topology?: string;
  seed?: string;
  moodle?: string;
  worksheet?: string;
  /** Where the answers are written, to be marked. */
  answers?: string;
  /** The same, marked. */
  marks?: string;
  /** Build what the students wrote again, on machines of this computer. */
  replay?: boolean;
}

/** `lab grade BUNDLES…`: needs no machine (but for --replay) and no network. Exit code 1 when a bundle is flagged or cannot be read. */
export async function gradeBundles(paths: string[], options: GradeCommand): Promise<number> {
  const since = Date.now();
  const deadline = options.deadline === undefined ? undefined : timeOf(options.deadline);
  const enrolled = options.students === undefined ? [] : enrolledIn(options.students);
  const seed = options.seed === undefined ? undefined : readSeed(options.seed);
  const exam = options.exam ? { lab: await readExam(options.exam), file: options.exam } : undefined;
  const labs = readLabs(ROOT);
  const lab = options.lab === undefined ? undefined : labNamed(labs, options.lab);
  // A topology that is not there or not valid is said before anything is judged.
  if (options.topology !== undefined) await loadTopology(options.topology, ROOT);
  const files = bundlesIn(paths);
  const judged: Judged[] = [];
  const graded = await grade(files, labs, {
    ...{ deadline, enrolled, host: readService(ROOT).host },
    topologyOf: teachersTopologies(ROOT, options.topology),
    ...(exam ? { exam } : {}),
    ...(lab ? { lab } : {}),
    ...(seed === undefined ? {} : { seed }),
    ...(options.marks === undefined ? {} : { marks: marksIn(options.marks) }),
    judged: (one) => judged.push(one),
  });
  if (options.replay) {
    const { replayClass } = await import('./grade-replay.ts');
    await replayClass(judged, { quiet: options.json ?? false });
  }
  const { grades, unreadable } = graded;
  const ids = new Set(grades.flatMap(({ answers }) => answers.map(({ id }) => id)));
  const asked = exam ? [] : questionsIn(labs).filter(({ id }) => ids.has(id));
  if (options.csv) await writeFile(options.csv, gradesCsv(grades));
  if (options.xlsx) await gradesXlsx(grades, options.xlsx);
  if (options.html) await writeFile(options.html, gradesHtml(grades, unreadable, asked));
  if (options.answers) await writeFile(options.answers, answersCsv(grades, asked));
  const moodle = await writeMoodle(graded, options);
  if (options.json) console.log(JSON.stringify({ ...graded, ...(moodle ? { moodle } : {}) }, null, 2));
  else {
    show(graded);
    if (moodle) showMoodle(moodle);
    showSum(graded, options, since);
  }
  const flagged = grades.filter((grade) => grade.flags.length > 0).length;
  return flagged + unreadable.length === 0 ? 0 : 1;
}

function marksIn(file: string): Marks {
  if (existsSync(file)) return readMarks(readFileSync(file, 'utf8'), file);
  throw new LabError(
    { en: `There is no file ${file}.`, fr: `Il n'y a pas de fichier ${file}.` },
    {
      en: 'write it with `lab grade … --answers FILE`, and fill in its column "points".',
      fr: 'écrivez-le avec `lab grade … --answers FICHIER`, puis remplissez sa colonne « points ».',
    },
  );
}

function enrolledIn(file: string): Enrolled[] {
  if (existsSync(file)) return readEnrolled(readFileSync(file, 'utf8'));
  throw new LabError(
    { en: `There is no file ${file}.`, fr: `Il n'y a pas de fichier ${file}.` },
    {
      en: 'give a list with lines `student` or `student,key`.',
      fr: 'donnez une liste de lignes `étudiant` ou `étudiant,clé`.',
    },
  );
}

/** What was written for Moodle. */
interface MoodleSum {
  file: string;
  filled: number;
  left: string[];
}

/** Writes the CSV that Moodle imports, from its worksheet where there is one. LabError when no bundle came in a folder of Moodle's. */
async function writeMoodle(
  { grades }: Graded,
  { moodle: file, worksheet }: GradeCommand,
): Promise<MoodleSum | undefined> {
  if (file === undefined && worksheet === undefined) return undefined;
  if (file === undefined)
    throw new LabError(
      { en: '--worksheet is filled in for --moodle.', fr: '--worksheet est rempli pour --moodle.' },
      {
        en: 'add --moodle FILE, which is what you import.',
        fr: 'ajoutez --moodle FICHIER : c’est lui que vous importez.',
      },
    );
  if (!grades.some(({ participant }) => participant))
    throw new LabError(
      {
        en: 'None of the bundles came in a folder named by Moodle.',
        fr: "Aucun des paquets n'est dans un dossier nommé par Moodle.",
      },
      {
        en: 'unpack "Download all submissions" and name its folder: `lab grade FOLDER --moodle FILE`.',
        fr: 'décompressez « Télécharger tous les travaux remis » et donnez son dossier : `lab grade DOSSIER --moodle FICHIER`.',
      },
    );
  const { fillWorksheet, readWorksheet, worksheetFor } = await import('../../exercises/grading/moodle.ts');
  if (worksheet !== undefined && !existsSync(worksheet))
    throw new LabError(
      { en: `There is no file ${worksheet}.`, fr: `Il n'y a pas de fichier ${worksheet}.` },
      {
        en: 'download it from the assignment in Moodle.',
        fr: 'téléchargez-le depuis le devoir dans Moodle.',
      },
    );
  const sheet =
    worksheet === undefined
      ? worksheetFor(grades)
      : readWorksheet(readFileSync(worksheet, 'utf8'), worksheet);
  const { csv, filled, left } = fillWorksheet(sheet, grades);
  await writeFile(file, csv);
  return { file, filled, left };
}

function show({ grades, unreadable, missing }: Graded): void {
  for (const grade of grades) {
    const { student, earned, possible, file, key, flags, replay } = grade;
    console.log(`${student.padEnd(24)} ${`${earned}/${possible}`.padStart(8)}  ${file}  ${key}`);
    if (replay) console.log(`  ${say({ en: 'replay', fr: 'rejeu' })}: ${replayWords(replay)}`);
    for (const flag of flags) console.log(`  ! ${flag.kind}: ${say(flag.text)}`);
  }
  for (const bundle of unreadable)
    console.log(`${bundle.file}\n  ! ${bundle.why.replaceAll('\n', '\n    ')}`);
  if (missing.length > 0)
    console.log(say({ en: `Nothing from: ${missing.join(', ')}.`, fr: `Rien de : ${missing.join(', ')}.` }));
}

function showMoodle({ file, filled, left }: MoodleSum): void {
  console.log(
    say({
      en: `${file}: ${filled} grades for Moodle ("Upload grading worksheet").`,
      fr: `${file} : ${filled} notes pour Moodle (« Déposer un formulaire d’évaluation »).`,
    }),
  );
  if (left.length > 0)
    console.log(
      say({
        en: `Without a grade there, for you to decide: ${left.join(', ')}.`,
        fr: `Sans note dans ce fichier, à vous de décider : ${left.join(', ')}.`,
      }),
    );
}

function showSum({ grades, unreadable }: Graded, options: GradeCommand, since: number): void {
  const flagged = grades.filter((grade) => grade.flags.length > 0).length;
  const topologies = [...new Set(grades.map((grade) => grade.topology))].sort().join(', ');
  const written = [options.csv, options.xlsx, options.html, options.answers].filter(Boolean).join(', ');
  console.log(
    say({
      en: `${grades.length} bundles judged${topologies && ` with the topology ${topologies}`} in ${seconds(since)}, ${flagged} flagged, ${unreadable.length} could not be judged.${written ? ` Written: ${written}.` : ''}`,
      fr: `${grades.length} paquets évalués${topologies && ` avec la topologie ${topologies}`} en ${seconds(since)}, ${flagged} signalés, ${unreadable.length} impossibles à évaluer.${written ? ` Écrit : ${written}.` : ''}`,
    }),
  );
}

/** A moment as a person writes it: 2026-11-30 or 2026-11-30T18:00, local time. */
function timeOf(text: string): string {
  const time = new Date(/^\d{4}-\d\d-\d\d$/.test(text) ? `${text}T23:59:59` : text);
  if (!Number.isNaN(time.getTime())) return time.toISOString();
  throw new LabError(
    { en: `"${text}" is not a time.`, fr: `« ${text} » n'est pas une date.` },
    { en: 'write 2026-11-30 or 2026-11-30T18:00.', fr: 'écrivez 2026-11-30 ou 2026-11-30T18:00.' },
  );
}
