import { useEffect, useState } from 'preact/hooks';
import { act, isBusy } from './doing.ts';
import { ask, isRefusal } from './post.ts';
import type { SnapshotTold } from './protocol.ts';
import { t } from './say.ts';
import { StartLab } from './start-lab.tsx';
import { log, offer, open, recording, work } from './store.ts';
import { lookAtLabs } from './study.ts';
import { WORDS } from './words.ts';

/** What the command says that the page began. */
function Log() {
  const { value } = work;
  if (!value || log.value.length === 0) return null;
  return (
    <div class="log">
      <h3>
        <code>{value.command}</code>
      </h3>
      <ol aria-live="off">
        {log.value.map(({ at, line }) => (
          <li key={at}>{line}</li>
        ))}
      </ol>
    </div>
  );
}

/** Where there is no lab: one is made. */
function Build() {
  const door = offer.value?.door;
  const [topology, choose] = useState(door?.topologies[0] ?? '');
  if (!door) return null;
  return (
    <>
      <p>{t(WORDS.noLab)}</p>
      <p class="do">
        <label>
          {t(WORDS.topology)}{' '}
          <select value={topology} onChange={(event) => choose(event.currentTarget.value)}>
            {door.topologies.map((name) => (
              <option key={name} value={name}>
                {name}
              </option>
            ))}
          </select>
        </label>
        <button type="button" class="strong" disabled={isBusy()} onClick={() => act({ do: 'up', topology })}>
          {t(WORDS.build)}
        </button>
      </p>
    </>
  );
}

function Snapshots() {
  const [all, take] = useState<SnapshotTold[]>([]);
  const [name, write] = useState('');
  const ended = work.value?.state !== 'running';
  useEffect(() => {
    if (ended)
      void ask<SnapshotTold[]>('/ask', { ask: 'snapshots' }).then((said) => isRefusal(said) || take(said));
  }, [ended]);
  return (
    <fieldset>
      <legend>{t(WORDS.snapshots)}</legend>
      <form
        class="do"
        onSubmit={(event) => {
          event.preventDefault();
          act({ do: 'snapshot', action: 'save', snapshot: name });
        }}
      >
        <input
          type="text"
          size={16}
          maxLength={20}
          pattern="[a-z][a-z0-9-]*"
          required
          aria-label={t(WORDS.snapshotName)}
          placeholder={t(WORDS.snapshotName)}
          value={name}
          onInput={(event) => write(event.currentTarget.value)}
        />
        <button type="submit" disabled={isBusy()}>
          {t(WORDS.save)}
        </button>
      </form>
      <ul class="snapshots">
        {all.map((one) => (
          <li key={one.name}>
            <code>{one.name}</code> <time>{one.taken.slice(0, 16).replace('T', ' ')}</time>
            <Sure
              label={`${t(WORDS.restore)} ${one.name}`}
              word={t(WORDS.restore)}
              question={t(WORDS.restoreSure)}
              run={() => act({ do: 'snapshot', action: 'restore', snapshot: one.name })}
            />
            <Sure
              label={`${t(WORDS.remove)} ${one.name}`}
              word={t(WORDS.remove)}
              question={t(WORDS.removeSure)}
              run={() => act({ do: 'snapshot', action: 'delete', snapshot: one.name })}
            />
          </li>
        ))}
      </ul>
    </fieldset>
  );
}

/** A button that asks before it does something. */
function Sure({
  label,
  word,
  question,
  run,
}: {
  label: string;
  word: string;
  question: string;
  run: () => void;
}) {
  const [asks, show] = useState(false);
  if (!asks)
    return (
      <button type="button" aria-label={label} disabled={isBusy()} onClick={() => show(true)}>
        {word}
      </button>
    );
  return (
    <span class="sure" role="alert">
      {question}{' '}
      <button
        type="button"
        class="strong"
        onClick={() => {
          show(false);
          run();
        }}
      >
        {t(WORDS.yes)}
      </button>{' '}
      <button type="button" onClick={() => show(false)}>
        {t(WORDS.no)}
      </button>
    </span>
  );
}

/** The lab as a whole: made, started, left, kept, removed. By the kit's own commands, with what they would ask. */
export function DoorView() {
  const door = offer.value?.door;
  useEffect(() => {
    if (door) void lookAtLabs();
  }, [door?.exists]);
  if (!door || recording.value) return null;
  return (
    <section class="door" aria-labelledby="door">
      <h2 id="door">
        {t(WORDS.wholeLab)}
        {door.exists ? (
          <button type="button" onClick={() => open({ door: false })}>
            {t(WORDS.close)}
          </button>
        ) : null}
      </h2>
      {door.exists ? (
        <>
          <p class="do">
            <button type="button" disabled={isBusy()} onClick={() => act({ do: 'up' })}>
              {t(WORDS.up)}
            </button>
            <Sure
              label={t(WORDS.halt)}
              word={t(WORDS.halt)}
              question={t(WORDS.haltSure)}
              run={() => act({ do: 'halt' })}
            />
            <Sure
              label={t(WORDS.destroy)}
              word={t(WORDS.destroy)}
              question={door.question ? t(door.question) : ''}
              run={() => act({ do: 'destroy', lab: door.lab })}
            />
          </p>
          <Log />
          <StartLab />
          <Snapshots />
        </>
      ) : (
        <>
          <Build />
          <Log />
        </>
      )}
    </section>
  );
}
