import type { Text } from '../base/text.ts';
import type { PowerState, Traffic } from '../engines/engine.ts';
import type { SshHost } from '../remote/ssh.ts';
import { Channel } from './channel.ts';
import { apply } from './model/apply.ts';
import type { DrillHappening, Happening, LabEvent } from './model/event.ts';
import type { LabPlan } from './model/plan.ts';
import { type Broken, type LabState, type MachineState, NOTHING } from './model/state.ts';
import { isHeard } from './model/view.ts';

/** What a watcher asks the computer for. */
export interface Watched {
  root: string;
  /** Of the lab as it is now; undefined when it is no more. */
  plan: () => Promise<LabPlan | undefined>;
  states: () => Promise<Map<string, PowerState>>;
  /** ms between two questions to the engine. */
  statesEvery: number;
  /** What went over the machines' cables, and seconds of processors that they have taken, where the engine can tell. */
  traffic?: () => Map<string, Traffic>;
  processorTime?: () => Map<string, number>;
  /** ms between two looks at them, in the place of the usual ones. */
  looks?: { cables: number; processors: number };
  hosts: () => Promise<SshHost[]>;
  /** The command that changes the lab now. */
  command: () => Promise<string | undefined>;
  /** What is broken on purpose, if that is known. */
  broken?: () => Promise<Broken[]>;
  nic: string;
  timeoutFactor: number;
}

/** ms without a line after which a machine is not heard any more; it says something each second. */
const SILENT = 3000;
/** ms between two looks at the lab's lock and at who is silent. */
const LOOK = 500;

/** ms between two looks at the cables, and at the processors: that one looks at every process of the computer. */
const LOOKS = { cables: 1000, processors: 10_000 };

/** Watches a lab: makes the stream of its events, and its state of them. */
export class Watcher {
  state: LabState = NOTHING;
  private readonly channels = new Map<string, Channel>();
  private readonly listeners = new Set<(event: LabEvent) => void>();
  private readonly timers: NodeJS.Timeout[] = [];
  private command: string | undefined;
  private planned = '';
  private taken: { at: number; seconds: Map<string, number> } | undefined;
  private ended = false;

  constructor(private readonly watched: Watched) {}

  /** Begins; resolves once the lab's machines and their power are known. */
  async begin(): Promise<void> {
    await this.lookAtPlan();
    await this.lookAtPower();
    this.every(this.watched.statesEvery, () => this.lookAtPower());
    this.every(LOOK, async () => {
      this.lookForSilence();
      await this.lookAtBroken();
      await this.lookAtCommand();
    });
    const { traffic, processorTime, looks = LOOKS } = this.watched;
    if (traffic) this.every(looks.cables, async () => this.lookAtCables(traffic()));
    if (processorTime) this.every(looks.processors, async () => this.lookAtProcessors(processorTime()));
  }

  /** Calls `listener` with every event from now on; returns how to stop that. */
  listen(listener: (event: LabEvent) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** The state so far, as the event that a stream begins with. */
  snapshot(): LabEvent {
    const { state } = this;
    return { seq: state.seq, t: Date.now(), machine: '', source: 'watch', what: 'snapshot', state };
  }

  /** Puts an event of a command into the stream. */
  note(machine: string, code: string, text: string, words?: Text): void {
    this.tell(machine, Date.now(), { source: 'kit', what: 'note', code, text, ...(words ? { words } : {}) });
  }

  /** Puts what a drill tells of itself into the stream. */
  drill(happening: DrillHappening): void {
    this.tell('', Date.now(), happening);
  }

  /** Ends all that it began, and says so. */
  end(): void {
    if (this.ended) return;
    this.tell('', Date.now(), { source: 'watch', what: 'end' });
    this.ended = true;
    for (const timer of this.timers) clearInterval(timer);
    for (const channel of this.channels.values()) channel.end();
    this.channels.clear();
  }

  private tell(machine: string, t: number, happening: Happening): void {
    if (this.ended || tellsNothing(this.state.machines[machine], happening)) return;
    const event: LabEvent = { seq: this.state.seq + 1, t, machine, ...happening };
    this.state = apply(this.state, event);
    for (const listener of this.listeners) listener(event);
  }

  /** Repeats a look; one that takes long, or fails, is not overtaken by the next. */
  private every(ms: number, look: () => Promise<void>): void {
    let busy = false;
    const timer = setInterval(async () => {
      if (busy || this.ended) return;
      busy = true;
      try {
        await look();
      } catch {
        // The lab is being made or removed at this moment: the next look tells.
      } finally {
        busy = false;
      }
    }, ms);
    this.timers.push(timer);
  }

  private async lookAtPlan(): Promise<void> {
    const plan = await this.watched.plan();
    if (!plan) return this.end();
    const text = JSON.stringify(plan);
    if (text === this.planned) return;
    this.planned = text;
    this.tell('', Date.now(), { source: 'watch', what: 'plan', plan });
    for (const [name, channel] of this.channels) {
      channel.end();
      this.channels.delete(name);
    }
    for (const { name, roles, services } of plan.machines)
      this.channels.set(name, this.open(name, roles, services));
  }

  private open(machine: string, roles: string[], services: string[]): Channel {
    const { root, nic, timeoutFactor, hosts } = this.watched;
    return new Channel(machine, {
      ...{ root, nic, roles, services, timeoutFactor },
      host: async () => (await hosts()).find((host) => host.Host === machine),
      tell: (t, happening) => this.tell(machine, t, happening),
    });
  }

  private async lookAtPower(): Promise<void> {
    const states = await this.watched.states();
    for (const [name, channel] of this.channels) {
      const power = states.get(name) ?? 'absent';
      if (this.state.machines[name]?.power !== power)
        this.tell(name, Date.now(), { source: 'engine', what: 'power', power });
      channel.want(power === 'running' || power === 'frozen');
    }
  }

  /** What is told of the machines that have power; nothing where none has. */
  private ofRunning<T>(told: Map<string, T>): Record<string, T> | undefined {
    const running = [...told].filter(([name]) => {
      const power = this.state.machines[name]?.power;
      return power === 'running' || power === 'frozen';
    });
    return running.length > 0 ? Object.fromEntries(running) : undefined;
  }

  private lookAtCables(traffic: Map<string, Traffic>): void {
    const cables = this.ofRunning(traffic);
    if (cables) this.tell('', Date.now(), { source: 'engine', what: 'cables', cables });
  }

  private lookAtProcessors(seconds: Map<string, number>): void {
    const [at, before] = [Date.now(), this.taken];
    this.taken = { at, seconds };
    if (!before || at === before.at) return;
    const shares = [...seconds].flatMap(([name, now]): [string, number][] => {
      const then = before.seconds.get(name);
      // Of one that was started again since nothing can be told yet.
      if (then === undefined || now < then) return [];
      const share = (now - then) / ((at - before.at) / 1000);
      return [[name, Math.round(share * 1000) / 1000]];
    });
    const busy = this.ofRunning(new Map(shares));
    if (busy) this.tell('', at, { source: 'engine', what: 'busy', busy });
  }

  private lookForSilence(): void {
    const now = Date.now();
    for (const [name, channel] of this.channels) {
      const machine = this.state.machines[name];
      if (!isHeard(machine)) continue;
      const since = machine.heard ?? now;
      // A line that has ended says nothing any more; one that is there is given its time.
      if (channel.heard !== undefined && now - since < SILENT * this.watched.timeoutFactor) continue;
      this.tell(name, now, { source: 'channel', what: 'silent', since });
    }
  }

  /** One event for each fault that was made or undone. */
  private async lookAtBroken(): Promise<void> {
    const now = await this.watched.broken?.();
    if (!now) return;
    const same = (a: Broken) => (b: Broken) => JSON.stringify(a) === JSON.stringify(b);
    const known = this.state.broken ?? [];
    const gone = known.filter((one) => !now.some(same(one)));
    const made = now.filter((one) => !known.some(same(one)));
    for (const one of gone)
      this.tellBroken(one.machine, Date.now(), (others) => others.filter((other) => !same(one)(other)));
    for (const one of made)
      this.tellBroken(one.machine, Math.min(one.since, Date.now()), (others) => [...others, one]);
  }

  private tellBroken(machine: string, t: number, change: (broken: Broken[]) => Broken[]): void {
    this.tell(machine, t, { source: 'kit', what: 'broken', broken: change(this.state.broken ?? []) });
  }

  private async lookAtCommand(): Promise<void> {
    const command = await this.watched.command();
    if (command === this.command) return;
    const before = this.command;
    this.command = command;
    if (before) this.tell('', Date.now(), { source: 'kit', what: 'command', command: before, begun: false });
    if (command) this.tell('', Date.now(), { source: 'kit', what: 'command', command, begun: true });
    // What a command changed is known when it has ended: machines that came or went, or the lab itself.
    if (before) await this.lookAtPlan();
  }
}

/** Whether an answer is what is known already: machines are asked more often than they change. */
function tellsNothing(machine: MachineState | undefined, happening: Happening): boolean {
  const same = (a: unknown, b: unknown) => JSON.stringify(a) === JSON.stringify(b);
  switch (happening.what) {
    case 'services':
      return same(machine?.services, happening.services);
    case 'addresses':
      return same(machine?.addresses, happening.addresses);
    default:
      return false;
  }
}
