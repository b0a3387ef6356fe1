import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { poll } from '../../base/poll.ts';
import type { Text } from '../../base/text.ts';
import { quote, type Remote } from '../../remote/ssh.ts';
import { timeoutFactorOf } from '../../roles/timers.ts';
import { type Machine, machinesOf } from '../../topology/model.ts';
import { runInShell } from './machines.ts';
import type { LabSession } from './session.ts';

type Session = Pick<LabSession, 'engine' | 'environment'>;

/** Seconds of the fast timers in which databases find together by themselves where they can. */
const ALONE = 20;
/** The same that the start of a database may take. */
const START = 120;
const EVERY = 2;

/** How far a database's data goes, by its own word. */
export interface Position {
  machine: string;
  /** Of the group's history. */
  uuid: string;
  seqno: number;
}

/** What a machine says of its position; undefined when that is none. What a machine prints is data. */
export function positionIn(
  machine: string,
  { code, stdout }: Pick<Remote, 'code' | 'stdout'>,
): Position | undefined {
  const [, uuid, seqno] = /^([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}) (\d{1,15})$/m.exec(stdout) ?? [];
  return code === 0 && uuid && seqno ? { machine, uuid, seqno: Number(seqno) } : undefined;
}

/** The one that begins the group: it goes furthest, the first of equals. Undefined where their histories are not one. */
export function furthest(positions: Position[]): Position | undefined {
  const [first] = positions;
  if (!first || positions.some(({ uuid }) => uuid !== first.uuid)) return undefined;
  return positions.reduce((best, one) => (one.seqno > best.seqno ? one : best));
}

/**
 * Brings the databases of a student back that all started at once and wait for a group which none of them has: the machines were started
 * by the kit, and somebody has to decide which database begins (lab 05). Does what its guide says: the one whose data goes furthest begins,
 * the others join. Returns what was done, to be said; undefined where nothing had to be, or must not: a database cannot be
 * asked, or two have different histories.
 */
export async function regroup(
  session: Session,
  { every, alone }: { every: number; alone: number } = { every: EVERY, alone: ALONE },
): Promise<Text | undefined> {
  const { topology } = session.environment;
  const databases = await running(session, machinesOf(topology, 'database'));
  if (!databases) return undefined;
  const script = readFileSync(join(session.environment.root, 'tasks/exercises/session/regroup.sh'), 'utf8');
  const on = (machine: string, word: string, timeout?: number) =>
    runInShell(session, machine, `bash -c ${quote(script)} regroup ${word}`, timeout);
  const ask = () =>
    Promise.all(
      databases.map(async ({ name }) => ({ name, state: (await on(name, 'state')).stdout.trim() })),
    );
  const known = ({ state }: { state: string }) => state === 'up' || state === 'none';
  const states = await poll(ask, (all) => all.every(known) || all.some(({ state }) => state === 'up'), {
    ...{ every, seconds: alone * timeoutFactorOf(session.environment) },
  });
  const lost = states.filter(({ state }) => state === 'lost').map(({ name }) => name);
  if (lost.length === 0 || states.some(({ state }) => state !== 'lost' && state !== 'none')) return undefined;
  const positions = await Promise.all(
    lost.map(async (name) => positionIn(name, await on(name, 'where', START))),
  );
  const told = positions.filter((position) => position !== undefined);
  const first = told.length === lost.length ? furthest(told) : undefined;
  const others = lost.filter((name) => name !== first?.machine);
  if (first && (await on(first.machine, 'begin', START)).code !== 0) return undefined;
  // Also where nobody may begin: they wait again, as they did.
  for (const name of others) await on(name, first ? 'join' : 'wait', START);
  if (!first) return undefined;
  const voters = (await running(session, machinesOf(topology, 'arbitrator'))) ?? [];
  await Promise.all(voters.map(({ name }) => on(name, 'vote')));
  return saidOf(first, others);
}

/** Machines that run; undefined when one of them does not. */
async function running({ engine }: Session, machines: Machine[]): Promise<Machine[] | undefined> {
  const states = await engine.states();
  return machines.length > 0 && machines.every(({ name }) => states.get(name) === 'running')
    ? machines
    : undefined;
}

const saidOf = ({ machine, seqno }: Position, others: string[]): Text => {
  const [en, fr] = [others.join(' and '), others.join(' et ')];
  return {
    en: `All databases had stopped at once: ${machine}, whose data goes furthest (seqno ${seqno}), began their group again${en ? `, and ${en} joined` : ''}.`,
    fr: `Toutes les bases s'étaient arrêtées en même temps : ${machine}, dont les données vont le plus loin (seqno ${seqno}), a recommencé leur groupe${fr ? `, et ${fr} l'a rejoint` : ''}.`,
  };
};
