import { effect, signal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import type { Output } from './protocol.ts';
import { t } from './say.ts';
import { offer, output } from './store.ts';
import { stopRun } from './study.ts';
import { WORDS } from './words.ts';

/** The reader has put it away, until something is run again. */
const away = signal(false);
effect(() => {
  if (output.value?.running) away.value = false;
});

function ended({ code }: Output): string {
  if (code === undefined) return '';
  if (code === 0) return `● ${t(WORDS.ranWell)}`;
  return `▲ ${t({ en: `ended with exit code ${code}`, fr: `terminé avec le code ${code}` })}`;
}

/** What the commands of a guide's block print on this computer. */
export function OutputView() {
  const now = output.value;
  const text = useRef<HTMLDivElement>(null);
  const count = now ? now.left + now.lines.length : 0;
  useEffect(() => {
    if (text.current && count > 0) text.current.scrollTop = text.current.scrollHeight;
  }, [count]);
  if (!now || !offer.value || away.value) return null;
  return (
    <section class="output" aria-labelledby="output">
      <h3>
        <span id="output">{t(WORDS.output)}</span>
        <span class="soft" role="status">
          {now.running ? t(WORDS.running) : ended(now)}
        </span>
        {now.running ? (
          <button type="button" onClick={() => void stopRun()}>
            {t(WORDS.halfway)}
          </button>
        ) : (
          <button
            type="button"
            onClick={() => {
              away.value = true;
            }}
          >
            {t(WORDS.close)}
          </button>
        )}
      </h3>
      <div
        class="printed"
        role="log"
        aria-live="off"
        tabindex={0}
        ref={text as never}
        aria-labelledby="output"
      >
        {now.lines.join('\n')}
      </div>
    </section>
  );
}
