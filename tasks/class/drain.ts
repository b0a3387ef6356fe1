import { eachOf } from '../base/each.ts';
import { LabError } from '../base/errors.ts';
import type { ClusterEngine } from './engine.ts';
import { type ClassRecord, writeStudents } from './record.ts';
import { endLabs, giveLabs, isWaiting } from './run.ts';
import { jobsByStudent } from './state.ts';

export interface Drained {
  server: string;
  /** Students whose lab saved itself there and was given to the cluster again. */
  moved: string[];
  /** Those whose lab did not end in time: it is still there. */
  left: string[];
}

/** LabError when the cluster has no such server. */
async function serverNamed(engine: ClusterEngine, name: string): Promise<string> {
  const names = (await engine.servers()).map((server) => server.name);
  if (names.includes(name)) return name;
  throw new LabError(
    { en: `The cluster has no server ${name}.`, fr: `Le cluster n'a pas de serveur ${name}.` },
    { en: `choose one of ${names.join(', ')}.`, fr: `choisissez parmi ${names.join(', ')}.` },
  );
}

/** Labs that wait for a place keep away from the servers that the class avoids now. */
async function tellWaiting(record: ClassRecord, engine: ClusterEngine): Promise<void> {
  const waiting = (await engine.list(record.settings.name)).filter(({ phase }) => isWaiting(phase));
  await eachOf(waiting, 4, ({ id }) => engine.avoid(id, record.avoid));
}

/**
 * Takes the class off a server: its labs there save themselves, end, and run elsewhere; none of the class comes to it until
 * `undoDrain`. Labs of other classes are not touched, and no right of an administrator is needed. `seconds`: how long the labs may
 * take to save themselves.
 */
export async function drainServer(
  record: ClassRecord,
  engine: ClusterEngine,
  name: string,
  seconds: number,
): Promise<Drained> {
  const server = await serverNamed(engine, name);
  if (!record.avoid.includes(server)) record.avoid.push(server);
  await writeStudents(record);
  await tellWaiting(record, engine);
  const jobs = jobsByStudent(await engine.list(record.settings.name));
  const there = record.students.filter(({ id }) => jobs.get(id)?.server === server);
  const { cut } = await endLabs(record, engine, there, { seconds, force: false });
  const ended = there.filter(({ id }) => !cut.includes(id));
  await giveLabs(record, engine, ended);
  return { server, moved: ended.map(({ id }) => id), left: cut };
}

/**
 * The server may have labs of the class again; those that run stay where they are, and are told when they wait for a place the next
 * time (releaseLost, giveLabs): a cluster takes that of no job that runs.
 */
export async function undoDrain(record: ClassRecord, engine: ClusterEngine, name: string): Promise<void> {
  record.avoid = record.avoid.filter((server) => server !== name);
  await writeStudents(record);
  await tellWaiting(record, engine);
}
