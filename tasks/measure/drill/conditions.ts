import { cpus, loadavg } from 'node:os';
import type { DrillResult } from './model.ts';
import type { Axis, Note } from './samples.ts';

const EVERY_MS = 100;
/** This process was not run for so long, although it asked to be: the computer is too busy to be believed, ms. */
const STALL_MS = 300;

/** Idle and all processor time since boot, ms. */
function times(): { idle: number; all: number } {
  let idle = 0;
  let all = 0;
  for (const { times } of cpus()) {
    idle += times.idle;
    all += times.user + times.nice + times.sys + times.irq + times.idle;
  }
  return { idle, all };
}

/** Watches the computer that runs the lab: how busy it is, and when it stood still. */
export class Watch {
  private readonly busy: { now: number; share: number }[] = [];
  private readonly stalls: { now: number; seconds: number }[] = [];
  private readonly load = loadavg()[0] ?? 0;
  private readonly timer: NodeJS.Timeout;

  constructor() {
    let before = times();
    let told = Date.now();
    let last = performance.now();
    this.timer = setInterval(() => {
      const now = performance.now();
      const late = now - last - EVERY_MS;
      last = now;
      if (late > STALL_MS) this.stalls.push({ now: Date.now() - late, seconds: late / 1000 });
      if (Date.now() - told < 1000) return;
      told = Date.now();
      const after = times();
      const all = after.all - before.all;
      if (all > 0) this.busy.push({ now: told, share: 1 - (after.idle - before.idle) / all });
      before = after;
    }, EVERY_MS);
  }

  stop(): void {
    clearInterval(this.timer);
  }

  /** What was seen, together with what the client saw of itself, on the sampler's axis. */
  conditions(axis: Axis, notes: Note[]): DrillResult['conditions'] {
    const round = (value: number) => Math.round(value * 1000) / 1000;
    return {
      load: round(this.load),
      processors: cpus().length,
      busy: this.busy.map(({ now, share }) => ({ at: axis.at(now), share: round(share) })),
      stalls: [
        ...notes.flatMap((note) =>
          note.t === 'stall' ? [{ at: note.at, seconds: note.seconds, where: 'client' as const }] : [],
        ),
        ...this.stalls.map(({ now, seconds }) => ({
          at: axis.at(now),
          seconds: round(seconds),
          where: 'computer' as const,
        })),
      ].sort((a, b) => a.at - b.at),
      jumps: notes.flatMap((note) => (note.t === 'jump' ? [{ at: note.at, seconds: note.seconds }] : [])),
    };
  }
}
