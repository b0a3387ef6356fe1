import { useLayoutEffect, useRef } from 'preact/hooks';
import { FAULT_NAMES, type FaultKind, HOLDER_WORDS } from '../../measure/drill/names.ts';
import { breakIt, type Choice, choice, choose, forecast, kindsFor, moreFor, NETWORK, own } from './acting.ts';
import { ForecastView } from './forecast.tsx';
import { t } from './say.ts';
import { offer, recording, selected, shown, work } from './store.ts';
import { WORDS } from './words.ts';

const begin = () =>
  choose(selected.value && kindsFor(selected.value).length > 0 ? { who: selected.value } : {});

function close(): void {
  choice.value = undefined;
  // The keyboard goes on where it was, once the button is there again.
  setTimeout(() => document.querySelector<HTMLButtonElement>('.begin')?.focus());
}

const value = (event: Event) => (event.currentTarget as HTMLSelectElement).value;

function Who({ who }: Choice) {
  const first = useRef<HTMLSelectElement>(null);
  useLayoutEffect(() => first.current?.focus(), []);
  const machines = [...new Set(offer.value?.targets.flatMap(({ machine }) => machine ?? []))];
  return (
    <label>
      {t(WORDS.who)}
      <select ref={first as never} value={who} onChange={(event) => choose({ who: value(event) })}>
        <optgroup label={t(WORDS.machines)}>
          {machines.map((name) => (
            <option key={name} value={name}>
              {name}
            </option>
          ))}
        </optgroup>
        {kindsFor(NETWORK).length > 0 ? (
          <optgroup label={t(WORDS.network)}>
            <option value={NETWORK}>{t(WORDS.switches)}</option>
          </optgroup>
        ) : null}
        <optgroup label={t(WORDS.whoever)}>
          {offer.value?.holders.map((holder) => (
            <option key={holder} value={`holder:${holder}`}>
              {t(HOLDER_WORDS[holder])}
            </option>
          ))}
        </optgroup>
      </select>
    </label>
  );
}

function What(chosen: Choice) {
  const { who, kind, more } = chosen;
  const list = moreFor(chosen);
  return (
    <>
      <label>
        {t(WORDS.what)}
        <select value={kind} onChange={(event) => choose({ kind: value(event) as FaultKind })}>
          {kindsFor(who).map((one) => (
            <option key={one} value={one}>
              {t(FAULT_NAMES[one])}
            </option>
          ))}
        </select>
      </label>
      {list.length > 0 ? (
        <label>
          {t(kind === 'kill' ? WORDS.service : kind === 'pair' ? WORDS.peer : WORDS.switch)}
          <select value={more} onChange={(event) => choose({ more: value(event) })}>
            {list.map((one) => (
              <option key={one} value={one}>
                {one}
              </option>
            ))}
          </select>
        </label>
      ) : null}
    </>
  );
}

/** Choosing a fault: who, what, what the design says, what the reader says; then the buttons. */
export function Faults() {
  if (!offer.value || recording.value) return null;
  const { value: chosen } = choice;
  if (!chosen)
    return (
      <button type="button" class="begin" onClick={begin}>
        {t(WORDS.breakSomething)}
      </button>
    );
  const busy = work.value?.state === 'running' || shown.value.command !== undefined;
  const ready = !busy && forecast.value !== undefined && 'fault' in forecast.value;
  // A measurement begins from a lab that is whole.
  const whole = (shown.value.broken ?? []).length === 0;
  return (
    <form
      class="details faults"
      aria-labelledby="faults"
      onSubmit={(event) => event.preventDefault()}
      onKeyDown={(event) => (event.key === 'Escape' ? close() : undefined)}
    >
      <h2 id="faults">
        {t(WORDS.breakSomething)}
        <button type="button" onClick={close}>
          {t(WORDS.close)}
        </button>
      </h2>
      <div class="fields">
        <Who {...chosen} />
        <What {...chosen} />
      </div>
      <ForecastView />
      <label class="own-words">
        {t(WORDS.own)}
        <input
          type="text"
          inputMode="decimal"
          size={5}
          value={own.value}
          onInput={(event) => {
            own.value = event.currentTarget.value;
          }}
        />
      </label>
      <p class="do">
        <button type="button" class="strong" disabled={!ready || !whole} onClick={() => breakIt('drill')}>
          {t(WORDS.measure)}
        </button>
        <button type="button" disabled={!ready} onClick={() => breakIt('fault')}>
          {t(WORDS.leave)}
        </button>
      </p>
      <p class="soft small">{t(busy ? WORDS.busy : whole ? WORDS.measureWhy : WORDS.notWhole)}</p>
    </form>
  );
}
