import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { writeWhole } from '../host/files.ts';
import type { Limit } from './limit.ts';
import { generatedSchema, LOADS, type LoadRun } from './model.ts';

/** What one `lab load` measured, as kept in .lab/NAME/loads/. */
const recordSchema = z.object({
  /** ISO 8601. */
  begun: z.string(),
  lab: z.string(),
  engine: z.string(),
  app: z.string(),
  kind: z.enum(LOADS),
  /** The limit was searched for: of each number of web machines the best run, and the first that was not carried. */
  search: z.boolean(),
  limit: z.custom<Limit>(
    (value) => z.object({ p99: z.number(), failed: z.number() }).safeParse(value).success,
  ),
  /** `carried`: at its rate, hardly anything failed and the slowest percent was within the limit. */
  runs: z.array(
    z.custom<LoadRun & { carried: boolean }>(
      (value) =>
        z
          .object({ web: z.array(z.string()), carried: z.boolean(), generated: generatedSchema.shape.result })
          .safeParse(value).success,
    ),
  ),
});
export type LoadRecord = z.infer<typeof recordSchema>;

const folderOf = (labFolder: string) => join(labFolder, 'loads');

/** Keeps a measurement. */
export async function keepLoad(labFolder: string, record: LoadRecord): Promise<void> {
  const folder = folderOf(labFolder);
  await mkdir(folder, { recursive: true });
  const file = join(folder, `${record.begun.replace(/[^0-9TZ]/g, '')}.json`);
  await writeWhole(file, `${JSON.stringify(record, null, 1)}\n`);
}

/** All measurements that were kept, oldest first. */
export async function keptLoads(labFolder: string): Promise<LoadRecord[]> {
  const folder = folderOf(labFolder);
  if (!existsSync(folder)) return [];
  const names = (await readdir(folder)).filter((name) => name.endsWith('.json')).sort();
  return Promise.all(
    names.map(async (name) => recordSchema.parse(JSON.parse(await readFile(join(folder, name), 'utf8')))),
  );
}
