import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import * as z from 'zod';
import { LabError } from '../../base/errors.ts';
import { writeFileAtomicSync } from '../../base/files.ts';
import { type Tools, undo } from './faults.ts';
import { type Fault, faultSchema } from './model.ts';
import { faultWords } from './names.ts';
import { touchedBy } from './outcomes.ts';

const schema = z.object({
  fault: faultSchema,
  /** When it was made: ms since 1970. */
  since: z.number(),
  /** `drill`: its drill undoes it; `user`: it stays until somebody undoes it (`lab fault`). */
  by: z.enum(['drill', 'user']).default('drill'),
});

/** A fault that was made by its name and is not undone yet. */
export type OpenFault = z.infer<typeof schema>;

/** Folder of a lab's drills. */
export const drillsFolder = (labFolder: string): string => join(labFolder, 'drills');

const file = (labFolder: string) => join(drillsFolder(labFolder), 'open.json');

/** The faults that are open, in the order in which they were made. */
export function openFaults(labFolder: string): OpenFault[] {
  if (!existsSync(file(labFolder))) return [];
  return z.array(schema).parse([JSON.parse(readFileSync(file(labFolder), 'utf8'))].flat());
}

/** Writes down a fault before it is made, so that it is undone whatever becomes of this process. */
export function openFault(labFolder: string, fault: Fault, by: OpenFault['by'] = 'drill'): OpenFault {
  const open = { fault, since: Date.now(), by };
  write(labFolder, [...openFaults(labFolder), open]);
  return open;
}

/** Forgets it: it is undone. */
export function closeFault(labFolder: string, fault: Fault): void {
  write(
    labFolder,
    openFaults(labFolder).filter((open) => !isDeepStrictEqual(open.fault, fault)),
  );
}

function write(labFolder: string, open: OpenFault[]): void {
  if (open.length === 0) {
    rmSync(file(labFolder), { force: true });
    return;
  }
  mkdirSync(drillsFolder(labFolder), { recursive: true });
  writeFileAtomicSync(file(labFolder), JSON.stringify(open));
}

/**
 * Undoes what is open, the latest first; `by`: only what was made so. Returns what was undone. One that cannot be undone stays written
 * down, and is thrown once the others were tried.
 */
export async function undoOpen(
  labFolder: string,
  tools: Tools,
  by?: OpenFault['by'],
  tell: (open: OpenFault) => void = () => undefined,
): Promise<Fault[]> {
  const undone: Fault[] = [];
  const failures: unknown[] = [];
  for (const open of openFaults(labFolder).reverse()) {
    if (by !== undefined && open.by !== by) continue;
    try {
      await undo(open.fault, tools);
      closeFault(labFolder, open.fault);
      undone.push(open.fault);
      tell(open);
    } catch (error) {
      failures.push(error);
    }
  }
  if (failures.length > 0) throw failures[0];
  return undone;
}

/** LabError when a fault is open on one of these machines, or on any without them: two at once hide each other. */
export function requireNoFault(labFolder: string, machines?: string[]): void {
  const found = openFaults(labFolder).find(
    ({ fault }) => !machines || touchedBy(fault).some((name) => machines.includes(name)),
  );
  if (!found) return;
  const { en, fr } = faultWords(found.fault);
  throw new LabError(
    { en: `A fault is open: ${en}.`, fr: `Une panne est en cours : ${fr}.` },
    { en: 'undo it first with `lab fault --undo`.', fr: "annulez-la d'abord avec `lab fault --undo`." },
  );
}
