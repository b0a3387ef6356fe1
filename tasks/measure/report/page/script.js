// Moves and zooms the timelines. Without it each shows the whole run.
const STEPS = [100, 200, 500, 1000, 2000, 5000, 10000, 20000, 30000, 60000, 120000, 300000, 600000];
const LEAST = 500;
/** Width of a letter of a label, about. Pixels. */
const LETTER = 7;

for (const section of document.querySelectorAll('.drill')) {
  const chart = section.querySelector('.chart');
  const drawings = chart.querySelectorAll('svg');
  const [scale, moments] = chart.querySelectorAll('.scale');
  const output = section.querySelector('output');
  const number = (name) => Number(chart.dataset[name]);
  const [first, last, zero] = [number('from'), number('to'), number('zero')];
  let view = { from: first, to: last };
  let asked = false;

  const place = (x) => `${(((x - view.from) / (view.to - view.from)) * 100).toFixed(2)}%`;

  const draw = () => {
    asked = false;
    for (const drawing of drawings) {
      const [, y, , height] = drawing.getAttribute('viewBox').split(' ');
      drawing.setAttribute('viewBox', `${view.from} ${y} ${view.to - view.from} ${height}`);
    }
    const step = STEPS.find((length) => (view.to - view.from) / length <= 12) ?? 1200000;
    const labels = [];
    for (let x = zero + Math.ceil((view.from - zero) / step) * step; x <= view.to; x += step) {
      const label = document.createElement('span');
      label.textContent = String((x - zero) / 1000);
      label.style.left = place(x);
      labels.push(label);
    }
    scale.replaceChildren(...labels);
    for (const lane of chart.querySelectorAll('.machine')) label(lane);
    for (const moment of moments.children) moment.style.left = place(Number(moment.dataset.x));
  };

  /** Writes beside a machine's marks what they are, as far as there is room before the next one. */
  const label = (lane) => {
    const width = drawings[0].getBoundingClientRect().width;
    const seen = [...lane.querySelectorAll('.mark')].filter(
      ({ dataset }) => Number(dataset.x) >= view.from && Number(dataset.x) <= view.to,
    );
    const pixels = ({ dataset }) => ((Number(dataset.x) - view.from) / (view.to - view.from)) * width;
    const words = seen.flatMap((mark, index) => {
      const room = (seen[index + 1] ? pixels(seen[index + 1]) : width) - pixels(mark);
      if (room < mark.dataset.word.length * LETTER) return [];
      const word = document.createElement('span');
      word.textContent = mark.dataset.word;
      word.style.left = place(Number(mark.dataset.x));
      return [word];
    });
    lane.querySelector('.labels').replaceChildren(...words);
  };

  // At most once for each picture of the screen, however fast the pointer moves.
  const show = (from, to) => {
    const length = Math.min(last - first, Math.max(LEAST, to - from));
    const begin = Math.min(last - length, Math.max(first, from));
    view = { from: begin, to: begin + length };
    if (!asked) requestAnimationFrame(draw);
    asked = true;
  };
  const zoom = (factor, share = 0.5) => {
    const length = view.to - view.from;
    const middle = view.from + length * share;
    show(middle - length * factor * share, middle + length * factor * (1 - share));
  };
  const move = (share) => {
    const by = (view.to - view.from) * share;
    show(view.from + by, view.to + by);
  };
  const actions = {
    around: () => show(number('near'), number('until')),
    whole: () => show(first, last),
    closer: () => zoom(0.5),
    farther: () => zoom(2),
  };
  const keys = {
    ArrowLeft: () => move(-0.2),
    ArrowRight: () => move(0.2),
    '+': actions.closer,
    '=': actions.closer,
    '-': actions.farther,
    0: actions.around,
  };

  section.querySelector('.buttons').hidden = false;
  chart.tabIndex = 0;
  for (const button of section.querySelectorAll('button'))
    button.addEventListener('click', () => actions[button.dataset.do]());
  chart.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || !keys[event.key]) return;
    event.preventDefault();
    keys[event.key]();
  });

  let held;
  const shareOf = (event) => {
    const box = drawings[0].getBoundingClientRect();
    return (event.clientX - box.left) / box.width;
  };
  chart.addEventListener('pointerdown', (event) => {
    if (event.button !== 0) return;
    held = { at: event.clientX, view };
    chart.setPointerCapture(event.pointerId);
  });
  chart.addEventListener('pointerup', () => {
    held = undefined;
  });
  chart.addEventListener('pointermove', (event) => {
    if (held) {
      const width = drawings[0].getBoundingClientRect().width;
      const by = ((held.at - event.clientX) / width) * (held.view.to - held.view.from);
      show(held.view.from + by, held.view.to + by);
    }
    const share = shareOf(event);
    const at = (view.from + share * (view.to - view.from) - zero) / 1000;
    output.textContent = share < 0 || share > 1 ? '' : `${at < 0 ? '−' : '+'}${Math.abs(at).toFixed(2)} s`;
  });
  chart.addEventListener(
    'wheel',
    (event) => {
      if (!event.ctrlKey) return;
      event.preventDefault();
      zoom(event.deltaY > 0 ? 1.25 : 0.8, shareOf(event));
    },
    { passive: false },
  );
  actions.around();
}
