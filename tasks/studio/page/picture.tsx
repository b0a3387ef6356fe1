import { h } from 'preact';
import { useRef } from 'preact/hooks';
import type { Shape } from '../../architecture/scene.ts';
import { drawnOf } from '../../architecture/svg.ts';
import { choice, choose as chooseFault, kindsFor } from './acting.ts';
import { cablesOf, type Shown } from './cables.ts';
import { t } from './say.ts';
import { liveScene, type Piece } from './scene.ts';
import { language, open, places, selected, shown, WIDE } from './store.ts';
import { WORDS } from './words.ts';

const Shapes = ({ shapes }: { shapes: Shape[] }) => (
  <>
    {shapes
      .flatMap(drawnOf)
      .map(({ tag, attributes, text }, index) => h(tag, { key: index, ...attributes }, text))}
  </>
);

export function choose(name: string): void {
  // While a fault is chosen, the picture says where.
  if (choice.value) {
    if (kindsFor(name).length > 0) chooseFault({ who: name });
    return;
  }
  selected.value = selected.value === name ? undefined : name;
  // Its details take the place of what stands there.
  if (selected.value) open({ door: false, ...(matchMedia(WIDE).matches ? {} : { guide: false }) });
}

function Card({ piece }: { piece: Piece }) {
  const keys = (event: KeyboardEvent) => {
    if (event.key !== 'Enter' && event.key !== ' ') return;
    event.preventDefault();
    choose(piece.name);
  };
  const box = piece.shapes.find((shape) => shape.kind === 'box' && shape.look === 'card');
  if (box?.kind !== 'box') return null;
  const { x, y, w, h: height } = box;
  return (
    <g data-card={piece.name}>
      {/* biome-ignore lint/a11y/noAriaHiddenOnFocusable: a group of an SVG takes no focus. */}
      <g aria-hidden="true">
        <Shapes shapes={piece.shapes} />
      </g>
      {/* biome-ignore lint/a11y/useSemanticElements: SVG has no button. */}
      <rect
        {...{ x, y, width: w, height, rx: 10 }}
        class="choice"
        role="button"
        tabindex={0}
        aria-label={piece.label}
        aria-pressed={(choice.value ? choice.value.who : selected.value) === piece.name}
        data-machine={piece.name}
        onClick={() => choose(piece.name)}
        onKeyDown={keys}
      />
    </g>
  );
}

/** The machines and addresses as they are now. */
export function Picture() {
  const own = places.value?.[language.value];
  const before = useRef(new Map<string, Shown | undefined>());
  if (!own) return null;
  const cables = cablesOf(own, shown.value, before.current);
  before.current = new Map(cables.map((cable) => [cable.machine, cable.shown]));
  const scene = liveScene(own, shown.value, language.value);
  return (
    <section class={`picture ${cables.length > 0 ? 'wired' : ''}`} aria-label={t(WORDS.picture)}>
      {/* biome-ignore lint/a11y/noSvgWithoutTitle: its parts have names; a title would be shown over each of them. */}
      <svg viewBox={`0 0 ${scene.width} ${scene.height}`}>
        <g>
          <Shapes shapes={scene.back} />
          {cables.length > 0 ? (
            <text class="small" x={30} y={25}>
              {t(WORDS.frame)}
            </text>
          ) : null}
          {cables.map(({ machine, d, level }) => (
            <path
              key={machine}
              d={d}
              class={`line cable ${level === undefined ? 'free' : `flow-${level}`}`}
              data-cable={machine}
            />
          ))}
          {scene.links.map(({ key, shape }) => (
            <g key={key} data-link={key}>
              <Shapes shapes={[shape]} />
            </g>
          ))}
        </g>
        {scene.pills.map((piece) => (
          // biome-ignore lint/a11y/noInteractiveElementToNoninteractiveRole: a group of an SVG is nothing interactive.
          <g key={piece.name} role="img" aria-label={piece.label} data-address={piece.name}>
            <Shapes shapes={piece.shapes} />
          </g>
        ))}
        {scene.cards.map((piece) => (
          <Card key={piece.name} piece={piece} />
        ))}
      </svg>
      <p class="legend">
        {t(WORDS.legend)}
        {cables.length > 0 ? `   ${t(WORDS.cableLegend)}` : ''}
      </p>
    </section>
  );
}
