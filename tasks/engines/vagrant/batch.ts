import { sleep } from '../../base/poll.ts';

/** Seconds in which calls count as one: the callers start their machines in parallel, hence in the same moment. */
const WINDOW = 0.03;

/**
 * Collects calls that come together and does their work at once, one batch after the other. A `vagrant up` for seven
 * machines costs little more than for one, and two of them in the same folder would wait for each other anyway.
 */
export class Batch<Item> {
  private waiting: Item[] = [];
  private current: Promise<void> | undefined;
  private last: Promise<void> = Promise.resolve();

  constructor(private readonly work: (items: Item[]) => Promise<void>) {}

  /** Settles when the batch that holds the item is done; a failing batch fails for all its items. */
  add(item: Item): Promise<void> {
    this.waiting.push(item);
    this.current ??= this.next();
    return this.current;
  }

  private async next(): Promise<void> {
    const before = this.last;
    await sleep(WINDOW);
    await before.catch(() => undefined);
    const items = this.waiting;
    this.waiting = [];
    this.current = undefined;
    const done = this.work(items);
    this.last = done;
    await done;
  }
}
