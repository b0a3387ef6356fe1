import { useState } from 'preact/hooks';
import { act, isBusy } from './doing.ts';
import { t } from './say.ts';
import { offer } from './store.ts';
import { current, labs } from './study.ts';
import { WORDS } from './words.ts';

/** A lab of the kit, from its beginning or where it was left, and whose work it is. */
export function StartLab() {
  const [wish, choose] = useState<string | undefined>(undefined);
  const [student, name] = useState<string | undefined>(undefined);
  const [code, write] = useState('');
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
  return (
    <fieldset>
      <legend>{t(WORDS.startLab)}</legend>
      <select
        aria-label={t(WORDS.startLab)}
        value={lab}
        onChange={(event) => choose(event.currentTarget.value)}
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
      <p class="do">
        <button
          type="button"
          disabled={isBusy() || lab === ''}
          onClick={() => act({ do: 'start', lab, resume: false, ...owner })}
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
