import { messageOf } from '../../../base/errors.ts';
import { ROOT } from '../../../base/paths.ts';
import { sleep } from '../../../base/poll.ts';
import { say } from '../../../base/text.ts';
import { inLab } from '../../../class/collect.ts';
import type { ClusterEngine } from '../../../class/engine.ts';
import { extendLabs } from '../../../class/extend.ts';
import type { SchoolParts } from '../../../class/front/by-school.ts';
import { cached } from '../../../class/front/cached.ts';
import { certificateFor } from '../../../class/front/certificate.ts';
import { Desk } from '../../../class/front/desk.ts';
import { readLinks } from '../../../class/front/links.ts';
import { startFront } from '../../../class/front/server.ts';
import { readBar, readSchool, readSigning, readWall } from '../../../class/front/wall.ts';
import { Ways } from '../../../class/front/way.ts';
import { placesOf } from '../../../class/places.ts';
import { engineOf, existingClass, studentOf, withClassLock } from '../../../class/record.ts';
import { giveLabs, releaseLost } from '../../../class/run.ts';
import type { School } from '../../../class/school-settings.ts';
import { startForAll, wantLab } from '../../../class/start.ts';
import { type LabStatus, readState, readStatus } from '../../../class/state.ts';
import { readTalk } from '../../../class/talk.ts';
import { labNamed, readLabs } from '../../../exercises/guides/load.ts';
import { readAssets } from '../../../studio/assets.ts';
import { placeOf } from './links.ts';

export interface OpenOptions {
  class: string;
  host?: string;
  port: string;
  listen: string;
  cert?: string;
  key?: string;
  sshPort?: string;
  json?: boolean;
}

/** Seconds between two looks at the cluster. */
const EVERY = 3;

/** What the cluster and the jobs said last. */
interface Seen {
  labs: LabStatus[];
  at: number;
  problem?: string;
}

/** `lab class open`: the front, until Ctrl-C. Meanwhile labs of a lost server start again at once. */
export async function open(options: OpenOptions): Promise<number> {
  const place = placeOf(options);
  const { folder, settings } = await existingClass(options.class);
  const engine = engineOf(settings);
  const pair = await certificateFor(folder, place.host, options);
  const sshPort = options.sshPort === undefined ? undefined : placeOf({ port: options.sshPort }).port;
  let seen: Seen = { labs: [], at: 0 };
  const look = async () => {
    seen = await lookAt(folder, engine, seen);
  };
  await look();
  const labOf = (student: string) => seen.labs.find((lab) => lab.student === student);
  // By what was seen last: pages whose lab does not run ask again each second, and the cluster is not asked for each of them.
  const ways = new Ways(async (student) => {
    const { condition, job } = labOf(student) ?? {};
    const runs = condition === 'running' || condition === 'saving';
    return runs && job !== undefined
      ? inLab({ folder }, engine, { id: job, student }, ['stream'], false)
      : undefined;
  });
  const front = await startFront(
    { ...place, ...pair, listen: options.listen },
    {
      ...{ assets: readAssets(ROOT), wall: readWall(ROOT), bar: readBar(ROOT) },
      signing: readSigning(ROOT),
      links: cached(placesOf(folder).links, () => readLinks(folder)),
      connect: (student) => ways.connect(student),
      labs: () => ({ class: settings.name, now: Date.now(), ...seen }),
      desk: deskOf(folder, engine, labOf, sshPort),
      sessions: placesOf(folder).sessions,
      ...(settings.school ? { school: await schoolParts(folder, settings.school) } : {}),
    },
  );
  const ssh = sshPort === undefined ? undefined : await serveSsh(folder, options.listen, sshPort, ways);
  console.log(
    options.json
      ? JSON.stringify({ origin: front.origin })
      : say({
          en: `${front.origin} Ctrl-C ends the page; labs go on.`,
          fr: `${front.origin} Ctrl-C termine la page ; les labs continuent.`,
        }),
  );
  let going = true;
  process.removeAllListeners('SIGINT');
  process.removeAllListeners('SIGTERM');
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.on(signal, () => {
      going = false;
    });
  while (going) {
    for (let left = EVERY; left > 0 && going; left -= 0.5) await sleep(0.5);
    if (going) await look();
  }
  await ssh?.close();
  await ways.closeAll();
  await front.close();
  return 0;
}

/** So is what signs in through a school. */
async function schoolParts(folder: string, school: School): Promise<SchoolParts> {
  const { SchoolSignIn, countsAt } = await import('../../../class/front/school.ts');
  const record = cached(placesOf(folder).students, () => existingClass(folder));
  const students = async () => (await record()).students.map(({ id }) => id);
  const signIn = new SchoolSignIn(school, students);
  return {
    ...{ page: readSchool(ROOT), signIn },
    counts: async () => {
      const ids = await students();
      return (entered) => countsAt(school, ids, entered);
    },
  };
}

/** ssh is loaded where it is wished for. */
async function serveSsh(folder: string, listen: string, port: number, ways: Ways) {
  const { startSsh } = await import('../../../class/front/ssh.ts');
  const { hostKey, readKeys } = await import('../../../class/front/keys.ts');
  return startSsh(
    { listen, port, key: await hostKey(folder) },
    {
      keys: cached(placesOf(folder).keys, () => readKeys(folder)),
      connect: (student) => ways.connect(student),
    },
  );
}

/** Asks the cluster once for both: what is to be started again, and how all are. */
async function lookAt(folder: string, engine: ClusterEngine, before: Seen): Promise<Seen> {
  try {
    const record = await existingClass(folder);
    const jobs = await engine.list(record.settings.name);
    await releaseLost(record, engine, jobs);
    return { labs: await readStatus(record, engine, jobs), at: Date.now() };
  } catch (error) {
    // The cluster may be away for a while: what was seen last stays, with its time.
    return { ...before, problem: messageOf(error) };
  }
}

const deskOf = (
  folder: string,
  engine: ClusterEngine,
  lab: (student: string) => LabStatus | undefined,
  ssh: number | undefined,
): Desk =>
  new Desk({
    ...{ folder, lab },
    ...(ssh === undefined
      ? {}
      : {
          ssh,
          addKey: async (student, key) =>
            (await import('../../../class/front/keys.ts')).addKey(folder, student, key),
        }),
    talk: cached(placesOf(folder).talk, () => readTalk(folder)),
    resume: (student) =>
      withClassLock(folder, 'lab class open', async () => {
        const record = await existingClass(folder);
        // What it says now counts: it may have been ended for good, or be there again.
        if ((await readState(record, student)).state === 'idle')
          await giveLabs(record, engine, [studentOf(record, student)]);
      }),
    start: async (wish, to, told) => {
      const { id } = labNamed(readLabs(ROOT), wish);
      const { record, students } = await wantLab(folder, to, id);
      let done = 0;
      const { failed } = await startForAll(record, engine, students, id, {
        told: () => {
          done += 1;
          told(done, students.length);
        },
      });
      // Those that do not run begin there when they start.
      told(students.length - failed.length, students.length);
      return failed.map(({ student, why }) => `${student} (${why})`);
    },
    extend: async (minutes, to) => {
      const record = await existingClass(folder);
      return extendLabs(record, to?.map((id) => studentOf(record, id)) ?? record.students, minutes);
    },
  });
