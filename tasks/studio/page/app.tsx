import type { Text } from '../../base/text.ts';
import { choice } from './acting.ts';
import { BrokenStrip } from './broken.tsx';
import { repaint } from './consoles.ts';
import { Details } from './details.tsx';
import { DoorView } from './door.tsx';
import { Faults } from './faults.tsx';
import { Guide } from './guide.tsx';
import { Outage } from './outage.tsx';
import { Events, Votes } from './panels.tsx';
import { Picture } from './picture.tsx';
import { Replay } from './replay.tsx';
import { t } from './say.ts';
import {
  connection,
  language,
  offer,
  open,
  opened,
  places,
  recording,
  shells,
  shown,
  WIDE,
} from './store.ts';
import { Terminals } from './terminals.tsx';
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
  repaint();
}

/** What stands beside the picture when its button is pressed; where there is little room, one thing at a time. */
function toggle(part: 'guide' | 'terminals' | 'door'): void {
  const to = !opened.value[part];
  const alone = part !== 'terminals' && to && !matchMedia(WIDE).matches;
  open({ ...(alone ? { guide: false, door: false } : {}), [part]: to });
}

function Parts() {
  const { guide, terminals, door } = opened.value;
  if (recording.value || connection.value !== 'live') return null;
  const button = (part: 'guide' | 'terminals' | 'door', text: Text, on: boolean) => (
    <button type="button" aria-pressed={on} onClick={() => toggle(part)}>
      {t(text)}
    </button>
  );
  return (
    <>
      {button('guide', WORDS.guide, guide)}
      {offer.value?.door.exists || shells.value.length > 0
        ? button('terminals', WORDS.terminals, terminals)
        : null}
      {offer.value?.door.exists ? button('door', WORDS.lab, door) : null}
    </>
  );
}

export function App() {
  document.documentElement.lang = language.value;
  const { plan, command, ended } = shown.value;
  const { guide, terminals, door } = opened.value;
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
        <Parts />
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
      <main class={`${old ? 'old' : ''} ${guide ? 'reads' : ''} ${door ? 'enters' : ''}`}>
        {guide ? <Guide /> : null}
        {plan && places.value ? (
          <div class="middle">
            <Picture />
            <Outage />
            {terminals ? <Terminals /> : null}
          </div>
        ) : connection.value === 'login' ? null : offer.value && !offer.value.door.exists ? (
          <DoorView />
        ) : (
          <p class="soft">{t(WORDS.waiting)}</p>
        )}
        {plan && door ? <DoorView /> : null}
        {plan && !door ? (
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
