import { connect, type Socket } from 'node:net';
import type { DrillHead, Visit } from './model/drill.ts';
import type { DrillHappening } from './model/event.ts';
import { watcherSocket } from './place.ts';

/** ms between two tries to reach a watcher. */
const AGAIN = 1000;
/** Requests in one line, and bytes that may wait for a watcher that reads slowly: what comes then is left out. */
const AT_ONCE = 200;
const WAITING = 1 << 20;

/**
 * The line of a drill to those who look at its lab: what it tells goes to the watcher, if one runs, and is nobody's otherwise. A watcher that
 * comes later gets what the drill is, and the requests from then on. Never throws, and holds nothing up.
 */
export class Telling {
  private socket: Socket | undefined;
  private tried = 0;
  private head: DrillHead | undefined;

  /** `folder`: the lab's (.lab/NAME), absolute. */
  constructor(private readonly folder: string) {}

  /** What the drill is now. */
  drill(head: DrillHead): void {
    this.head = head;
    if (this.reach()) this.write({ source: 'drill', what: 'drill', drill: head });
  }

  visits(visits: Visit[]): void {
    if (!this.reach()) return;
    // None at all is told, too: that nothing is answered is what there is to see.
    for (let from = 0; from === 0 || from < visits.length; from += AT_ONCE)
      this.write({ source: 'drill', what: 'visits', visits: visits.slice(from, from + AT_ONCE) });
  }

  /** Ends it once all is sent. */
  async end(): Promise<void> {
    const { socket } = this;
    this.tried = Number.POSITIVE_INFINITY;
    if (!socket) return;
    socket.ref();
    const late = setTimeout(() => socket.destroy(), AGAIN);
    await new Promise<void>((resolve) => {
      socket.once('close', resolve);
      socket.end(resolve);
    });
    clearTimeout(late);
  }

  private reach(): boolean {
    if (this.socket) return true;
    if (Date.now() - this.tried < AGAIN) return false;
    this.tried = Date.now();
    const socket = connect(watcherSocket(this.folder));
    socket.on('connect', () => {
      this.socket = socket;
      if (this.head) this.write({ source: 'drill', what: 'drill', drill: this.head });
    });
    socket.on('error', () => undefined);
    socket.on('close', () => {
      if (this.socket === socket) this.socket = undefined;
    });
    // What the watcher says is for others.
    socket.resume();
    socket.unref();
    return false;
  }

  private write(drill: DrillHappening): void {
    if ((this.socket?.writableLength ?? 0) < WAITING) this.socket?.write(`${JSON.stringify({ drill })}\n`);
  }
}
