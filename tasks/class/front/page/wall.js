// The teacher's wall: every lab as a tile, those first that need help. What comes from labs is text, never markup.
import { post as ask, word as common, languageOf, signOut, wayIn, wordsOf } from '/signing.js';

const WORDS = {
  waiting: ['waits for a place', 'attend une place'],
  delayed: ['its server was lost', 'son serveur est perdu'],
  held: ['held back', 'retenu'],
  ending: ['is ending', 'se termine'],
  turn: ['waits for its turn', 'attend son tour'],
  starting: ['starts', 'démarre'],
  running: ['runs', 'tourne'],
  saving: ['saves and ends', 'se sauvegarde'],
  ended: ['saved and ended', 'sauvegardé, arrêté'],
  failed: ['did not start', 'n’a pas démarré'],
  idle: ['saved, was not used', 'sauvegardé, inutilisé'],
  lost: ['was cut off', 'coupé'],
  absent: ['not started', 'pas démarré'],
  class: ['Class', 'Classe'],
  labs: ['labs', 'labs'],
  lab: ['lab', 'lab'],
  steps: ['steps', 'étapes'],
  here: ['at this step for', 'à cette étape depuis'],
  checked: ['checked', 'vérifié il y a'],
  saved: ['saved', 'sauvé il y a'],
  faults: ['open faults', 'pannes ouvertes'],
  none: ['This link does not count (any more).', 'Ce lien n’est pas (ou plus) valable.'],
  silent: ['The front does not answer.', 'La page ne répond pas.'],
  old: ['The cluster does not answer; as of', 'Le cluster ne répond pas ; état de'],
  wantsHelp: ['ASKS FOR HELP', 'DEMANDE DE L’AIDE'],
  helped: ['Helped', 'Aidé'],
  lookWish: ['Look', 'Regarder'],
  lookAsked: ['Asked…', 'Demandé…'],
  lookNo: ['Said no', 'A dit non'],
  lookOpen: ['Open', 'Ouvrir'],
  all: ['to all', 'à tous'],
  say: ['Message', 'Message'],
  send: ['Send', 'Envoyer'],
  start: ['Start lab', 'Commencer le lab'],
  startSure: [
    'Start this lab for all? Again to start.',
    'Commencer ce lab pour tous ? Encore pour commencer.',
  ],
  extend: ['More minutes', 'Minutes en plus'],
  done: ['done', 'fait'],
  starting1: ['being started', 'en cours'],
  not: ['not:', 'sauf :'],
  left: ['left', 'restant'],
};
/** ms between two looks. */
const EVERY = 3000;
/** From so many labs on, a list. */
const MANY = 60;
/** Seconds at one step after which somebody may need help. */
const STUCK = 20 * 60;

const french = languageOf(() => draw());
const word = wordsOf(WORDS, french);
const byId = (id) => document.getElementById(id);

const ago = (seconds) => {
  if (seconds < 60) return `${Math.max(0, Math.round(seconds))} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min`;
  return `${Math.floor(seconds / 3600)} h`;
};

/** How much a lab needs somebody: the larger, the earlier it stands. */
export function need(lab, now) {
  if (lab.condition === 'failed' || lab.condition === 'lost' || lab.condition === 'held') return 1e9;
  if (lab.help) return 5e8;
  if (lab.condition === 'delayed' || lab.note) return 1e8;
  if (lab.condition !== 'running') return ['ended', 'idle', 'absent'].includes(lab.condition) ? -1 : 1e7;
  const done = lab.steps !== undefined && lab.passed >= lab.steps;
  return done || lab.progressed === undefined ? 0 : now - lab.progressed;
}

const classOf = (lab, now) => {
  const much = need(lab, now);
  return much >= 1e8 ? 'bad' : much > STUCK ? 'slow' : lab.condition === 'running' ? 'good' : '';
};

function tile(lab, now) {
  const item = document.createElement('li');
  item.className = classOf(lab, now);
  const add = (tag, text) => {
    const part = document.createElement(tag);
    part.textContent = text;
    part.title = text;
    item.append(part);
  };
  add('b', lab.name);
  add(
    'span',
    [lab.help && `${word('wantsHelp')} ${ago(now - lab.help)}`, word(lab.condition), lab.server, lab.note]
      .filter(Boolean)
      .join(' · '),
  );
  const facts = [];
  if (lab.lab) facts.push(`${word('lab')} ${lab.lab} ${lab.passed ?? 0}/${lab.steps ?? '?'}`);
  if (lab.progressed) facts.push(`${word('here')} ${ago(now - lab.progressed)}`);
  if (lab.checked) facts.push(`${word('checked')} ${ago(now - lab.checked)}`);
  if (lab.faults) facts.push(`${lab.faults} ${word('faults')}`);
  if (lab.saved) facts.push(`${word('saved')} ${ago(now - lab.saved)}`);
  if (lab.ends) facts.push(`${ago(lab.ends - now)} ${word('left')}`);
  add('small', facts.join(' · '));
  const acts = document.createElement('span');
  acts.className = 'acts';
  const act = (text, work) => {
    const one = document.createElement('button');
    one.type = 'button';
    one.textContent = text;
    one.setAttribute('aria-label', `${text}: ${lab.name}`);
    one.addEventListener('click', work);
    acts.append(one);
  };
  if (lab.help) act(word('helped'), () => teach({ do: 'helped', student: lab.student }));
  const look = { asked: 'lookAsked', no: 'lookNo', yes: 'lookOpen' }[lab.look] ?? 'lookWish';
  if (lab.condition === 'running') act(word(look), () => lookInto(lab.student));
  item.append(acts);
  return item;
}

/** Asks the student, and opens the lab once the student lets it. */
async function lookInto(student) {
  const said = await teach({ do: 'look', student });
  if (said?.code) open(`/#code=${said.code}`, '_blank', 'noopener');
}

/** Has the front do something with the class; what it says, or undefined with the reason shown. */
async function teach(wish) {
  const answer = await post('/teach', wish);
  const said = await answer?.json().catch(() => undefined);
  byId('said').textContent = answer?.ok
    ? word('done')
    : (said?.what?.[french() ? 'fr' : 'en'] ?? word('silent'));
  if (answer?.ok) void fetchLabs();
  return answer?.ok ? said : undefined;
}

/** A start for all takes minutes and changes every lab: it is asked for twice. */
let sure;
function startForAll() {
  const lab = byId('lab').value;
  if (sure === lab) {
    sure = undefined;
    void teach({ do: 'start', lab });
  } else {
    sure = lab;
    byId('said').textContent = word('startSure');
  }
}

let last;
let drawnTiles = '';
function draw() {
  byId('out').textContent = common('out', french());
  for (const name of ['send', 'start', 'extend']) byId(name).textContent = `${word(name)} ${word('all')}`;
  for (const [id, name] of Object.entries({ text: 'say', lab: 'start', minutes: 'extend' }))
    byId(id).setAttribute('aria-label', word(name));
  byId('text').placeholder = word('say');
  if (!last) return;
  const now = last.now / 1000;
  const labs = [...last.labs].sort((a, b) => need(b, now) - need(a, now) || a.name.localeCompare(b.name));
  const counts = new Map();
  for (const { condition } of labs) counts.set(condition, (counts.get(condition) ?? 0) + 1);
  byId('title').textContent = `${word('class')} ${last.class}`;
  document.title = byId('title').textContent;
  const sum = [...counts].map(([condition, count]) => `${count} ${word(condition)}`).join(', ');
  const old = last.problem ? ` ${word('old')} ${new Date(last.at).toLocaleTimeString()}.` : '';
  saySum(`${labs.length} ${word('labs')}: ${sum}.${old}`);
  document.body.classList.toggle('stale', Boolean(last.problem));
  byId('labs').className = labs.length > MANY ? 'many' : '';
  const { work } = last;
  byId('work').textContent = work
    ? `${word('lab')} ${work.lab}: ${work.done}/${work.of} ${word(work.running ? 'starting1' : 'done')}${work.failed.length > 0 ? `, ${word('not')} ${work.failed.join(', ')}` : ''}`
    : '';
  // A button that somebody is about to press stays; what stands there changes by the minute.
  const tiles = JSON.stringify([labs, Math.floor(now / 10), french()]);
  if (tiles === drawnTiles) return;
  drawnTiles = tiles;
  const focused = document.activeElement?.getAttribute('aria-label');
  byId('labs').replaceChildren(...labs.map((lab) => tile(lab, now)));
  if (focused && document.activeElement === document.body)
    for (const one of document.querySelectorAll('.acts button'))
      if (one.getAttribute('aria-label') === focused) one.focus();
}

const post = (path, body) => ask(path, body, sessionStorage.getItem('wall'));

function saySum(text) {
  delete byId('sum').dataset.out;
  byId('sum').textContent = text;
}

/** Nobody is in, or not any more. What is there is left alone: somebody may be about to press it. */
function sayOut() {
  const sum = byId('sum');
  const now = french() ? 'fr' : 'en';
  if (sum.dataset.out === now) return;
  sum.dataset.out = now;
  sum.textContent = sessionStorage.getItem('wall') ? `${word('none')} ` : '';
  wayIn(sum, french());
}

async function fetchLabs() {
  const answer = await post('/labs', {});
  document.body.classList.toggle('out', answer?.ok === false);
  if (answer?.ok) {
    last = await answer.json();
    sessionStorage.removeItem('left');
    draw();
  } else {
    if (answer) sayOut();
    else saySum(word('silent'));
    document.body.classList.add('stale');
  }
}

async function look() {
  await fetchLabs();
  // Whoever does not look, asks for nothing.
  setTimeout(
    () => (document.hidden ? addEventListener('visibilitychange', look, { once: true }) : look()),
    EVERY,
  );
}

const code = /^#code=([\w-]+)$/.exec(location.hash)?.[1];
if (code) {
  history.replaceState(null, '', location.pathname);
  const answer = await post('/login', { code });
  if (answer?.ok) sessionStorage.setItem('wall', (await answer.json()).token);
}
byId('out').addEventListener('click', () => signOut('wall'));
byId('send').addEventListener('click', async () => {
  if (await teach({ do: 'say', text: byId('text').value })) byId('text').value = '';
});
byId('start').addEventListener('click', startForAll);
byId('extend').addEventListener('click', () =>
  teach({ do: 'extend', minutes: Number(byId('minutes').value) }),
);
draw();
await look();
