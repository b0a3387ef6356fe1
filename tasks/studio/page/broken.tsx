import { clockOf } from '../../watch/model/words.ts';
import { asked, refused, stop, undoAll } from './acting.ts';
import { t } from './say.ts';
import { offer, recording, shown, work } from './store.ts';
import { WORDS } from './words.ts';

function forget(): void {
  refused.value = undefined;
  if (work.value?.state === 'failed') work.value = undefined;
}

/** What is broken on purpose and what undoes it, what the kit does for the page, and what went wrong with it. */
export function BrokenStrip() {
  const broken = shown.value.broken ?? [];
  const now = recording.value ? undefined : work.value;
  const acts = offer.value && !recording.value;
  if (broken.length === 0 && !refused.value && !asked.value && (!now || now.state === 'done')) return null;
  const runs = now?.state === 'running';
  return (
    <section
      class={`strip ${broken.length > 0 || refused.value || now?.state === 'failed' ? 'trouble' : ''}`}
      aria-label={t(WORDS.broken)}
    >
      <ul aria-live="polite">
        {broken.map(({ since, words, machine, by }) => (
          <li key={`${since} ${machine} ${by}`}>
            <b>▲</b> {t(WORDS.brokenSince)} <time>{clockOf(since)}</time> <b>{t(words)}</b>
            {by === 'incident' ? <span class="soft"> {t(WORDS.incident)}</span> : null}
            {by === 'drill' ? <span class="soft"> {t(WORDS.ofDrill)}</span> : null}
          </li>
        ))}
        {asked.value ? <li class="soft">{t(WORDS.asked)}</li> : null}
        {now && runs ? (
          <li>
            {t(WORDS.working)} <code>{now.command}</code> <span class="soft">{now.said.at(-1)}</span>
          </li>
        ) : null}
        {now?.state === 'failed' ? (
          <li class="bad">
            ▲ {t(WORDS.failed)} <code>{now.command}</code>
            {now.said.map((line) => (
              <div key={line}>{line}</div>
            ))}
          </li>
        ) : null}
        {refused.value ? (
          <li class="bad">
            ▲ {t(refused.value.what)} {refused.value.fix ? `${t(WORDS.todo)} ${t(refused.value.fix)}` : ''}
          </li>
        ) : null}
      </ul>
      {acts && runs && (now.what === 'drill' || now.what === 'up') ? (
        <button type="button" onClick={stop}>
          {t(now.what === 'up' ? WORDS.halfway : WORDS.stop)}
        </button>
      ) : null}
      {refused.value || now?.state === 'failed' ? (
        <button type="button" onClick={forget}>
          {t(WORDS.close)}
        </button>
      ) : null}
      {acts && broken.some(({ by }) => by !== 'incident') ? (
        <button type="button" class="strong" onClick={undoAll}>
          {t(WORDS.undoAll)}
        </button>
      ) : null}
    </section>
  );
}
