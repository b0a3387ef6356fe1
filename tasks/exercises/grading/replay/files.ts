import type { Facts } from '../../checks/probe.ts';
import type { CarriedByMachine } from '../../guides/carried.ts';
import { belonging, type MachineFiles } from '../../session/place.ts';

/** What a bundle has of one machine. */
export interface BundledFiles extends MachineFiles {
  /** Paths that no guide of this lab writes: they go nowhere. */
  refused: string[];
}

/** The files of a bundle that belong to a lab, by machine. What is in a bundle was written by a student. */
export function filesIn(facts: Facts, lab: CarriedByMachine): BundledFiles[] {
  return [...lab].flatMap(([machine, { units, ...carried }]) => {
    const own = facts.machines[machine];
    if (!own?.files) return [];
    const { files, refused } = belonging(own.files, carried);
    return [{ machine, carried, units, files, left: own.left ?? [], refused }];
  });
}
