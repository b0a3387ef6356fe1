import { LabError } from '../../base/errors.ts';
import { sleep } from '../../base/poll.ts';
import { say } from '../../base/text.ts';
import { existingEnvironment } from '../../environment/record.ts';
import { readLabs } from '../../exercises/guides/load.ts';
import type { LabGuide } from '../../exercises/guides/model.ts';
import { brokenReader } from '../../exercises/session/broken.ts';
import { parseDuration } from '../../measure/drill/plan.ts';
import { apply } from '../../watch/model/apply.ts';
import type { LabEvent } from '../../watch/model/event.ts';
import { writeEvent } from '../../watch/model/ndjson.ts';
import { type LabState, NOTHING } from '../../watch/model/state.ts';
import { openWatcher } from '../../watch/open.ts';
import { watcherSocket } from '../../watch/place.ts';
import { record, replay } from '../../watch/recording.ts';
import { serve } from '../../watch/server.ts';
import { events } from '../../watch/stream.ts';
import { renderLine, renderPicture, renderSummary } from '../../watch/terminal.ts';

export interface WatchOptions {
  name: string;
  json?: boolean;
  record?: string;
  replay?: string;
  for?: string;
  /** Be the lab's watcher, for all who look. */
  serve?: boolean;
}

/** Shows a lab as it is, and goes on until Ctrl-C, the end of the lab, the recording, or the time. */
export async function watch(options: WatchOptions): Promise<number> {
  if (options.serve) return serveWatcher(options.name);
  const seconds = options.for === undefined ? undefined : parseDuration(options.for);
  if (options.for !== undefined && seconds === undefined)
    throw new LabError(
      {
        en: `--for ${options.for} cannot be understood.`,
        fr: `--for ${options.for} ne peut pas être compris.`,
      },
      { en: 'give 90s, 30m or 2h.', fr: 'donnez 90s, 30m ou 2h.' },
    );
  const stop = new AbortController();
  const timer = seconds === undefined ? undefined : setTimeout(() => stop.abort(), seconds * 1000);
  const interrupted = () => stop.abort();
  process.removeAllListeners('SIGINT');
  process.on('SIGINT', interrupted);
  const show = options.json ? jsonView() : process.stdout.isTTY ? pictureView() : lineView();
  try {
    const source = options.replay
      ? paced(replay(options.replay), !options.json && (process.stdout.isTTY ?? false), stop.signal)
      : events(await lookedAt(options.name), stop.signal);
    const recorder = options.record === undefined ? undefined : await record(options.record);
    try {
      for await (const event of source) {
        if (stop.signal.aborted) break;
        await recorder?.add(event);
        show.add(event);
      }
    } finally {
      await recorder?.close();
    }
  } finally {
    clearTimeout(timer);
    process.removeListener('SIGINT', interrupted);
    show.end();
  }
  return 0;
}

async function lookedAt(name: string) {
  const { folder, root } = await existingEnvironment(name);
  return { name, folder, root };
}

async function serveWatcher(name: string): Promise<number> {
  const { folder } = await existingEnvironment(name);
  let labs: LabGuide[] | undefined;
  const watcher = await openWatcher(name, (at, root) =>
    brokenReader(at, () => {
      labs ??= readLabs(root);
      return labs;
    }),
  );
  const stop = () => watcher.end();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.removeAllListeners(signal);
    process.on(signal, stop);
  }
  await watcher.begin();
  await serve(watcher, watcherSocket(folder));
  watcher.end();
  return 0;
}

/** As fast as it was, where somebody looks. */
async function* paced(
  recorded: AsyncGenerator<LabEvent>,
  slow: boolean,
  signal: AbortSignal,
): AsyncGenerator<LabEvent> {
  let begun: { t: number; at: number } | undefined;
  for await (const event of recorded) {
    begun ??= { t: event.t, at: Date.now() };
    const wait = event.t - begun.t - (Date.now() - begun.at);
    if (slow && wait > 0 && !signal.aborted) await sleep(wait / 1000);
    yield event;
  }
}

interface View {
  add(event: LabEvent): void;
  end(): void;
}

const jsonView = (): View => ({
  add: (event) => void process.stdout.write(writeEvent(event)),
  end: () => undefined,
});

/** For a log: the picture once, then each event. */
function lineView(): View {
  let state: LabState = NOTHING;
  let shown = 0;
  return {
    add(event) {
      const first = state.plan === undefined;
      state = apply(state, event);
      if (first && state.plan) {
        console.log(renderSummary(state).join('\n'));
        shown = event.what === 'snapshot' ? state.seq : 0;
      }
      for (const line of state.lines) if (line.seq > shown) console.log(renderLine(line));
      shown = Math.max(shown, event.seq);
    },
    end: () => {
      if (state.plan) console.log(renderSummary(state).join('\n'));
    },
  };
}

/** ms between two pictures. */
const PICTURE_MS = 100;

/** In a terminal: the whole picture, drawn again when something has changed. */
function pictureView(): View {
  let state: LabState = NOTHING;
  let waiting: NodeJS.Timeout | undefined;
  const draw = () => {
    waiting = undefined;
    const { columns = 80, rows = 24 } = process.stdout;
    const lines = renderPicture(state, rows - 1).slice(0, rows - 1);
    const text = lines.map((line) => `${[...line].slice(0, columns).join('')}\x1b[K`).join('\r\n');
    process.stdout.write(`\x1b[H${text}\x1b[J`);
  };
  // The other screen: what stood in the terminal before comes back at the end.
  process.stdout.write('\x1b[?1049h\x1b[?25l');
  process.stdout.on('resize', draw);
  return {
    add(event) {
      state = apply(state, event);
      waiting ??= setTimeout(draw, PICTURE_MS);
    },
    end() {
      clearTimeout(waiting);
      process.stdout.removeListener('resize', draw);
      process.stdout.write('\x1b[?25h\x1b[?1049l');
      // The last picture stays.
      if (state.plan) console.log(renderPicture(state, process.stdout.rows ?? 24).join('\n'));
      if (state.ended)
        console.log(say({ en: 'Nobody watches the lab any more.', fr: "Plus personne n'observe le lab." }));
    },
  };
}
