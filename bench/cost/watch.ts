import { readFileSync } from 'node:fs';
import type { Engine } from '../../tasks/engines/engine.ts';
import { openEngine } from '../../tasks/environment/open-engine.ts';
import { existingEnvironment } from '../../tasks/environment/record.ts';
import { runRemote, type SshHost } from '../../tasks/remote/ssh.ts';
import { between, COUNTERS, type Counters, parseCounters } from './counters.ts';
import { countOn, type Start } from './starts.ts';

/** What one part of the measurement cost. */
export interface Part {
  what: string;
  seconds: number;
  /** Exit code of what was run. */
  code: number;
  machines: Record<string, MachineCost>;
  /** Of the whole computer, everything that ran on it included. */
  computer: Counters;
  /** What was started, by machine; undefined when it was not counted. */
  starts?: Record<string, Start[]>;
  /** Machines that booted: processes that had been started before counting began, of those above. */
  before?: Record<string, number>;
}

export interface MachineCost extends Counters {
  /** Processor seconds of the computer that the machine took; undefined when the engine cannot tell. */
  host?: number;
}

const here = () =>
  parseCounters(`${readFileSync('/proc/stat', 'latin1')}${readFileSync('/proc/vmstat', 'latin1')}`);

/** Seconds until a machine must have told its counters. */
const TIMEOUT = 120;

async function read(host: SshHost): Promise<Counters> {
  const result = await runRemote(host, COUNTERS, { timeout: TIMEOUT });
  if (result.code !== 0) throw new Error(`${host.Host}: ${result.code} ${result.stderr}`);
  return parseCounters(result.stdout);
}

async function everywhere<T>(
  hosts: SshHost[],
  work: (host: SshHost) => Promise<T>,
): Promise<Record<string, T>> {
  return Object.fromEntries(
    await Promise.all(hosts.map(async (host) => [host.Host, await work(host)] as const)),
  );
}

async function openLab(name: string): Promise<{ engine: Engine; hosts: SshHost[] }> {
  const engine = await openEngine(await existingEnvironment(name));
  return { engine, hosts: await engine.sshHosts() };
}

type Work = () => Promise<{ code: number }>;

/** What `work` costs on a lab that runs, all of its machines, before and after. */
export async function duringRun(
  what: string,
  name: string,
  program: Buffer | undefined,
  work: Work,
): Promise<Part> {
  const { engine, hosts } = await openLab(name);
  const stops = program && (await everywhere(hosts, (host) => countOn(host, program)));
  const first = await everywhere(hosts, read);
  const second = await everywhere(hosts, read);
  const computer = here();
  const taken = engine.processorTime?.();
  const since = Date.now();
  const { code } = await work();
  const seconds = (Date.now() - since) / 1000;
  const takenAfter = engine.processorTime?.();
  const computerAfter = here();
  const third = await everywhere(hosts, read);
  const starts = stops && (await everywhere(hosts, async (host) => (await stops[host.Host]?.()) ?? []));
  const machines = await everywhere(hosts, async ({ Host }) => {
    const [one, two, three] = [first[Host], second[Host], third[Host]];
    if (!one || !two || !three) throw new Error(Host);
    const host = (takenAfter?.get(Host) ?? Number.NaN) - (taken?.get(Host) ?? Number.NaN);
    return { ...between([one, two, three]), ...(Number.isNaN(host) ? {} : { host }) };
  });
  return {
    what,
    seconds,
    code,
    machines,
    computer: between([computer, computer, computerAfter]),
    ...(starts ? { starts } : {}),
  };
}

/** What `work` costs, which boots all machines: theirs is what they counted since. */
export async function duringBoot(what: string, name: string, work: Work): Promise<Part> {
  const computer = here();
  const since = Date.now();
  const { code } = await work();
  const seconds = (Date.now() - since) / 1000;
  const computerAfter = here();
  const { engine, hosts } = await openLab(name);
  const taken = engine.processorTime?.();
  const counted = await everywhere(hosts, read);
  const machines = await everywhere(hosts, async ({ Host }) => {
    const [counters, host] = [counted[Host], taken?.get(Host)];
    if (!counters) throw new Error(Host);
    return { ...counters, ...(host === undefined ? {} : { host }) };
  });
  return { what, seconds, code, machines, computer: between([computer, computer, computerAfter]) };
}

/** Seconds between two questions whether a machine answers: each starts programs on the computer. */
const ASK_SECONDS = 2;

/**
 * What machines start while `work` boots them, from the moment on in which each answers. Asking costs processes of its own, on
 * the computer and in the machines: what `duringBoot` counts is counted another time, without it.
 */
export async function startsOfBoot(
  name: string,
  program: Buffer,
  work: Work,
): Promise<Required<Pick<Part, 'starts' | 'before'>>> {
  let done = false;
  const pause = () => new Promise((resolve) => setTimeout(resolve, ASK_SECONDS * 1000));
  const before: Record<string, number> = {};
  const counting: Promise<[string, Start[]]>[] = [];
  let finished = (): void => undefined;
  const end = new Promise<void>((resolve) => {
    finished = resolve;
  });

  /** Waits until the machine answers, then counts until the work is done. */
  async function count(host: SshHost, engine: Engine): Promise<[string, Start[]]> {
    for (;;) {
      const running = (await engine.states()).get(host.Host) === 'running';
      if (running && (await runRemote(host, 'true', { timeout: 10 })).code === 0) break;
      if (done) return [host.Host, []];
      await pause();
    }
    const stop = await countOn(host, program);
    before[host.Host] = (await read(host)).processes;
    await end;
    return [host.Host, await stop()];
  }

  const working = work().finally(() => {
    done = true;
    finished();
  });
  working.catch(() => undefined);
  // A lab that is made for the first time exists only a moment later.
  while (!done && counting.length === 0) {
    const lab = await openLab(name).catch(() => undefined);
    if (lab) counting.push(...lab.hosts.map((host) => count(host, lab.engine)));
    else await pause();
  }
  const starts = Object.fromEntries(await Promise.all(counting));
  await working;
  return { starts, before };
}
