// The way in through the school: the page asks where to sign in, keeps a ticket meanwhile, and exchanges what it comes back with for a token.

const WORDS = {
  title: ['Sign in', 'Connexion'],
  go: ['Sign in with your school account', 'Se connecter avec le compte de votre établissement'],
  wait: ['One moment …', 'Un instant…'],
  away: [
    'The sign-in of the school does not answer. Try again in a minute, or ask your teacher.',
    'La connexion de l’établissement ne répond pas. Réessayez dans une minute, ou demandez à votre enseignant.',
  ],
  refused: [
    'This did not work: your account is not in this class, or the sign-in was interrupted. Try again, or ask your teacher.',
    'Cela n’a pas fonctionné : votre compte n’est pas dans cette classe, ou la connexion a été interrompue. Réessayez, ou demandez à votre enseignant.',
  ],
};
const french = (sessionStorage.getItem('language') ?? navigator.language).startsWith('fr');
const word = (name) => WORDS[name][french ? 1 : 0];
const said = document.querySelector('#said');
const go = document.querySelector('#go');
document.documentElement.lang = french ? 'fr' : 'en';
document.title = word('title');
document.querySelector('#title').textContent = word('title');
go.textContent = word('go');

const post = (path, body) =>
  fetch(path, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(body),
  }).catch(() => undefined);

go.addEventListener('click', async () => {
  go.disabled = true;
  said.textContent = word('wait');
  const answer = await post('/school/begin', {});
  const told = answer?.ok ? await answer.json() : undefined;
  if (told) {
    sessionStorage.setItem('ticket', told.ticket);
    location.assign(told.to);
    return;
  }
  go.disabled = false;
  said.textContent = word('away');
});

const query = location.search.slice(1);
if (query) {
  // A code is of use once; it is not left where it can be read.
  history.replaceState(undefined, '', location.pathname);
  go.disabled = true;
  said.textContent = word('wait');
  const answer = await post('/school/end', { query, ticket: sessionStorage.getItem('ticket') });
  sessionStorage.removeItem('ticket');
  const told = answer?.ok ? await answer.json() : undefined;
  if (told) {
    sessionStorage.setItem(told.teacher ? 'wall' : 'token', told.token);
    location.replace(told.teacher ? '/wall' : '/');
  } else {
    go.disabled = false;
    said.textContent = word('refused');
  }
}
