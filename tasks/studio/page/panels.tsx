import { useEffect, useRef } from 'preact/hooks';
import { votings } from '../../watch/model/view.ts';
import { clockOf, GROUP_WORDS, lineText, votingText } from '../../watch/model/words.ts';
import { t } from './say.ts';
import { shown } from './store.ts';
import { WORDS } from './words.ts';

const SIGN = { majority: '●', none: '▲', unknown: '?' };
const VOTER = { here: '●', lost: '○', unknown: '?' };

export function Votes() {
  return (
    <section aria-labelledby="votes">
      <h2 id="votes">{t(WORDS.votes)}</h2>
      <dl class="votes">
        {votings(shown.value).map((voting) => (
          <div key={voting.group} class={voting.status} data-group={voting.group}>
            <dt>
              {SIGN[voting.status]} {t(GROUP_WORDS[voting.group])}
            </dt>
            <dd>
              {t(votingText(voting))}
              <span class="soft voters">
                {voting.voters.map(({ machine, state }) => `${VOTER[state]} ${machine}`).join('  ')}
              </span>
            </dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

/** Lines that the list shows. */
const LINES = 100;

/** What happened, the newest last: what a screen reader speaks. */
export function Events() {
  const list = useRef<HTMLOListElement>(null);
  const lines = shown.value.lines.slice(-LINES);
  const last = lines.at(-1)?.seq;
  // Who reads further up is not pulled down.
  const follows = useRef(true);
  useEffect(() => {
    if (list.current && follows.current && last !== undefined)
      list.current.scrollTop = list.current.scrollHeight;
  }, [last]);
  const scrolled = () => {
    const { current } = list;
    if (current) follows.current = current.scrollHeight - current.scrollTop - current.clientHeight < 40;
  };
  return (
    <section class="events" aria-labelledby="events">
      <h2 id="events">{t(WORDS.events)}</h2>
      {lines.length === 0 ? <p class="soft">{t(WORDS.none)}</p> : null}
      <div
        role="log"
        aria-labelledby="events"
        aria-live="polite"
        tabindex={0}
        ref={list as never}
        onScroll={scrolled}
      >
        <ol>
          {lines.map((line) => (
            <li key={line.seq}>
              <time>{clockOf(line.t)}</time> {line.machine ? <b>{line.machine}</b> : null} {t(lineText(line))}
            </li>
          ))}
        </ol>
      </div>
    </section>
  );
}
