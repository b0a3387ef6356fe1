import type { WebSocket } from 'ws';
import type { Places } from '../architecture/places.ts';
import type { Language } from '../base/text.ts';
import { apply } from '../watch/model/apply.ts';
import type { LabEvent } from '../watch/model/event.ts';
import { type LabState, NOTHING } from '../watch/model/state.ts';
import type { Offer, ServerMessage, Work } from './page/protocol.ts';

/** ms between two messages to a page: no eye sees more. */
const EVERY = 50;
/** Bytes that may wait for a page that reads slowly (a hidden tab): it gets a snapshot once it reads again. */
const WAITING = 1 << 20;

type PlacesOf = (topology: string) => Promise<Record<Language, Places> | undefined>;

/** What every open page is told: a snapshot first, then what happens, gathered. */
export class Feed {
  private state: LabState = NOTHING;
  /** What new pages are told, too. */
  private readonly kept = new Map<string, ServerMessage>();
  private readonly pages = new Map<WebSocket, { behind: boolean }>();
  private pending: LabEvent[] = [];
  private timer: NodeJS.Timeout | undefined;
  /** When pages were told something last. */
  private flushed = Number.NEGATIVE_INFINITY;
  private places: Record<Language, Places> | undefined;
  private planned = '';

  /** `recording`: shown instead of a lab. `placesOf`: where the machines of the lab stand. */
  constructor(
    private readonly placesOf: PlacesOf,
    private readonly recording?: { name: string; events: LabEvent[] },
  ) {}

  /** Takes in an event of the lab. */
  async event(event: LabEvent): Promise<void> {
    this.state = apply(this.state, event);
    this.pending.push(event);
    // What comes after a pause is told at once.
    this.timer ??= setTimeout(() => this.flush(), Math.max(0, this.flushed + EVERY - performance.now()));
    if (event.what === 'plan' || event.what === 'snapshot') await this.lookAtPlaces();
  }

  /** Where machines stand; told to all when it changes. */
  async lookAtPlaces(plan = this.state.plan): Promise<void> {
    const text = JSON.stringify(plan?.machines);
    if (!plan || text === this.planned) return;
    this.planned = text;
    this.places = await this.placesOf(plan.topology);
    for (const page of this.pages.keys()) this.tellPlaces(page);
  }

  /** The state of the lab as far as it was told. */
  get now(): LabState {
    return this.state;
  }

  /** What pages may have done; never called where they only show. */
  offers(offer: Offer): void {
    this.keep({ kind: 'offer', offer });
  }

  /** What a page had done, and what became of it; told to all. */
  tellWork(work: Work): void {
    this.keep({ kind: 'work', work });
    if (work.state !== 'running') this.kept.delete('work');
  }

  /** The lab is gone, and nothing of it is shown any more. */
  forget(): void {
    this.flush();
    this.state = NOTHING;
    this.planned = '';
    this.places = undefined;
    for (const page of this.pages.keys()) tell(page, { kind: 'gone' });
  }

  /** Told to all pages that are open, and to those that will be. */
  keep(message: ServerMessage): void {
    this.kept.set(message.kind, message);
    for (const page of this.pages.keys()) tell(page, message);
  }

  /** A page was opened. */
  add(page: WebSocket): void {
    page.on('close', () => this.pages.delete(page));
    page.on('error', () => undefined);
    page.on('message', () => this.snapshot(page));
    this.tellPlaces(page);
    for (const message of this.kept.values()) tell(page, message);
    if (this.recording) tell(page, { kind: 'recording', ...this.recording });
    else this.snapshot(page);
    this.pages.set(page, { behind: false });
  }

  private tellPlaces(page: WebSocket): void {
    if (this.places) tell(page, { kind: 'places', places: this.places });
  }

  private snapshot(page: WebSocket): void {
    const { state } = this;
    if (!state.plan) return;
    // What is gathered is in the snapshot already: the others get it now.
    this.flush();
    const event: LabEvent = {
      seq: state.seq,
      t: state.t,
      machine: '',
      source: 'watch',
      what: 'snapshot',
      state,
    };
    tell(page, { kind: 'events', events: [event] });
  }

  private flush(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    const events = this.pending;
    if (events.length === 0) return;
    this.pending = [];
    this.flushed = performance.now();
    for (const [page, known] of this.pages) {
      if (page.bufferedAmount > WAITING) known.behind = true;
      else if (known.behind) {
        known.behind = false;
        this.snapshot(page);
      } else tell(page, { kind: 'events', events });
    }
  }
}

function tell(page: WebSocket, message: ServerMessage): void {
  if (page.readyState === page.OPEN) page.send(JSON.stringify(message));
}
