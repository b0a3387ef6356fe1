import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type ProcessRef, stateOf } from '../../base/process.ts';
import type { Topology } from '../../topology/model.ts';
import { INSIDE, type PowerSwitchState } from '../engine.ts';
import type { EnvironmentNamespace } from './namespace.ts';
import { killTree, startDetached } from './processes.ts';

/** Machines whose power may be cut through the power switch: those that must not both serve one disk. */
export function fencedMachines({ machines }: Pick<Topology, 'machines'>): string[] {
  const names = machines.flatMap(({ name, roles }) => (roles.includes('storage') ? [name] : []));
  return names.length > 1 ? names : [];
}

/** The lab's power switch (power-switch.sh): a process in its namespaces that lives as long as they do. */
export class PowerSwitch {
  private readonly processFile: string;
  /** There while the power switch itself is broken. */
  private readonly brokenFile: string;
  private readonly outlets: string;

  /** `run`: where the engine keeps what lives as long as the machines run. `keyFile`: what both ends know. */
  constructor(
    private readonly run: string,
    private readonly keyFile: string,
    private readonly scripts: string,
    private readonly namespace: EnvironmentNamespace,
    private readonly topology: Pick<Topology, 'machines' | 'network'>,
  ) {
    this.processFile = join(run, 'power-switch.json');
    this.brokenFile = join(run, 'power-switch.broken');
    this.outlets = join(run, 'outlets');
  }

  /** File that says what was last done to a machine's outlet; absent: nothing since it was started. */
  outlet(machine: string): string {
    return join(this.outlets, machine);
  }

  /** Starts it, unless it works, is broken, or there is nothing to fence. */
  async ensure(): Promise<void> {
    if (fencedMachines(this.topology).length === 0 || this.ref() || existsSync(this.brokenFile)) return;
    const args = [
      ...this.namespace.enter(),
      ...['bash', join(this.scripts, 'power-switch.sh'), 'listen'],
      ...[this.topology.network.host, String(INSIDE.uml.powerSwitch), this.keyFile, this.outlets],
      ...fencedMachines(this.topology),
    ];
    const ref = startDetached('nsenter', args, join(this.run, 'power-switch.log'));
    writeFileSync(this.processFile, JSON.stringify(ref));
  }

  /** Breaks and mends it. */
  async set(works: boolean): Promise<void> {
    if (works) {
      rmSync(this.brokenFile, { force: true });
      return this.ensure();
    }
    writeFileSync(this.brokenFile, '');
    const ref = this.ref();
    if (ref) await killTree(ref);
  }

  /** Undefined where the lab has none, or nothing of it runs. */
  state(): PowerSwitchState | undefined {
    if (fencedMachines(this.topology).length === 0 || !this.namespace.holder()) return undefined;
    const off = existsSync(this.outlets)
      ? readdirSync(this.outlets).filter((name) => readFileSync(this.outlet(name), 'utf8').startsWith('off'))
      : [];
    return { works: this.ref() !== undefined, off };
  }

  private ref(): ProcessRef | undefined {
    if (!existsSync(this.processFile)) return undefined;
    const ref = JSON.parse(readFileSync(this.processFile, 'utf8')) as ProcessRef;
    return stateOf(ref) === 'gone' ? undefined : ref;
  }
}
