// The way in through the school: the page asks where to sign in, keeps a ticket meanwhile, and exchanges what it comes back with for a token.
import { word as common, forget, languageOf, post, wordsOf } from '/signing.js';

const WORDS = {
  title: ['Sign in', 'Connexion'],
  another: ['Sign in with another account', 'Se connecter avec un autre compte'],
  wait: ['One moment…', 'Un instant…'],
  // Why somebody is not let in: refusal.ts.
  stale: [
    'This sign-in was begun in another tab or browser, was used before, or took too long. Sign in again.',
    'Cette connexion a été commencée dans un autre onglet ou navigateur, a déjà servi, ou a duré trop longtemps. Recommencez.',
  ],
  denied: [
    'Your school did not sign you in: this was cancelled or refused there. Sign in again.',
    'Votre établissement ne vous a pas connecté : c’est annulé ou refusé là-bas. Recommencez.',
  ],
  stranger: [
    'This account of your school is not in this class. Sign in with another one, or ask your teacher.',
    'Ce compte de votre établissement n’est pas dans cette classe. Prenez-en un autre, ou demandez à votre enseignant.',
  ],
  away: [
    'The sign-in of your school does not answer. Try again in a minute, or ask your teacher.',
    'La connexion de votre établissement ne répond pas. Réessayez dans une minute, ou demandez à votre enseignant.',
  ],
  failed: [
    'What the sign-in of your school answers cannot be used. Ask your teacher.',
    'Ce que répond la connexion de votre établissement est inutilisable. Demandez à votre enseignant.',
  ],
  silent: [
    'The page of the class does not answer. Try again in a minute, or ask your teacher.',
    'La page de la classe ne répond pas. Réessayez dans une minute, ou demandez à votre enseignant.',
  ],
};
const byId = (id) => document.getElementById(id);
const go = byId('go');
const french = languageOf(() => draw());
const word = wordsOf(WORDS, french);
let said;
let account;

function draw() {
  document.documentElement.style.colorScheme = sessionStorage.getItem('theme') ?? '';
  document.title = word('title');
  byId('title').textContent = word('title');
  byId('said').textContent = said ? word(said) + (account ? ` (${account})` : '') : '';
  go.textContent = sessionStorage.getItem('anew') ? word('another') : common('go', french());
  byId('or').textContent = common('or', french());
}

function show(why, of) {
  said = why;
  account = of;
  go.disabled = why === 'wait';
  draw();
  if (!go.disabled) go.focus();
}

/** Says why it did not work: the front's word, or that it has none. */
async function refused(answer) {
  const { why, account } = (await answer?.json().catch(() => undefined)) ?? {};
  // At the school that account is still the one who is in.
  if (why === 'stranger') sessionStorage.setItem('anew', 'yes');
  show(why ?? 'silent', account);
}

async function begin() {
  show('wait');
  const answer = await post('/school/begin', { anew: sessionStorage.getItem('anew') !== null });
  if (!answer?.ok) return refused(answer);
  const { to, ticket } = await answer.json();
  sessionStorage.setItem('ticket', ticket);
  location.assign(to);
}

async function end(query) {
  show('wait');
  const answer = await post('/school/end', { query, ticket: sessionStorage.getItem('ticket') });
  if (!answer?.ok) {
    // The address once more ("back", or a tab that a browser opens again): whoever is in stays in.
    const to = await inside();
    return to ? location.replace(to) : refused(answer);
  }
  const { token, teacher } = await answer.json();
  forget();
  sessionStorage.setItem(teacher ? 'wall' : 'token', token);
  location.replace(teacher ? '/wall' : '/');
}

/** Where the session of this tab leads; undefined when there is none. */
async function inside() {
  for (const [name, to] of [
    ['token', '/'],
    ['wall', '/wall'],
  ]) {
    const token = sessionStorage.getItem(name);
    const answer =
      token &&
      (await fetch('/session', { headers: { Authorization: `Bearer ${token}` } }).catch(() => undefined));
    if (answer?.ok) return to;
  }
  return undefined;
}

go.addEventListener('click', begin);

const { search, hash, pathname } = location;
// A code is of use once; it is not left where it can be read.
if (search || hash) history.replaceState(undefined, '', pathname);
if (search) await end(search.slice(1));
else if (hash === '#go') await begin();
else show();
