import { signal } from '@preact/signals';
import { h } from 'preact';
import { KIND_WORDS, VERDICT_WORDS } from '../../measure/drill/names.ts';
import { HEIGHT } from '../../measure/report/chart.ts';
import type { Mark } from '../../measure/report/lane.ts';
import { type DrillState, isUnderWay } from '../../watch/model/drill.ts';
import { lineText } from '../../watch/model/words.ts';
import { type LiveEvent, type LiveLane, type LiveOutage, laneLabel, liveOutage } from './outage.ts';
import { seconds, t } from './say.ts';
import { shown } from './store.ts';
import { STEP_WORDS, WORDS } from './words.ts';

/** The drill that the reader has seen enough of. */
const closed = signal<string | undefined>(undefined);

const Marks = ({ marks }: { marks: Mark[] }) => (
  <>{marks.map(({ tag, attributes }, index) => h(tag, { key: index, ...attributes }))}</>
);

type Span = Pick<LiveOutage, 'from' | 'to'>;
const box = ({ from, to }: Span) => `${from} 0 ${to - from} ${HEIGHT}`;
const place = (x: number, { from, to }: Span) => `${((x - from) / (to - from)) * 100}%`;

function Lane({ lane, span }: { lane: LiveLane; span: Span }) {
  const { kind, outage, predicted, marks } = lane;
  return (
    <div class={`lane${outage?.open ? ' out' : ''}`} data-lane={kind}>
      <span class="name">{t(KIND_WORDS[kind])}</span>
      <svg role="img" aria-label={t(laneLabel(lane, seconds))} viewBox={box(span)} preserveAspectRatio="none">
        <Marks marks={marks} />
      </svg>
      <span class="figures">
        {outage && (outage.seconds > 0 || predicted) ? (
          <b>
            {outage.open ? '▲ ≥ ' : ''}
            {seconds(outage.seconds, 1)} s
          </b>
        ) : null}{' '}
        {predicted ? (
          <span class="soft">
            {seconds(predicted.atLeast, 1)}–{seconds(predicted.seconds, 1)}
          </span>
        ) : null}
      </span>
    </div>
  );
}

/** Share of the width below which a word beside an event would not be read. */
const LEAST_ROOM = 0.07;

function Events({ machine, marks, moments, span }: LiveOutage['events'][number] & { span: Span }) {
  const said = ({ line }: LiveEvent) => t(lineText(line));
  return (
    <div class="lane machine">
      <span class="name">{machine}</span>
      <div class="drawing">
        <svg
          role="img"
          aria-label={`${t(WORDS.events)}, ${machine}: ${marks.map(said).join(', ')}`}
          viewBox={box(span)}
          preserveAspectRatio="none"
        >
          <Marks marks={moments} />
          {marks.map(({ line, d }) => (
            <path key={line.seq} class="mark" d={d} />
          ))}
        </svg>
        <div aria-hidden="true">
          {marks
            .filter(({ room }) => room > LEAST_ROOM)
            .map((mark) => (
              <span
                key={mark.line.seq}
                class="word"
                style={{ left: place(mark.x, span), maxWidth: `${mark.room * 100}%` }}
              >
                {said(mark)}
              </span>
            ))}
        </div>
      </div>
      <span class="figures" />
    </div>
  );
}

function Title({ drill, since }: { drill: DrillState; since: number | undefined }) {
  const { step, verdict, words, notes = [] } = drill;
  return (
    <>
      <h2 id="outage">
        {t(WORDS.drill)} <span>{words ? t(words) : ''}</span>
        {verdict ? (
          <b class={`verdict ${verdict}`}>
            {{ pass: '●', fail: '▲', unknown: '?' }[verdict]} {t(VERDICT_WORDS[verdict])}
          </b>
        ) : null}
        <span class="soft" aria-live="polite">
          {t(STEP_WORDS[step])}
        </span>
        {since !== undefined && isUnderWay(drill) ? (
          <time class="soft">+{seconds(Math.floor(since), 0)} s</time>
        ) : null}
        {since === undefined ? null : (
          <span class="soft key">
            <svg viewBox="0 0 14 16" aria-hidden="true">
              <rect class="predicted" x="2" y="1" width="10" height="14" />
            </svg>
            {t(WORDS.foreseen)}
            {drill.said === undefined ? null : (
              <>
                <svg viewBox="0 0 14 16" aria-hidden="true">
                  <path class="said" d="M7 0v16" />
                </svg>
                {t(WORDS.saidBefore)}
              </>
            )}
          </span>
        )}
        {isUnderWay(drill) ? null : (
          <button
            type="button"
            onClick={() => {
              closed.value = drill.id;
            }}
          >
            {t(WORDS.close)}
          </button>
        )}
      </h2>
      {notes.length > 0 ? (
        <ul class="notes">
          {notes.map((note) => (
            <li key={note.en}>{t(note)}</li>
          ))}
        </ul>
      ) : null}
    </>
  );
}

/** The outage as visitors see it, while it happens: every request, what the timers predicted, and what the machines say. */
export function Outage() {
  const live = liveOutage(shown.value);
  if (!live || live.drill.id === closed.value) return null;
  return (
    <section class="outage lanes" aria-labelledby="outage">
      <Title drill={live.drill} since={live.since} />
      <section class="scroll" tabindex={0} aria-label={t(WORDS.requests)}>
        {live.lanes.map((lane) => (
          <Lane key={lane.kind} lane={lane} span={live} />
        ))}
        {live.events.map((events) => (
          <Events key={events.machine} {...events} span={live} />
        ))}
      </section>
      <div class="lane axis" aria-hidden="true">
        <span class="name">{t(live.since === undefined ? WORDS.axisBegin : WORDS.axis)}</span>
        <div class="scale">
          {live.axis.map(({ x, seconds: at }) => (
            <span key={x} style={{ left: place(x, live) }}>
              {at}
            </span>
          ))}
        </div>
        <span class="figures">{t(WORDS.figures)}</span>
      </div>
    </section>
  );
}
