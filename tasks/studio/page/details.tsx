import { machineViews } from '../../watch/model/view.ts';
import { clockOf, lineText, MARKS } from '../../watch/model/words.ts';
import { openShell } from './consoles.ts';
import { t } from './say.ts';
import { stateWords, trafficWords } from './scene.ts';
import { language, offer, selected, shown } from './store.ts';
import { WORDS } from './words.ts';

/** Lines of a machine's own events that are shown. */
const LINES = 12;

const decimals = (value: number) => value.toFixed(2).replace('.', t({ en: '.', fr: ',' }));

const close = () => {
  const name = selected.value;
  selected.value = undefined;
  // The keyboard goes on where it was.
  document.querySelector<SVGGElement>(`[data-machine="${name}"]`)?.focus();
};

/** The machine that was chosen. */
export function Details() {
  const view = machineViews(shown.value).find(({ name }) => name === selected.value);
  if (!view) return <p class="soft">{t(WORDS.choose)}</p>;
  const planned = shown.value.plan?.machines.find(({ name }) => name === view.name);
  const heard = view.mark === 'well' || view.mark === 'trouble';
  const busy = view.mark === 'off' ? undefined : view.state.busy;
  const traffic = trafficWords(view, language.value);
  const lines = shown.value.lines.filter(({ machine }) => machine === view.name).slice(-LINES);
  return (
    <section
      class={`details ${view.mark}`}
      aria-labelledby="details"
      onKeyDown={(event) => (event.key === 'Escape' ? close() : undefined)}
    >
      <h2 id="details">
        {view.name} <span class="soft">{view.address}</span>
        <button type="button" onClick={close}>
          {t(WORDS.close)}
        </button>
      </h2>
      <p>
        {MARKS[view.mark]} {stateWords(view, language.value)}
        {heard && view.state.load !== undefined ? `, ${t(WORDS.load)} ${decimals(view.state.load)}` : ''}
      </p>
      {busy === undefined && !traffic ? null : (
        <p class="use">
          {busy === undefined ? null : (
            <span>
              {Math.round(busy * 100)} % {t(WORDS.processor)}
            </span>
          )}
          {traffic ? (
            <span>
              {traffic} {view.state.cable ? t(WORDS.onCable) : ''}
            </span>
          ) : null}
        </p>
      )}
      {view.holds.length > 0 ? (
        <p>
          {t(WORDS.holds)} {view.holds.join(', ')}
        </p>
      ) : null}
      {view.held.length > 0 ? (
        <p>
          ? {t(WORDS.held)} {view.held.join(', ')}
        </p>
      ) : null}
      {offer.value ? (
        <button type="button" onClick={() => void openShell(view.name)}>
          {t(WORDS.terminal)}
        </button>
      ) : null}
      <h3>{t(WORDS.services)}</h3>
      {heard && Object.keys(view.state.services).length > 0 ? (
        <ul class="services">
          {(planned?.services ?? []).map((name) => {
            const now = view.state.services[name] ?? '?';
            return (
              <li key={name} class={now === 'active' ? '' : 'bad'}>
                {now === 'active' ? '●' : '▲'} {name} <span class="soft">{now}</span>
              </li>
            );
          })}
        </ul>
      ) : (
        <p class="soft">
          {heard ? t(WORDS.noservices) : `${MARKS[view.mark]} ${stateWords(view, language.value)}`}
        </p>
      )}
      <ol class="own">
        {lines.map((line) => (
          <li key={line.seq}>
            <time>{clockOf(line.t)}</time> {t(lineText(line))}
          </li>
        ))}
      </ol>
    </section>
  );
}
