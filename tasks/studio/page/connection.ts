import { PROTOCOL, type ServerMessage, TOKEN_PREFIX } from './protocol.ts';
import { connection, receive, recording } from './store.ts';

/** Where the page keeps its token. */
export const TOKEN = 'token';
/** How streams are reached: as the page was. */
export const WEBSOCKETS = location.protocol === 'https:' ? 'wss:' : 'ws:';
/** ms until a lost connection is tried again. */
const AGAIN = 1000;

/** Exchanges the code of the link, which counts once, for a token that this page keeps; then listens. */
export async function begin(): Promise<void> {
  const code = /^#code=([\w-]+)$/.exec(location.hash)?.[1];
  if (code) {
    // The code is worth nothing any more, and stays in no history.
    history.replaceState(null, '', location.pathname);
    const answer = await fetch('/login', {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ code }),
    }).catch(() => undefined);
    if (answer?.ok) sessionStorage.setItem(TOKEN, ((await answer.json()) as { token: string }).token);
    else if (!sessionStorage.getItem(TOKEN)) {
      connection.value = 'login';
      return;
    }
  }
  listen();
}

function listen(): void {
  const token = sessionStorage.getItem(TOKEN);
  if (!token) {
    connection.value = 'login';
    return;
  }
  const socket = new WebSocket(`${WEBSOCKETS}//${location.host}/live`, [PROTOCOL, `${TOKEN_PREFIX}${token}`]);
  let opened = false;
  socket.onopen = () => {
    opened = true;
    connection.value = 'live';
  };
  socket.onmessage = ({ data }) => {
    if (receive(JSON.parse(String(data)) as ServerMessage)) socket.send('{"ask":"snapshot"}');
  };
  socket.onclose = () => void lost(opened, token);
}

/** Nothing is heard: said at once, never frozen without a sign. */
async function lost(opened: boolean, token: string): Promise<void> {
  connection.value = recording.value ? 'live' : 'stopped';
  if (!opened) {
    // A server that is there and refuses was started anew: this page's token is of another one.
    const answer = await fetch('/session', { headers: { Authorization: `Bearer ${token}` } }).catch(
      () => undefined,
    );
    if (answer && !answer.ok) {
      sessionStorage.removeItem(TOKEN);
      connection.value = 'login';
      return;
    }
  }
  setTimeout(listen, AGAIN);
}
