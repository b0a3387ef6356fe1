import type { EngineName } from '../engines/engine.ts';
import type { Computer } from '../host/computer.ts';
import type { EngineFacts } from '../host/facts.ts';
import type { HostNetwork } from '../host/networks.ts';
import type { Topology } from '../topology/model.ts';
import type { Text } from '../ui/text.ts';
import type { Builds, Shelf } from './requirements.ts';

/** ok: as it should be; warn: works, with a limit; fail: the lab cannot run so. */
export type Status = 'ok' | 'warn' | 'fail';

export interface Outcome {
  status: Status;
  /** What was found. */
  found: Text;
  /** What to do, in full sentences; absent when all is well. */
  fix?: Text;
}

/** What checks judge. Facts that take long to find are absent from the quick part. */
export interface CheckContext {
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
  enabled(context: CheckContext): boolean;
  run(context: CheckContext): Outcome;
}

export interface CheckResult extends Outcome {
  id: string;
  title: Text;
}

/** Runs the checks that concern this computer and engine. */
export function runChecks(checks: readonly Check[], context: CheckContext): CheckResult[] {
  return checks
    .filter((check) => check.enabled(context))
    .map((check) => ({ id: check.id, title: check.title, ...check.run(context) }));
}

export const ok = (en: string, fr: string): Outcome => ({ status: 'ok', found: { en, fr } });
export const warn = (found: Text, fix: Text): Outcome => ({ status: 'warn', found, fix });
export const fail = (found: Text, fix: Text): Outcome => ({ status: 'fail', found, fix });
