import { useState } from 'preact/hooks';
import { act, isBusy } from './doing.ts';
import { t } from './say.ts';
import { offer } from './store.ts';
import { current, labs } from './study.ts';
import { WORDS, withMine } from './words.ts';

/** A lab of the kit, from its beginning or where it was left, and whose work it is. */
export function StartLab() {
  const [wish, choose] = useState<string | undefined>(undefined);
  const [student, name] = useState<string | undefined>(undefined);
  const [code, write] = useState('');
  const [mine, wantMine] = useState(false);
  const known = labs.value?.student ?? '';
  const whose = (student ?? known).trim();
  const owner = {
    ...(whose === '' || whose === known ? {} : { student: whose }),
    ...(code.trim() === '' ? {} : { code: code.trim() }),
  };
  const can = offer.value?.door.labs ?? [];
  const offered = labs.value?.labs.filter(({ id }) => can.includes(id)) ?? [];
  const lab =
    wish ?? (current.value && can.includes(current.value.id) ? current.value.id : offered[0]?.id) ?? '';
  const own = offer.value?.door.continues[lab] ?? [];
  return (
    <fieldset>
      <legend>{t(WORDS.startLab)}</legend>
      <select
        aria-label={t(WORDS.startLab)}
        value={lab}
        onChange={(event) => {
          choose(event.currentTarget.value);
          wantMine(false);
        }}
      >
        {offered.map(({ id, title }) => (
          <option key={id} value={id}>
            {id} {t(title)}
          </option>
        ))}
      </select>
      <details class="owner">
        <summary>
          {t(WORDS.forStudent)}
          {whose === '' ? '' : `: ${whose}`}
        </summary>
        <label>
          {t(WORDS.student)}{' '}
          <input
            type="text"
            size={16}
            maxLength={64}
            autocomplete="off"
            spellcheck={false}
            value={student ?? known}
            onInput={(event) => name(event.currentTarget.value)}
          />
        </label>
        <label>
          {t(WORDS.studentCode)}{' '}
          <input
            type="text"
            size={20}
            maxLength={40}
            autocomplete="off"
            spellcheck={false}
            value={code}
            onInput={(event) => write(event.currentTarget.value)}
          />
        </label>
      </details>
      {own.length > 0 ? (
        <p>
          <label>
            <input
              type="checkbox"
              checked={mine}
              aria-describedby="mine-why"
              onChange={(event) => wantMine(event.currentTarget.checked)}
            />{' '}
            {t(withMine(own))}
          </label>{' '}
          <span id="mine-why" class="soft small">
            {t(WORDS.mineWhy)}
          </span>
        </p>
      ) : null}
      <p class="do">
        <button
          type="button"
          disabled={isBusy() || lab === ''}
          onClick={() =>
            act({
              ...{ do: 'start', lab, resume: false },
              ...(mine && own.length > 0 ? { fromMine: true } : {}),
              ...owner,
            })
          }
        >
          {t(WORDS.fromStart)}
        </button>
        <button
          type="button"
          disabled={isBusy() || lab === ''}
          onClick={() => act({ do: 'start', lab, resume: true, ...owner })}
        >
          {t(WORDS.resume)}
        </button>
      </p>
      <p class="soft small">{t(WORDS.startWhy)}</p>
    </fieldset>
  );
}
