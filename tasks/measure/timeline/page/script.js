// Makes the chart wider, and shows what was in the middle before. Without it the whole run is shown.
const scroll = document.querySelector('.scroll');
const buttons = document.querySelector('.buttons');
let zoom = 1;
buttons.hidden = false;
buttons.addEventListener('click', ({ target }) => {
  const factor = Number(target.dataset.zoom);
  if (Number.isNaN(factor)) return;
  const middle = (scroll.scrollLeft + scroll.clientWidth / 2) / scroll.scrollWidth;
  zoom = factor === 0 ? 1 : Math.min(32, Math.max(1, zoom * factor));
  scroll.style.setProperty('--zoom', zoom);
  scroll.scrollLeft = middle * scroll.scrollWidth - scroll.clientWidth / 2;
});
