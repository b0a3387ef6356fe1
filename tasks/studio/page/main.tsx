import { render } from 'preact';
import { App } from './app.tsx';
import { begin } from './connection.ts';
import type { ServerMessage } from './protocol.ts';
import { connection, language, receive } from './store.ts';

const wish = sessionStorage.getItem('language') ?? navigator.language;
language.value = wish.startsWith('fr') ? 'fr' : 'en';
const theme = sessionStorage.getItem('theme');
if (theme) document.documentElement.dataset.theme = theme;

const place = document.getElementById('app');
if (place) render(<App />, place);
// A page that was written to a file has what a server would tell it.
const told = document.getElementById('told')?.textContent;
if (told) {
  connection.value = 'live';
  for (const message of JSON.parse(told) as ServerMessage[]) receive(message);
} else void begin();
