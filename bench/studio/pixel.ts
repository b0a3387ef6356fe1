import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Page } from 'playwright-core';
import type { Engine } from '../../tasks/engines/engine.ts';
import { hostNamed, runRemote, sshArguments } from '../../tasks/remote/ssh.ts';
import { machineNamed, type Topology } from '../../tasks/topology/model.ts';
import { ms, pause, quantile, type Row } from './measure.ts';

/** ms that a change is waited for. */
const PATIENCE = 60_000;
const FRONT = '10.0.2.10';

/** From an event to the picture: each at its own time, so that nothing of the watcher's rhythm is met again and again. */
export interface Bench {
  page: Page;
  engine: Engine;
  topology: Topology;
  samples: number;
  note: (line: string) => void;
}

/**
 * When an expression has become true in the page and that was painted: ms since 1970. Looked at whenever the page has changed; the
 * message after a frame's callbacks comes when the frame was drawn.
 */
const painted = (page: Page, expression: string): Promise<number> =>
  page.evaluate<number>(`new Promise((resolve, reject) => {
    const late = setTimeout(() => reject(new Error('not seen')), ${PATIENCE});
    const now = () => performance.timeOrigin + performance.now();
    const look = () => {
      if (!(${expression})) return false;
      observer.disconnect();
      clearTimeout(late);
      requestAnimationFrame(() => {
        const { port1, port2 } = new MessageChannel();
        port1.onmessage = () => resolve(now());
        port2.postMessage(0);
      });
      return true;
    };
    const observer = new MutationObserver(look);
    observer.observe(document.body, { subtree: true, childList: true, attributes: true, characterData: true });
    look();
  })`);

const label = (machine: string, words: string) =>
  `document.querySelector('[data-machine=${machine}]').getAttribute('aria-label').includes(${JSON.stringify(words)})`;
const heldBy = (address: string, machine: string) =>
  `document.querySelector('[data-address="${address}"]').getAttribute('aria-label').endsWith('● ${machine}')`;
const somewhere = () => pause(500 + Math.random() * 1000);

const row = (what: string, target: number, values: number[], how: string): Row => ({
  ...{ what, how, target: `p95 ≤ ${target} ms`, kept: quantile(values, 0.95) <= target },
  found: `${ms(quantile(values, 0.95))} (median ${ms(quantile(values, 0.5))}, most ${ms(Math.max(...values))}, ${values.length} times)`,
});

/** A machine whose processor is stopped and goes on: seen by the same look as one whose power is cut, and quick to repeat. */
export async function powerToPixel({ page, engine, topology, samples, note }: Bench): Promise<Row> {
  const machine = machineNamed(topology, 'client');
  const values: number[] = [];
  for (let count = 0; count < samples; count += 1) {
    await somewhere();
    const seen = painted(page, label('client', 'frozen'));
    await pause(20);
    // Its signals are sent before it first waits.
    const stopped = engine.freeze(machine);
    const at = Date.now();
    await stopped;
    values.push((await seen) - at);
    const back = painted(page, label('client', 'running'));
    await engine.thaw(machine);
    await back;
  }
  note(`power to pixel: ${values.map(Math.round).join(' ')}`);
  return row('power: event to pixel', 300, values, 'client stopped from outside');
}

/** The power of a machine cut indeed; `start` has it there again. */
export async function cutToPixel(
  { page, engine, topology, note }: Bench,
  times: number,
  start: () => Promise<unknown>,
): Promise<Row> {
  const machine = machineNamed(topology, 'client');
  const values: number[] = [];
  for (let count = 0; count < times; count += 1) {
    await somewhere();
    const seen = painted(page, label('client', ', off'));
    await pause(20);
    const cut = engine.powerOff(machine);
    const at = Date.now();
    values.push((await seen) - at);
    await cut;
    await start();
    await painted(page, label('client', 'running'));
  }
  note(`cut to pixel: ${values.map(Math.round).join(' ')}`);
  return row('power cut: event to pixel', 300, values, 'client without power');
}

/** The front address, moved by its holder's keepalived being stopped; the machine that takes it says when the kernel had it. */
export async function moveToPixel(bench: Bench): Promise<Row> {
  const { page, engine, samples, note } = bench;
  const hosts = await engine.sshHosts();
  const on = (machine: string, command: string) =>
    runRemote(hostNamed(hosts, machine), command, { timeout: 60 });
  const monitors = new Map(['lb1', 'lb2'].map((name) => [name, new Addresses(hostNamed(hosts, name))]));
  const values: number[] = [];
  try {
    await pause(3000);
    for (let count = 0; count < samples; count += 1) {
      await somewhere();
      const text = await page.getAttribute(`[data-address="${FRONT}"]`, 'aria-label');
      const holder = /● (lb\d)$/.exec(text ?? '')?.[1] ?? '';
      const other = holder === 'lb1' ? 'lb2' : 'lb1';
      const seen = painted(page, heldBy(FRONT, other));
      const added = monitors.get(other)?.next(FRONT);
      await on(holder, 'systemctl stop keepalived');
      const at = await added;
      const shown = await seen;
      if (at !== undefined) values.push(shown - at);
      await on(holder, 'systemctl start keepalived');
      await pause(4000);
    }
  } finally {
    for (const monitor of monitors.values()) monitor.end();
  }
  note(`move to pixel: ${values.map(Math.round).join(' ')}`);
  return row(
    'address move: event to pixel',
    200,
    values,
    'front address, by the time of the kernel that got it',
  );
}

/** The machine's own time of each address that it gets (machines of uml have this computer's clock). */
class Addresses {
  private readonly child: ChildProcess;
  private wanted: { address: string; resolve: (at: number) => void } | undefined;

  constructor(host: Parameters<typeof sshArguments>[0]) {
    this.child = spawn(
      'ssh',
      [
        '-o',
        'ControlMaster=no',
        '-o',
        'ControlPath=none',
        ...sshArguments(host),
        'ip -o -4 monitor address | while read -r line; do echo "$EPOCHREALTIME $line"; done',
      ],
      { stdio: ['pipe', 'pipe', 'ignore'] },
    );
    if (!this.child.stdout) return;
    createInterface({ input: this.child.stdout }).on('line', (line) => {
      const [, clock, rest = ''] = /^([\d.]+) (.*)$/.exec(line) ?? [];
      if (!this.wanted || rest.startsWith('Deleted') || !rest.includes(` ${this.wanted.address}/`)) return;
      this.wanted.resolve(Number(clock) * 1000);
      this.wanted = undefined;
    });
  }

  next(address: string): Promise<number> {
    return new Promise((resolve) => {
      this.wanted = { address, resolve };
    });
  }

  end(): void {
    this.child.kill();
  }
}

/** A line of the journal that the picture tells of, by the machine's time just before it is written. */
export async function journalToPixel({ page, engine, samples, note }: Bench): Promise<Row> {
  const host = hostNamed(await engine.sshHosts(), 'web1');
  const values: number[] = [];
  for (let count = 0; count < samples; count += 1) {
    await somewhere();
    const word = `bench${count}x${Math.floor(Math.random() * 1e6)}`;
    const seen = painted(page, `document.querySelector('[role=log]').textContent.includes('${word}')`);
    const said = await runRemote(
      host,
      `echo "$EPOCHREALTIME"; exec logger -t haproxy 'backend ${word} has no server available!'`,
      { timeout: 60 },
    );
    values.push((await seen) - Number(said.stdout) * 1000);
  }
  note(`journal to pixel: ${values.map(Math.round).join(' ')}`);
  return row(
    'journal: event to pixel',
    400,
    values,
    'a line of web1, with the start of the program that writes it',
  );
}
