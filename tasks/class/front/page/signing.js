// What the pages of a class have in common, which all load: how they sign in and out, and their two languages.

const WORDS = {
  go: ['Sign in with your school account', 'Se connecter avec le compte de votre établissement'],
  link: ['Open your personal link again.', 'Ouvrez de nouveau votre lien personnel.'],
  or: ['Or open your personal link again.', 'Ou ouvrez de nouveau votre lien personnel.'],
  out: ['Sign out', 'Se déconnecter'],
  left: ['You are signed out.', 'La déconnexion est faite.'],
  still: [
    'In this browser you may still be signed in at your school.',
    'Dans ce navigateur, votre compte de l’établissement est peut-être encore connecté.',
  ],
  there: ['Sign out there too', 'Le déconnecter aussi'],
};
/** What a tab keeps that is nobody's. */
const KEPT = ['language', 'theme'];

/** Where one signs in through the school; undefined: links alone let in. */
const school = document.querySelector('meta[name=school]')?.content;

/** Words of a page by their names, each [English, French]; a name that is none stands for itself. `french`: whether that is the language now. */
export const wordsOf = (words, french) => (name) => words[name]?.[french() ? 1 : 0] ?? name;
export const word = (name, french) => wordsOf(WORDS, () => french)(name);

/**
 * The language of a page that has none from a lab's: its tab keeps it, and the button `language` changes it, after which `draw` draws the page.
 * Returns whether it is French now.
 */
export function languageOf(draw) {
  const button = document.getElementById('language');
  let french = (sessionStorage.getItem('language') ?? navigator.language).startsWith('fr');
  const show = () => {
    document.documentElement.lang = french ? 'fr' : 'en';
    button.textContent = french ? 'English' : 'Français';
    button.lang = french ? 'en' : 'fr';
  };
  button.addEventListener('click', () => {
    french = !french;
    sessionStorage.setItem('language', french ? 'fr' : 'en');
    show();
    draw();
  });
  show();
  return () => french;
}

/** Asks the front. Undefined when it does not answer. */
export const post = (path, body, token) =>
  fetch(path, {
    method: 'POST',
    headers: {
      'Content-Type': 'application/json',
      ...(token ? { Authorization: `Bearer ${token}` } : {}),
    },
    body: JSON.stringify(body),
  }).catch(() => undefined);

/** Leaves nothing in this tab of who was in it. */
export function forget() {
  for (const name of Object.keys(sessionStorage)) if (!KEPT.includes(name)) sessionStorage.removeItem(name);
}

/** Ends the session whose token this tab keeps under a name, and shows the page anew, which then says so. */
export async function signOut(name) {
  const answer = await post('/logout', {}, sessionStorage.getItem(name));
  const left = answer?.ok ? await answer.json() : {};
  forget();
  sessionStorage.setItem('left', JSON.stringify(left));
  // Whoever comes next in this tab is not the one whom the school still knows.
  sessionStorage.setItem('anew', 'yes');
  location.replace(location.pathname);
}

/** Says in a line how one comes in, and after a sign-out that it is done. */
export function wayIn(line, french) {
  const add = (text, to) => {
    const part = document.createElement(to ? 'a' : 'span');
    part.textContent = text;
    if (to) part.href = to;
    line.append(part, ' ');
  };
  const left = JSON.parse(sessionStorage.getItem('left') ?? 'null');
  if (left) add(word('left', french));
  if (left?.bySchool) add(word('still', french));
  if (left?.at) add(word('there', french), left.at);
  if (school) add(word('go', french), `${school}#go`);
  add(word(school ? 'or' : 'link', french));
}

// A page that a browser has kept for its "back" would show what is over.
addEventListener('pageshow', ({ persisted }) => {
  if (persisted) location.reload();
});
