import type { NeededApplication } from '../artifacts/application/application.ts';
import { type Environment, type EnvironmentRecord, writeRecord } from './record.ts';

/** Keeps what the machines serve from now on; undefined: the environment's own application. The machines are not changed by this. */
export async function serve(environment: Environment, needed: NeededApplication | undefined): Promise<void> {
  const { serves, ...own } = environment.record;
  if (serves?.app === needed?.app && serves?.lab === needed?.lab) return;
  const record: EnvironmentRecord = needed && needed.app !== own.app ? { ...own, serves: needed } : own;
  await writeRecord(environment.name, record);
  environment.record = record;
}
