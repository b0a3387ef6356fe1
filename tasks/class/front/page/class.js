// What stands above the page of a lab in a class: messages of the teacher, the word to a look, help, how long the lab runs yet. What comes
// from others is text, never markup.
import { word as common, post, signOut, wayIn, wordsOf } from '/signing.js';

const WORDS = {
  help: ['Ask for help', 'Demander de l’aide'],
  helping: ['You asked for help. Take it back', 'Vous avez demandé de l’aide. Annuler'],
  asks: [
    'Your teacher would like to look into your lab: see what you see, and do nothing in it.',
    'Votre enseignant aimerait regarder votre lab : voir ce que vous voyez, sans rien y faire.',
  ],
  allow: ['Allow, for an hour', 'Permettre, pour une heure'],
  refuse: ['Not now', 'Pas maintenant'],
  looks: ['Your teacher may look into your lab.', 'Votre enseignant peut regarder votre lab.'],
  end: ['End it', 'Y mettre fin'],
  youLook: [
    'You look into the lab of this student; nothing can be done here:',
    'Vous regardez le lab de cet étudiant ; rien ne peut y être fait :',
  ],
  idle: [
    'Your lab was saved and has ended, as nobody used it.',
    'Votre lab a été sauvegardé et arrêté, car personne ne s’en servait.',
  ],
  resume: ['Go on with it', 'Reprendre'],
  starting: ['Your lab is starting: a minute or two.', 'Votre lab démarre : une minute ou deux.'],
  saving: ['Your lab saves itself and ends.', 'Votre lab se sauvegarde et s’arrête.'],
  ended: [
    'Your lab was saved and has ended. Ask your teacher.',
    'Votre lab est sauvegardé et arrêté. Demandez à votre enseignant.',
  ],
  broken: [
    'Your lab does not run. Ask your teacher.',
    'Votre lab ne tourne pas. Demandez à votre enseignant.',
  ],
  left: [
    'minutes left; then your lab saves itself and ends.',
    'minutes restantes ; ensuite votre lab se sauvegarde et s’arrête.',
  ],
  read: ['Read', 'Lu'],
  ssh: ['Terminals over ssh', 'Terminaux par ssh'],
  key: ['your public key (~/.ssh/id_ed25519.pub)', 'votre clé publique (~/.ssh/id_ed25519.pub)'],
  give: ['Use this key', 'Utiliser cette clé'],
  given: ['This key may come in:', 'Cette clé peut entrer :'],
};
/** ms between two looks. */
const EVERY = 4000;
/** Minutes before the end from which on it is said. */
const SOON = 15;
const CONDITIONS = {
  ...{ waiting: 'starting', turn: 'starting', starting: 'starting', delayed: 'starting', ending: 'saving' },
  ...{
    saving: 'saving',
    idle: 'idle',
    ended: 'ended',
    absent: 'ended',
    failed: 'broken',
    lost: 'broken',
    held: 'broken',
  },
};

const bar = document.createElement('section');
bar.id = 'class';
bar.hidden = true;
document.body.prepend(bar);

const french = () => document.documentElement.lang === 'fr';
const word = wordsOf(WORDS, french);
let told;
let drawn = '';
/** The latest message that was read, by each: in one tab there may be one student after the other. */
const reader = () => `read ${told?.student}`;
const read = () => Number(sessionStorage.getItem(reader()) ?? 0);

function add(to, tag, text, role) {
  const part = document.createElement(tag);
  part.textContent = text;
  if (role) part.setAttribute('role', role);
  to.append(part);
  return part;
}

/** `place`: what stands there, whatever its word is at the moment. */
function button(to, name, wish, place = name) {
  const part = add(to, 'button', name === 'out' ? common('out', french()) : word(name));
  part.type = 'button';
  part.dataset.place = place;
  part.addEventListener('click', typeof wish === 'function' ? wish : () => ask(wish));
}

function messages() {
  for (const { id, at, text } of told.messages.filter((one) => one.id > read())) {
    const line = add(bar, 'p', '', 'alert');
    add(line, 'time', `${new Date(at).toLocaleTimeString([], { timeStyle: 'short' })} `);
    add(line, 'b', text);
    button(line, 'read', () => {
      sessionStorage.setItem(reader(), String(Math.max(read(), id)));
      draw();
    });
  }
}

/** With whose files the lab began, until it was read. */
function began() {
  const name = `began ${told.student}`;
  if (!told.began || Number(sessionStorage.getItem(name)) === told.began.at) return;
  const line = add(bar, 'p', '', 'alert');
  const text = told.began.lines.map((one) => one[french() ? 'fr' : 'en']).join(' ');
  add(line, 'b', `Lab ${told.began.lab}`);
  add(line, 'span', ` ${text}`);
  button(
    line,
    'read',
    () => {
      sessionStorage.setItem(name, String(told.began.at));
      draw();
    },
    'began',
  );
}

function look() {
  if (told.look !== 'asked' && told.look !== 'yes') return;
  const line = add(bar, 'p', '', told.look === 'asked' ? 'alert' : 'status');
  add(line, 'span', word(told.look === 'asked' ? 'asks' : 'looks'));
  if (told.look === 'asked') button(line, 'allow', { do: 'look', allow: true });
  button(line, told.look === 'asked' ? 'refuse' : 'end', { do: 'look', allow: false });
}

function lab() {
  const line = add(bar, 'p', '', 'status');
  const how = CONDITIONS[told.condition];
  if (how) add(line, 'span', word(how));
  if (how === 'idle') button(line, 'resume', { do: 'resume' });
  const minutes =
    told.ends === undefined ? undefined : Math.max(0, Math.ceil((told.ends - told.now / 1000) / 60));
  if (!how && minutes !== undefined && minutes <= SOON) add(line, 'span', `${minutes} ${word('left')}`);
  if (told.ssh !== undefined)
    button(line, 'ssh', () => {
      shows = !shows;
      draw();
    });
  button(line, told.help ? 'helping' : 'help', { do: 'help', on: !told.help }, 'help');
  button(line, 'out', () => signOut('token'));
}

/** How the machines are reached over ssh, and the key that is to. */
let shows = false;
let key = '';
let given = '';
function ssh() {
  const line = add(bar, 'p', '', 'status');
  const input = add(line, 'input', '');
  Object.assign(input, { type: 'text', size: 50, maxLength: 900, placeholder: word('key'), value: key });
  input.setAttribute('aria-label', word('key'));
  input.dataset.place = 'key';
  input.addEventListener('input', () => {
    key = input.value;
  });
  button(line, 'give', async () => {
    given = '';
    const answer = await ask({ do: 'key', key: input.value });
    given = answer?.ok
      ? `${word('given')} ssh -t -p ${told.ssh} ${told.student}@${location.hostname} web1`
      : ((await answer?.json())?.what?.[french() ? 'fr' : 'en'] ?? '');
    draw();
  });
  add(line, 'code', given);
}

function draw() {
  bar.lang = french() ? 'fr' : 'en';
  const now = JSON.stringify([
    told && { ...told, now: Math.floor(told.now / 60_000) },
    read(),
    sessionStorage.getItem(`began ${told?.student}`),
    french(),
    shows,
    given,
  ]);
  // What is there is left alone: somebody may be about to press it.
  if (now === drawn) return;
  drawn = now;
  // Whoever goes by keys stays where they are.
  const { place } = bar.contains(document.activeElement) ? document.activeElement.dataset : {};
  fill();
  if (place) bar.querySelector(`[data-place=${place}]`)?.focus();
}

function fill() {
  bar.replaceChildren();
  // The page itself speaks of `lab studio` then, which its reader does not have.
  bar.className = told === 'out' ? 'out' : '';
  bar.hidden = told === undefined;
  if (told === undefined) return;
  if (told === 'out') wayIn(add(bar, 'p', '', 'alert'), french());
  else if (told.looks !== undefined) {
    const line = add(bar, 'p', word('youLook'), 'status');
    add(line, 'b', ` ${told.looks}`);
  } else {
    messages();
    began();
    look();
    lab();
    if (shows && told.ssh !== undefined) ssh();
  }
}

const inside = () => told !== undefined && told !== 'out';

/** Whoever was in is not any more, signed out in another tab perhaps: nothing of the lab stays on the screen. */
function over() {
  sessionStorage.removeItem('token');
  location.reload();
}

async function ask(wish) {
  const token = sessionStorage.getItem('token');
  if (!token) {
    // The page lost its token, as it was refused; or it has none, and says so itself (a link may be on its way to become one).
    if (inside()) return over();
    if (document.querySelector('#app .notice')) told = 'out';
    return draw();
  }
  const answer = await post('/class', wish, token);
  if (answer?.ok) {
    told = await answer.json();
    sessionStorage.removeItem('left');
  } else if (answer?.status === 401) {
    if (inside()) return over();
    told = 'out';
  }
  draw();
  return answer;
}

async function listen() {
  await ask({});
  // Whoever does not look, asks for nothing.
  setTimeout(
    () => (document.hidden ? addEventListener('visibilitychange', listen, { once: true }) : listen()),
    told === undefined ? 300 : EVERY,
  );
}
// The personal link opened once more in this tab changes only what stands behind the #, for which a browser loads nothing.
addEventListener('hashchange', () => {
  if (location.hash.startsWith('#code=')) location.reload();
});
new MutationObserver(draw).observe(document.documentElement, { attributeFilter: ['lang'] });
await listen();
