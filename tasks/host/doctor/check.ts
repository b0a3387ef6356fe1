import type { EngineName } from '../../base/engine-names.ts';
import type { Text } from '../../base/text.ts';
import type { Topology } from '../../topology/model.ts';
import type { Computer } from '../computer.ts';
import type { EngineFacts } from '../facts.ts';
import type { HostNetwork } from '../networks.ts';
import type { Builds, Shelf } from './requirements.ts';

/** ok: as it should be; warn: works, with a limit; fail: the lab cannot run so. */
export type Status = 'ok' | 'warn' | 'fail';

export interface DoctorFinding {
  status: Status;
  /** What was found. */
  found: Text;
  /** What to do, in full sentences; absent when all is well. */
  fix?: Text;
}

/** What checks judge. Facts that take long to find are absent from the quick part. */
export interface DoctorContext {
  /** Undefined when none can run. */
  engine: EngineName | undefined;
  topology: Topology;
  computer: Computer;
  /** Free MiB; the folders they were measured at. */
  disk: { labs: number; cache: number };
  folders: { labs: string; cache: string };
  networks: HostNetwork[];
  shelf: Shelf;
  /** What is not built yet. */
  builds: Required<Builds>;
  /** Who runs this has a range of subordinate user ids (subuid(5)). */
  subordinateIds: boolean;
  facts: Pick<EngineFacts, 'namespaces'> & Partial<EngineFacts>;
  /** Versions of the tools that are installed. */
  versions: ReadonlyMap<string, string>;
}

export interface Check {
  id: string;
  title: Text;
  /** Part of what `lab up` runs each time. */
  quick: boolean;
  enabled(context: DoctorContext): boolean;
  run(context: DoctorContext): DoctorFinding;
}

export interface NamedFinding extends DoctorFinding {
  id: string;
  title: Text;
}

/** Runs the checks that concern this computer and engine. */
export function diagnose(checks: readonly Check[], context: DoctorContext): NamedFinding[] {
  return checks
    .filter((check) => check.enabled(context))
    .map((check) => ({ id: check.id, title: check.title, ...check.run(context) }));
}

export const ok = (en: string, fr: string): DoctorFinding => ({ status: 'ok', found: { en, fr } });
export const warn = (found: Text, fix: Text): DoctorFinding => ({ status: 'warn', found, fix });
export const fail = (found: Text, fix: Text): DoctorFinding => ({ status: 'fail', found, fix });
