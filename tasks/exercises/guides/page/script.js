// Copies blocks, unfolds what is folded, prints. Without it the page is read and printed all the same.
const told = document.querySelector('.told');
const buttons = document.querySelector('.buttons');
const folded = document.querySelectorAll('details');
let telling;

const tell = (text) => {
  told.textContent = text;
  clearTimeout(telling);
  telling = setTimeout(() => {
    told.textContent = '';
  }, 3000);
};

/** Browsers that let no page write to the clipboard copy what is selected, or leave it to the keyboard. */
const copySelected = (code) => {
  getSelection().selectAllChildren(code);
  return document.execCommand('copy');
};

const copy = async (code) => {
  // Without the last line's end: a terminal would run it before it was read.
  const text = code.textContent.replace(/\n$/, '');
  const done = await navigator.clipboard?.writeText(text).then(
    () => true,
    () => false,
  );
  tell(done || copySelected(code) ? told.dataset.copied : told.dataset.selected);
};

for (const button of document.querySelectorAll('.copy')) {
  button.hidden = false;
  button.addEventListener('click', () => copy(button.parentElement.querySelector('code')));
}

buttons.hidden = false;
buttons.querySelector('[data-do=print]').addEventListener('click', () => print());
if (folded.length > 0) {
  const unfold = buttons.querySelector('[data-do=unfold]');
  const texts = { true: unfold.dataset.fold, false: unfold.textContent };
  unfold.hidden = false;
  unfold.addEventListener('click', () => {
    const open = unfold.getAttribute('aria-expanded') !== 'true';
    for (const details of folded) details.open = open;
    unfold.setAttribute('aria-expanded', String(open));
    unfold.textContent = texts[open];
  });
}
