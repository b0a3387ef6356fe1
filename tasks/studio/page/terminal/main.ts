import { FitAddon } from '@xterm/addon-fit';
import { Terminal } from '@xterm/xterm';
import css from '@xterm/xterm/css/xterm.css';
import type { ShellPlace, ShellSaid } from '../protocol.ts';
import { typed } from '../typing.ts';
import { allowStyles } from './styles.ts';

export interface View {
  /** Puts text at the prompt, as soon as there is one; Enter stays the reader's. */
  type(text: string): void;
  /** Whether text waits for a prompt. */
  readonly waits: boolean;
  focus(): void;
  fit(): void;
  /** Colours as the page has them now. */
  paint(): void;
  close(): void;
}

export interface Way {
  /** Opens the WebSocket of the shell, its output from a place on. */
  open(from: number): WebSocket;
  /** What is said where the terminal cannot say it: it waits, has no connection, or has less lines than what was put in. */
  told(state: 'open' | 'lost' | 'gone' | 'waits' | 'long'): void;
  /** The reader presses Enter. */
  entered(): void;
  /** The reader leaves by the keyboard. */
  leave(): void;
}

/** ms until a lost connection is tried again, until a size is told that has changed, between two words of what was shown. */
const AGAIN = 1000;
const SETTLED = 150;
/** Bytes after which the server is told that they were shown. */
const SHOWN = 16 * 1024;
/** Characters of one message. */
const MESSAGE = 8000;

const sheet = new CSSStyleSheet();
sheet.replaceSync(css);
document.adoptedStyleSheets.push(sheet);
allowStyles();

const colour = (name: string) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

/** The colour of a custom property as the browser computes it, with themes. */
function computed(name: string): string {
  const probe = document.createElement('i');
  probe.style.color = `var(${name})`;
  document.body.append(probe);
  const value = getComputedStyle(probe).color;
  probe.remove();
  return value;
}

const theme = () => ({
  background: computed('--panel'),
  foreground: computed('--text'),
  cursor: computed('--focus'),
  cursorAccent: computed('--panel'),
  selectionBackground: computed('--edge'),
});

/** A terminal in an element. */
export function openTerminal(element: HTMLElement, way: Way): View {
  const terminal = new Terminal({
    ...{ cols: 80, rows: 24, scrollback: 5000, cursorBlink: false, screenReaderMode: true },
    ...{ fontFamily: colour('--mono') || 'monospace', fontSize: 13, minimumContrastRatio: 4.5 },
    // What a machine calls a link leads nowhere.
    ...{ linkHandler: { activate: () => undefined }, theme: theme() },
  });
  const fitter = new FitAddon();
  terminal.loadAddon(fitter);
  terminal.open(element);
  terminal.textarea?.setAttribute('aria-label', element.dataset.label ?? '');

  let socket: WebSocket | undefined;
  let [place, shown, told] = [0, 0, 0];
  /** Up to here the output is a repetition, whose questions to the terminal were answered. */
  let until = 0;
  let waiting: string | undefined;
  /** What was shown before is repeated in a terminal that was empty. */
  let anew = false;
  let closed = false;

  const say = (said: ShellSaid) => {
    if (socket?.readyState === WebSocket.OPEN) socket.send(JSON.stringify(said));
  };
  const send = (text: string) => {
    for (let at = 0; at < text.length; at += MESSAGE) say({ type: text.slice(at, at + MESSAGE) });
  };
  const whenPrompt = () => {
    // Shells ask for it at their prompt, and take it back while a command runs.
    if (waiting === undefined || !terminal.modes.bracketedPasteMode || shown < until) return;
    // A shell draws no line of it below the last one of the screen, but over it.
    const isLong = waiting.split('\n').length > terminal.rows;
    terminal.paste(waiting);
    waiting = undefined;
    way.told(isLong ? 'long' : 'open');
  };
  /** What fills the screen may have been drawn before all that is repeated, and for another size: then it is drawn again. */
  const whenRepeated = () => {
    if (!anew || shown < until) return;
    anew = false;
    if (terminal.buffer.active.type === 'alternate' || !terminal.modes.bracketedPasteMode)
      say({ redraw: true });
  };
  const show = (bytes: Uint8Array) => {
    place += bytes.length;
    const upTo = place;
    terminal.write(bytes, () => {
      shown = Math.max(shown, upTo);
      if (shown - told >= SHOWN || shown === place) {
        told = shown;
        say({ got: shown });
      }
      whenPrompt();
      whenRepeated();
    });
  };

  function listen(): void {
    const own = way.open(place);
    socket = own;
    own.binaryType = 'arraybuffer';
    own.onopen = () => {
      way.told(waiting === undefined ? 'open' : 'waits');
      say({ size: [terminal.cols, terminal.rows] });
    };
    own.onmessage = ({ data }) => {
      if (typeof data !== 'string') return show(new Uint8Array(data as ArrayBuffer));
      const said = JSON.parse(data) as ShellPlace;
      // Something in between is not there any more.
      if (said.at !== place) terminal.reset();
      anew = said.until > said.at && (said.at !== place || place === 0);
      [place, shown, told, until] = [said.at, said.at, said.at, said.until];
    };
    own.onclose = ({ code }) => {
      if (closed) return;
      // 4404: GONE of protocol.ts.
      if (code === 4404) return way.told('gone');
      way.told('lost');
      setTimeout(() => closed || listen(), AGAIN);
    };
  }

  terminal.onData((data) => {
    // Answers to questions of before.
    if (shown >= until) send(data);
    if (data !== '\r') return;
    way.told('open');
    way.entered();
  });
  terminal.attachCustomKeyEventHandler((event) => {
    // Tab is the shell's; this leads out of the terminal.
    if (event.type !== 'keydown' || !event.ctrlKey || !event.shiftKey || event.key !== 'F6') return true;
    event.preventDefault();
    way.leave();
    return false;
  });
  const paste = (event: ClipboardEvent) => {
    event.preventDefault();
    event.stopImmediatePropagation();
    terminal.paste(typed(event.clipboardData?.getData('text/plain') ?? ''));
  };
  element.addEventListener('paste', paste, { capture: true });

  let settling: ReturnType<typeof setTimeout> | undefined;
  terminal.onResize(({ cols, rows }) => {
    clearTimeout(settling);
    settling = setTimeout(() => say({ size: [cols, rows] }), SETTLED);
  });
  const resize = () => {
    if (element.clientWidth > 0 && element.clientHeight > 0) fitter.fit();
  };
  const watcher = new ResizeObserver(resize);
  watcher.observe(element);
  resize();
  listen();

  return {
    type(text) {
      waiting = typed(text);
      terminal.scrollToBottom();
      whenPrompt();
      if (waiting !== undefined) way.told('waits');
    },
    get waits() {
      return waiting !== undefined;
    },
    focus: () => terminal.focus(),
    fit: resize,
    paint: () => {
      terminal.options.theme = theme();
    },
    close() {
      closed = true;
      watcher.disconnect();
      socket?.close();
      terminal.dispose();
    },
  };
}
