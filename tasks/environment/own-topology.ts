import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { isDeepStrictEqual } from 'node:util';
import { LabError } from '../base/errors.ts';
import { writeFileAtomic } from '../base/files.ts';
import { ownTopologyFile, ROOT } from '../base/paths.ts';
import { say, type Text } from '../base/text.ts';
import { loadTopology, parseTopology } from '../topology/load.ts';
import type { Topology } from '../topology/model.ts';
import { type Environment, type EnvironmentRecord, openEnvironment, writeRecord } from './record.ts';

/** What makes a lab's topology: the text of its own, and of which one it was made; both absent without one of its own. */
export interface OwnTopology {
  text?: string;
  of?: string;
}

const digest = (text: string) => createHash('sha256').update(text).digest('hex').slice(0, 20);

/** First line of a lab's own topology; it is not part of what `lab scale` works on. */
const HEADER = /^# This lab's own topology: .*\n/;

const headerOf = (origin: string) =>
  `# This lab's own topology: ${origin}, changed by lab scale. Changes here are taken over by lab up.\n`;

/** The text of the topology that a lab works with. */
export function topologyText(environment: Environment): string {
  return readFileSync(environment.topology.file, 'utf8').replace(HEADER, '');
}

/** The topology that the lab was made with, as it is now; undefined when its file is gone or not valid any more. */
async function origin(
  record: EnvironmentRecord,
): Promise<{ topology: Topology; digest: string } | undefined> {
  try {
    const topology = await loadTopology(record.topology, ROOT);
    return { topology, digest: digest(readFileSync(topology.file, 'utf8')) };
  } catch (error) {
    if (error instanceof LabError) return undefined;
    throw error;
  }
}

/**
 * Gives the lab a topology of its own with this text, at once or not at all, and opens it anew. Where the text says the same
 * as the topology that the lab was made with, the lab goes back to that one.
 */
export async function takeTopology(environment: Environment, text: string): Promise<Environment> {
  const made = await origin(environment.record);
  if (made && isDeepStrictEqual(parseTopology(text, made.topology.file), made.topology))
    return returnTopology(environment, {});
  return returnTopology(environment, {
    text: headerOf(environment.record.topology) + text,
    of: environment.record.ownOf ?? made?.digest ?? '',
  });
}

/** What takeTopology and returnTopology can go back to. */
export function ownTopologyOf(environment: Environment): OwnTopology {
  const { ownOf } = environment.record;
  return ownOf === undefined ? {} : { text: readFileSync(environment.topology.file, 'utf8'), of: ownOf };
}

/** Puts a lab's topology back as it was, and opens the lab anew. */
export async function returnTopology(environment: Environment, then: OwnTopology): Promise<Environment> {
  const file = ownTopologyFile(environment.name);
  const { ownOf: _, ...plain } = environment.record;
  const own = then.text !== undefined && then.of !== undefined;
  if (own) {
    await writeFileAtomic(file, then.text ?? '');
  }
  const record: EnvironmentRecord = own ? { ...plain, ownOf: then.of ?? '' } : plain;
  // The record decides: until it is written the lab is what it was.
  await writeRecord(environment.name, record);
  if (!own) await rm(file, { force: true });
  return openEnvironment(environment.name, record);
}

/** What to say about a lab's own topology, if it has one: that it is in use, and when the one that it was made from changed. */
export async function ownTopologyNote(environment: Environment): Promise<string | undefined> {
  const { ownOf, topology } = environment.record;
  if (ownOf === undefined) return undefined;
  const file = ownTopologyFile(environment.name);
  const changed = (await origin(environment.record))?.digest !== ownOf;
  const text: Text = {
    en: `This lab was scaled: its topology is ${file}${changed ? `; ${topology}, which it was made from, has changed since, and that has no effect here` : ''}.`,
    fr: `Ce lab a changé de taille : sa topologie est ${file}${changed ? ` ; ${topology}, dont elle vient, a changé depuis, et cela n'a pas d'effet ici` : ''}.`,
  };
  return say(text);
}
