import { useEffect, useRef } from 'preact/hooks';
import { machineViews } from '../../watch/model/view.ts';
import { MARKS } from '../../watch/model/words.ts';
import {
  bring,
  closeShell,
  focusShell,
  focusWanted,
  front,
  hide,
  opening,
  openShell,
  refusedShell,
  saidOf,
  show,
} from './consoles.ts';
import type { Shell } from './protocol.ts';
import { t } from './say.ts';
import { stateWords } from './scene.ts';
import { language, offer, open, recording, shells, shown } from './store.ts';
import { WORDS } from './words.ts';

/** `web1`, and `web1 (2)` for the second one there. */
const nameOf = ({ id, machine }: Shell): string => {
  const same = shells.value.filter((one) => one.machine === machine);
  return same.length > 1 ? `${machine} (${same.findIndex((one) => one.id === id) + 1})` : machine;
};

function Screen({ shell }: { shell: Shell }) {
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (place.current) void show(shell.id, place.current);
    return () => hide(shell.id);
  }, [shell.id]);
  const inFront = front.value === shell.id;
  useEffect(() => {
    if (inFront) focusWanted(shell.id);
  }, [inFront, shell.id]);
  const view = machineViews(shown.value).find(({ name }) => name === shell.machine);
  const state = saidOf.value[shell.id];
  const notes = [
    ...(shell.ended ? [t(WORDS.shellEnded)] : []),
    ...(state === 'lost' ? [t(WORDS.shellLost)] : []),
    ...(state === 'waits' && !shell.ended ? [t(WORDS.shellWaits)] : []),
    ...(state === 'long' && !shell.ended ? [t(WORDS.shellLong)] : []),
    ...(view && ['off', 'unknown', 'frozen'].includes(view.mark)
      ? [`${MARKS[view.mark]} ${view.name} ${stateWords(view, language.value)}`]
      : []),
  ];
  return (
    <div
      class="screen"
      role="tabpanel"
      id={`screen-${shell.id}`}
      aria-labelledby={`tab-${shell.id}`}
      hidden={!inFront}
    >
      <p class="soft" role="status">
        {notes.join(' · ')}
      </p>
      <div class="console" ref={place as never} data-label={`${t(WORDS.terminal)} ${nameOf(shell)}`} />
    </div>
  );
}

function Tabs() {
  const keys = (event: KeyboardEvent) => {
    const all = shells.value;
    const at = all.findIndex(({ id }) => id === front.value);
    const to = event.key === 'ArrowRight' ? at + 1 : event.key === 'ArrowLeft' ? at - 1 : undefined;
    if (event.key === 'Enter' && front.value) {
      event.preventDefault();
      focusShell(front.value);
    }
    const next = to === undefined ? undefined : all[(to + all.length) % all.length];
    if (!next) return;
    bring(next.id);
    document.getElementById(`tab-${next.id}`)?.focus();
  };
  return (
    <div role="tablist" aria-label={t(WORDS.terminals)} onKeyDown={keys}>
      {shells.value.map((shell) => (
        <button
          key={shell.id}
          type="button"
          role="tab"
          id={`tab-${shell.id}`}
          aria-selected={front.value === shell.id}
          aria-controls={`screen-${shell.id}`}
          tabIndex={front.value === shell.id ? 0 : -1}
          onClick={() => bring(shell.id)}
        >
          {shell.ended ? '○ ' : ''}
          {nameOf(shell)}
        </button>
      ))}
    </div>
  );
}

/** Terminals on machines, one in front of the others; a page that only shows has those that are there. */
export function Terminals() {
  const may = offer.value !== undefined;
  if (recording.value || (!may && shells.value.length === 0)) return null;
  const machines = shown.value.plan?.machines.map(({ name }) => name) ?? [];
  const first = front.value;
  return (
    <section class="terminals" aria-labelledby="terminals">
      <h2>
        <span class="unseen" id="terminals">
          {t(WORDS.terminals)}
        </span>
        {shells.value.length > 0 ? <Tabs /> : null}
        {may ? (
          <select
            aria-label={t(WORDS.newTerminal)}
            value=""
            onChange={(event) => {
              const { value } = event.currentTarget;
              event.currentTarget.value = '';
              if (value) void openShell(value);
            }}
          >
            <option value="">+ {t(WORDS.newTerminal)}</option>
            {machines.map((name) => (
              <option key={name} value={name}>
                {name}
              </option>
            ))}
          </select>
        ) : null}
        <span class="soft small key">{t(WORDS.leaveKey)}</span>
        {may && first ? (
          <button type="button" onClick={() => closeShell(first)}>
            {t(WORDS.endTerminal)}
          </button>
        ) : null}
        <button type="button" onClick={() => open({ terminals: false })}>
          {t(WORDS.close)}
        </button>
      </h2>
      {opening.value ? (
        <p class="soft" role="status">
          {t({
            en: `waiting for ${opening.value} to answer…`,
            fr: `en attente d’une réponse de ${opening.value}…`,
          })}
        </p>
      ) : null}
      {refusedShell.value ? (
        <p class="bad" role="alert">
          ▲ {t(refusedShell.value.what)}{' '}
          {refusedShell.value.fix ? `${t(WORDS.todo)} ${t(refusedShell.value.fix)}` : ''}
        </p>
      ) : null}
      {shells.value.map((shell) => (
        <Screen key={shell.id} shell={shell} />
      ))}
    </section>
  );
}
