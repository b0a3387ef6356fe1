import type { Engine } from '../../engines/engine.ts';
import { type AnyRole, readRoles } from '../../roles/roles.ts';
import type { Machine } from '../../topology/model.ts';
import { type WaitTools, waitForMachine } from './answer.ts';
import { NOT_RECORDED, type Recorder } from './timeline/recorder.ts';

/** The roles that a role waits for. */
export type After = (role: string) => string[];

/** `after` of the kit's roles. */
export function afterOf(root: string): After {
  const roles = readRoles(root);
  return (role) => roles.get(role as AnyRole)?.after ?? [];
}

/**
 * Machines in the order in which they should boot where not all can at once: those first for which most roles of other
 * machines wait, then those with most to do. Machines of the same kind follow each other, as they wait for each other.
 */
export function bootOrder<M extends { name: string; roles: string[] }>(machines: M[], after: After): M[] {
  const waiting = (machine: M): number =>
    machines
      .filter((other) => other.name !== machine.name)
      .flatMap((other) => other.roles.flatMap(after))
      .filter((role) => machine.roles.includes(role)).length;
  const weights = new Map(machines.map((machine) => [machine.name, waiting(machine)]));
  const weight = ({ name }: M): number => weights.get(name) ?? 0;
  return machines.toSorted((a, b) => weight(b) - weight(a) || b.roles.length - a.roles.length);
}

/**
 * Lets so many pieces of work run at a time (undefined: all); the others follow in the order in which they came. With boots
 * nobody waits for one that has no turn yet: no unit of a role is ordered before sshd, so a boot ends without other machines.
 */
export class Slots {
  private readonly queue: (() => void)[] = [];
  private free: number;

  constructor(count: number | undefined) {
    this.free = count ?? Number.POSITIVE_INFINITY;
  }

  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.free > 0) this.free -= 1;
    else await new Promise<void>((resolve) => this.queue.push(resolve));
    try {
      return await work();
    } finally {
      const next = this.queue.shift();
      if (next) next();
      else this.free += 1;
    }
  }
}

/**
 * Starts machines, as many at once as the engine says, and waits until each answers over ssh, `end` seconds at most; `tell` hears
 * what is waited for. All get their chance; the first error is thrown then.
 */
export async function bootInTurn(
  engine: Engine,
  machines: Machine[],
  after: After,
  {
    tell = () => undefined,
    recorder = NOT_RECORDED,
    ...tools
  }: WaitTools & { tell?: (machine: string, line: string) => void; recorder?: Recorder } = {},
): Promise<void> {
  const slots = new Slots(engine.bootsAtOnce);
  const boots = bootOrder(machines, after).map((machine) => {
    const work = { machine: machine.name, name: '' };
    const turnCame = recorder.begin({ ...work, kind: 'turn' });
    return slots.run(() => {
      turnCame();
      return recorder.during({ ...work, kind: 'boot' }, async () => {
        await engine.start(machine, (line) => tell(machine.name, line));
        const host = (await engine.sshHosts()).find((host) => host.Host === machine.name);
        if (!host) throw new Error(`no way by ssh to ${machine.name}`);
        await waitForMachine(engine, host, [], (line) => tell(machine.name, line), tools);
      });
    });
  });
  const failed = (await Promise.allSettled(boots)).find((result) => result.status === 'rejected');
  if (failed) throw failed.reason;
}
