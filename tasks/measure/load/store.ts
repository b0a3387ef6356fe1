import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { writeFileAtomic } from '../../base/files.ts';
import type { LoadLimit } from './limit.ts';
import { generatedSchema, LOADS, type LoadRun } from './model.ts';

/** What one `lab load` measured, as kept in .lab/NAME/loads/. */
const recordSchema = z.object({
  /** ISO 8601. */
  begun: z.string(),
  lab: z.string(),
  engine: z.string(),
  app: z.string(),
  kind: z.enum(LOADS),
  /** The limit was searched for: of each number of web machines the best run, and the first that was not sustained. */
  search: z.boolean(),
  limit: z.custom<LoadLimit>(
    (value) => z.object({ p99: z.number(), failed: z.number() }).safeParse(value).success,
  ),
  /** `sustained`: at its rate, hardly anything failed and the slowest percent was within the limit. */
  runs: z.array(
    z.preprocess(
      // As version 0.1.0 of the kit wrote it.
      (value) => ({ sustained: (value as { carried?: boolean } | null)?.carried, ...(value as object) }),
      z.custom<LoadRun & { sustained: boolean }>(
        (value) =>
          z
            .object({
              web: z.array(z.string()),
              sustained: z.boolean(),
              generated: generatedSchema.shape.result,
            })
            .safeParse(value).success,
      ),
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
  await writeFileAtomic(file, `${JSON.stringify(record, null, 1)}\n`);
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
