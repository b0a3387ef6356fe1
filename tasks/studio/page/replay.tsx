import { useEffect } from 'preact/hooks';
import { clockOf } from '../../watch/model/words.ts';
import { t } from './say.ts';
import { playing, position, positionAt, recording } from './store.ts';
import { WORDS } from './words.ts';

/** ms between two steps while it plays. */
const STEP = 100;

/** Plays a recording as fast as it was, and goes to any moment of it. */
export function Replay() {
  const { name = '', events = [] } = recording.value ?? {};
  const first = events[0]?.t ?? 0;
  const last = events.at(-1)?.t ?? 0;
  const now = Math.max(first, events[position.value - 1]?.t ?? first);
  useEffect(() => {
    if (!playing.value) return;
    const begun = Date.now();
    const from = now;
    const timer = setInterval(() => {
      const at = positionAt(events, from + Date.now() - begun, position.value);
      if (at >= events.length) playing.value = false;
      if (at !== position.value) position.value = at;
    }, STEP);
    return () => clearInterval(timer);
    // Only what the reader does starts it anew.
  }, [playing.value]);
  const toggle = () => {
    if (!playing.value && position.value >= events.length) position.value = 1;
    playing.value = !playing.value;
  };
  const move = (event: Event) => {
    playing.value = false;
    const seconds = Number((event.currentTarget as HTMLInputElement).value);
    position.value = Math.max(1, positionAt(events, first + seconds * 1000));
  };
  return (
    <section class="replay" aria-label={t(WORDS.replay)}>
      <span>
        {t(WORDS.replay)} <code>{name}</code>
      </span>
      <button type="button" onClick={toggle}>
        {t(playing.value ? WORDS.pause : WORDS.play)}
      </button>
      <input
        type="range"
        min={0}
        max={Math.ceil((last - first) / 1000)}
        step={0.1}
        value={(now - first) / 1000}
        aria-label={t(WORDS.moment)}
        aria-valuetext={clockOf(now)}
        onInput={move}
      />
      <time>{clockOf(now)}</time>
    </section>
  );
}
