import { choice } from './acting.ts';
import { BrokenStrip } from './broken.tsx';
import { Details } from './details.tsx';
import { Faults } from './faults.tsx';
import { Outage } from './outage.tsx';
import { Events, Votes } from './panels.tsx';
import { Picture } from './picture.tsx';
import { Replay } from './replay.tsx';
import { t } from './say.ts';
import { connection, language, places, recording, shown } from './store.ts';
import { WORDS } from './words.ts';

function changeLanguage(): void {
  language.value = language.value === 'en' ? 'fr' : 'en';
  sessionStorage.setItem('language', language.value);
  document.documentElement.lang = language.value;
}

function changeTheme(): void {
  const root = document.documentElement;
  const dark = root.dataset.theme
    ? root.dataset.theme === 'dark'
    : matchMedia('(prefers-color-scheme: dark)').matches;
  root.dataset.theme = dark ? 'light' : 'dark';
  sessionStorage.setItem('theme', root.dataset.theme);
}

export function App() {
  document.documentElement.lang = language.value;
  const { plan, command, ended } = shown.value;
  const old = connection.value === 'stopped' && !recording.value;
  const notice =
    connection.value === 'login' ? WORDS.login : old ? WORDS.stopped : ended ? WORDS.ended : undefined;
  return (
    <>
      <header>
        <h1>
          {t(WORDS.lab)} {plan?.lab ?? ''}
        </h1>
        <span class="soft">{plan ? `${plan.topology}, ${plan.engine}` : ''}</span>
        {command ? (
          <span class="command">
            {t(WORDS.working)} <code>{command}</code>
          </span>
        ) : null}
        <span class="room" />
        {connection.value === 'live' && !recording.value ? <span class="soft">● {t(WORDS.live)}</span> : null}
        <button type="button" onClick={changeLanguage} lang={language.value === 'en' ? 'fr' : 'en'}>
          {t(WORDS.language)}
        </button>
        <button type="button" onClick={changeTheme}>
          {t(WORDS.theme)}
        </button>
      </header>
      {notice ? (
        <p class="notice" role="alert">
          {t(notice)}
        </p>
      ) : null}
      {recording.value ? <Replay /> : null}
      <BrokenStrip />
      <main class={old ? 'old' : ''}>
        {plan && places.value ? (
          <div class="middle">
            <Picture />
            <Outage />
          </div>
        ) : connection.value === 'login' ? null : (
          <p class="soft">{t(WORDS.waiting)}</p>
        )}
        {plan ? (
          <aside>
            <Faults />
            {choice.value ? null : <Details />}
            <Votes />
            <Events />
          </aside>
        ) : null}
      </main>
    </>
  );
}
