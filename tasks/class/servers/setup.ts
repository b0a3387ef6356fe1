import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { eachOf } from '../../base/each.ts';
import { LabError } from '../../base/errors.ts';
import { ROOT } from '../../base/paths.ts';
import { configurationOf } from './config.ts';
import { changesIn } from './problems.ts';
import type { OnServer } from './ssh.ts';
import { judgeTogether, numberOf, type Server, survey } from './survey.ts';

/** What is to be set up. */
export interface Wish {
  /** As ssh knows them; the first is the controller. */
  hosts: string[];
  /** The class's folder, on the store that all servers see. */
  folder: string;
  /** The Unix account that labs run as. */
  account: string;
  /** Where the servers have the kit. */
  kit: string;
}

/** What was done to a server. */
export interface Done {
  host: string;
  node: string;
  address: string;
  cores: number;
  /** MiB that labs may take. */
  memory: number;
  /** Files, packages, units and the account that were not so before; empty when all was. */
  changed: string[];
}

export interface SetUp {
  account: string;
  number: number;
  kit: string;
  servers: Done[];
  /** What is worth telling: nothing that keeps labs from running. */
  limits: Limit[];
}

/** A server whose control groups cannot keep a lab to its cores. */
export interface Limit {
  host: string;
  lacks: 'cpuset';
}

/** Servers that are worked on at once. */
const AT_ONCE = 8;

/** Seconds that a step may take. */
const SECONDS = { short: 300, store: 300, packages: 3600, start: 900, kit: 900 };

/** Seconds after which a server that does not take jobs is not waited for any more. */
const NODES_SECONDS = 300;

/** What a cluster of ours is called in Slurm: its classes have names of their own. */
const CLUSTER = 'lab';

const script = () => readFileSync(join(ROOT, 'tasks', 'class', 'servers', 'server.sh'), 'utf8');

/** Steps in the order in which they are done, for whoever shows them. */
export type Step = 'survey' | 'packages' | 'configure' | 'store' | 'start' | 'kit';

/**
 * Makes plain Debian servers a Slurm cluster with all that a class needs, over ssh. Whatever breaks off is gone on with by the next call;
 * where all is so already, nothing is changed. LabError for the first thing that cannot be: nothing is changed before all servers were asked what they are.
 */
export async function setUpServers(
  { hosts, folder, account, kit }: Wish,
  on: OnServer,
  archive: () => Promise<{ archive: Buffer; digest: string }>,
  told: (step: Step) => void = () => undefined,
): Promise<SetUp> {
  const server = script();
  told('survey');
  const found = new Map<string, Server & { controller: string }>();
  await eachOf(hosts, AT_ONCE, async (host) => {
    found.set(host, await survey(host, host === hosts[0], account, on));
  });
  const servers = hosts.flatMap((host) => found.get(host) ?? []);
  const [first] = servers;
  if (!first) throw new Error('no server');
  judgeTogether(servers, account);
  const number = numberOf(servers, account);
  const changed = new Map<string, string[]>(hosts.map((host) => [host, []]));

  /** Has a verb of server.sh done, and keeps what it changed; returns what it printed. */
  const run = async (host: string, words: string[], seconds: number, input: Buffer | string = '') => {
    const ended = await on(host, { script: server, words, input, seconds });
    changed.get(host)?.push(...changesIn(host, ended));
    return ended.stdout;
  };

  told('packages');
  await eachOf(servers, AT_ONCE, async ({ host, missing }) => {
    if (missing.length > 0) await run(host, ['packages', ...missing], SECONDS.packages);
  });

  told('configure');
  const key = (await run(first.host, ['key'], SECONDS.short)).trim();
  if (!/^[A-Za-z0-9+/]{40,}={0,2}$/.test(key)) throw noKey(first.host);
  const { slurm, groups } = configurationOf(CLUSTER, servers);
  const input = [key, ...[slurm, groups].map((text) => Buffer.from(text).toString('base64')), ''].join('\n');
  await eachOf(servers, AT_ONCE, async ({ host }) => {
    await run(host, ['configure', account, String(number)], SECONDS.short, input);
  });

  told('store');
  const line = `${randomUUID()}\n`;
  await run(first.host, ['folder', folder, account], SECONDS.store, line);
  try {
    await eachOf(servers.slice(1), AT_ONCE, async ({ host }) => {
      await run(host, ['look', folder, account], SECONDS.store, line);
    });
  } finally {
    await run(first.host, ['unlook', folder, account], SECONDS.store);
  }

  told('start');
  await run(first.host, ['start', 'munge', 'slurmctld', 'slurmd'], SECONDS.start);
  await eachOf(servers.slice(1), AT_ONCE, async ({ host }) => {
    await run(host, ['start', 'munge', 'slurmd'], SECONDS.start);
  });
  await run(first.host, ['nodes', String(servers.length), String(NODES_SECONDS)], NODES_SECONDS + 60);

  told('kit');
  const copy = await archive();
  await eachOf(servers, AT_ONCE, async ({ host }) => {
    const has = (await run(host, ['has-kit', kit, copy.digest], SECONDS.short)).trim();
    if (has === 'missing') await run(host, ['take-kit', kit, copy.digest], SECONDS.kit, copy.archive);
  });
  return {
    ...{ account, number, kit },
    servers: servers.map(({ host, node, address, cores, room }) => ({
      ...{ host, node, address, cores, memory: room, changed: changed.get(host) ?? [] },
    })),
    limits: servers.flatMap(({ host, cores, controllers }) =>
      cores > 1 && !controllers.includes('cpuset') ? [{ host, lacks: 'cpuset' as const }] : [],
    ),
  };
}

/** Runs a command of the kit on a server as the account; what it printed. LabError with its last lines when it fails. */
export async function labOn(
  on: OnServer,
  { host, account, kit }: { host: string; account: string; kit: string },
  words: string[],
): Promise<string> {
  const ended = await on(host, {
    ...{ script: script(), words: ['as', account, 'node', `${kit}/bin/lab.js`, ...words], seconds: 300 },
  });
  if (ended.code === 0) return ended.stdout;
  const said = ended.stderr.trim().split('\n').slice(-6);
  throw new LabError(
    {
      en: `The servers are set up, but the class could not be made on ${host}.`,
      fr: `Les serveurs sont prêts, mais la classe n'a pas pu être créée sur ${host}.`,
    },
    {
      en: `change what it says, and repeat the command.`,
      fr: `changez ce qu'il dit, et relancez la commande.`,
    },
    said,
  );
}

const noKey = (host: string): LabError =>
  new LabError(
    { en: `${host} has no munge key that could be shared.`, fr: `${host} n'a pas de clé munge à partager.` },
    {
      en: 'remove /etc/munge/munge.key there and repeat the command: another one is made.',
      fr: 'supprimez-y /etc/munge/munge.key et relancez la commande : une autre est créée.',
    },
  );
