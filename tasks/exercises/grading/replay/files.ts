import type { CarriedFile, Facts } from '../../checks/probe.ts';
import { type Carried, type CarriedByMachine, isCarried } from '../../guides/carried.ts';

/** What a bundle has of one machine. */
export interface MachineFiles {
  machine: string;
  carried: Carried;
  /** Services that read them, in the order of the guide. */
  units: string[];
  /** What goes to the machine, by path. */
  files: Map<string, CarriedFile>;
  /** Paths that the student's kit left out as too large or too many: the machine keeps its own. */
  left: string[];
  /** Paths that no guide of this lab writes: they go nowhere. */
  refused: string[];
}

/** The files of a bundle that belong to a lab, by machine. What is in a bundle was written by a student. */
export function filesIn(facts: Facts, lab: CarriedByMachine): MachineFiles[] {
  return [...lab].flatMap(([machine, { units, ...carried }]) => {
    const own = facts.machines[machine];
    if (!own?.files) return [];
    const files = new Map<string, CarriedFile>();
    const refused: string[] = [];
    for (const [path, file] of Object.entries(own.files))
      if (isCarried(carried, path)) files.set(path, file);
      else refused.push(path);
    return [{ machine, carried, units, files, left: own.left ?? [], refused }];
  });
}

/** In what the files of a machine differ from those that it should have. */
export function differing(
  has: Record<string, CarriedFile>,
  { files, left }: Pick<MachineFiles, 'files' | 'left'>,
): { put: Map<string, CarriedFile>; remove: string[] } {
  const isSame = (a: CarriedFile | undefined, b: CarriedFile) =>
    a?.data === b.data && a.mode === b.mode && a.owner === b.owner;
  return {
    put: new Map([...files].filter(([path, file]) => !isSame(has[path], file))),
    remove: Object.keys(has).filter((path) => !files.has(path) && !left.includes(path)),
  };
}
