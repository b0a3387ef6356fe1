import { readFileSync } from 'node:fs';
import { CLOCK, type Clock } from '../../../base/progress-wait.ts';
import type { Engine } from '../../../engines/engine.ts';
import type { BootFacts, Line, Recording, Sample, Span } from './model.ts';

/** What work is, apart from its times. */
export type Work = Omit<Span, 'from' | 'to' | 'failed'>;

/** Records when what was done. */
export interface Recorder {
  /** Does the work and records it, also when it fails. */
  during<T>(work: Work, run: () => Promise<T>): Promise<T>;
  /** Begins to record work; its end is told by what it returns. */
  begin(work: Work): (failed?: boolean) => void;
  line(machine: string, role: string, text: string): void;
}

/** Records nothing. */
export const NOT_RECORDED: Recorder = {
  during: (_, run) => run(),
  begin: () => () => undefined,
  line: () => undefined,
};

/** Seconds between two looks at the processor time of machines: each reads the list of processes. */
const LOOK = 1;

/** Ticks of /proc/stat per second (proc(5), USER_HZ). */
const HZ = 100;

/** Processor seconds that the whole computer has worked since it started; undefined on systems without /proc. */
function computerSeconds(): number | undefined {
  try {
    const [, ...ticks] = (readFileSync('/proc/stat', 'latin1').split('\n')[0] ?? '').split(/\s+/).map(Number);
    // user nice system (idle iowait) irq softirq
    return [0, 1, 2, 5, 6].reduce((sum, index) => sum + (ticks[index] ?? 0), 0) / HZ;
  } catch {
    return undefined;
  }
}

const kitSeconds = () => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
};

/** Records from now on, until it is told to stop. */
export class TimelineRecorder implements Recorder {
  private readonly began = new Date().toISOString();
  private readonly zero: number;
  private readonly spans: Span[] = [];
  private readonly open = new Set<Span>();
  private readonly lines: Line[] = [];
  private readonly samples: Sample[] = [];
  private readonly computer = computerSeconds();
  private readonly kit = kitSeconds();
  private timer: NodeJS.Timeout | undefined;
  private engine: Pick<Engine, 'processorTime'> | undefined;

  constructor(private readonly clock: Clock = CLOCK) {
    this.zero = clock.now();
  }

  /** Seconds since the recording began. */
  now(): number {
    return this.clock.now() - this.zero;
  }

  /** Looks at the machines' processor time from now on, once a second. */
  watch(engine: Pick<Engine, 'processorTime'>): void {
    this.engine = engine;
    this.look();
    this.timer = setInterval(() => this.look(), LOOK * 1000);
    this.timer.unref();
  }

  private look(): void {
    const taken = this.engine?.processorTime?.();
    if (taken) this.samples.push({ at: this.now(), taken: Object.fromEntries(taken) });
  }

  begin(work: Work): (failed?: boolean) => void {
    const span: Span = { ...work, from: this.now(), to: this.now() };
    this.open.add(span);
    return (failed = false) => {
      if (!this.open.delete(span)) return;
      span.to = this.now();
      this.spans.push(failed ? { ...span, failed } : span);
    };
  }

  async during<T>(work: Work, run: () => Promise<T>): Promise<T> {
    const end = this.begin(work);
    try {
      const result = await run();
      end();
      return result;
    } catch (error) {
      end(true);
      throw error;
    }
  }

  line(machine: string, role: string, text: string): void {
    this.lines.push({ machine, role, text, at: this.now() });
  }

  /** Ends the recording. What has not ended yet is cut off here, and counts as failed. */
  stop(): Omit<Recording, 'boots'> {
    clearInterval(this.timer);
    this.look();
    for (const span of [...this.open]) {
      this.open.delete(span);
      this.spans.push({ ...span, to: this.now(), failed: true });
    }
    const computer = computerSeconds();
    return {
      began: this.began,
      seconds: this.now(),
      spans: this.spans.toSorted((a, b) => a.from - b.from || a.to - b.to),
      lines: this.lines,
      samples: this.samples,
      ...(computer !== undefined && this.computer !== undefined
        ? { computer: computer - this.computer }
        : {}),
      kit: kitSeconds() - this.kit,
    };
  }
}

/** A recording with what the machines said of their boots. */
export const withBoots = (
  recorded: Omit<Recording, 'boots'>,
  boots: Record<string, BootFacts>,
): Recording => ({
  ...recorded,
  boots,
});
