import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const HEAD =
  'Identifier,"Full name","Email address",Status,Grade,"Maximum grade","Grade can be changed","Last modified (submission)","Last modified (grade)","Feedback comments"';

/**
 * Writes bundles as Moodle's "Download all submissions" unpacks them, all under one name, and beside them the grading worksheet, whose path
 * it returns.
 */
export function handInToMoodle(folder: string, bundles: { student: string; bundle: Buffer }[]): string {
  const rows = bundles.map(({ student, bundle }, at) => {
    const id = 1203000 + at;
    const own = join(folder, `${student}_${id}_assignsubmission_file`);
    mkdirSync(own, { recursive: true });
    writeFileSync(join(own, 'lab.lab'), bundle);
    return `"Participant ${id}","${student}",${student}@example.org,"Submitted for grading - ",,20.00,Yes,"Thursday, 1 January 2026, 11:02 AM",-,`;
  });
  const worksheet = `${folder}-worksheet.csv`;
  writeFileSync(worksheet, `\ufeff${[HEAD, ...rows].join('\n')}\n`);
  return worksheet;
}
