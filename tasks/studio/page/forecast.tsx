import { type Expected, type FaultKind, faultWords, KIND_WORDS } from '../../measure/drill/names.ts';
import { type VotesLeft, votesWithout } from '../../watch/model/loss.ts';
import { GROUP_WORDS } from '../../watch/model/words.ts';
import { forecast } from './acting.ts';
import type { Forecast } from './protocol.ts';
import { seconds, t } from './say.ts';
import { shown } from './store.ts';
import { WORDS } from './words.ts';

/** Faults after which the machine's votes are gone. */
const GONE: FaultKind[] = ['power', 'stop', 'cable', 'freeze', 'fading'];

/** Kinds of requests that wait by the same formula, together. */
function together(all: Expected[]): { kinds: Expected['kind'][]; one: Expected }[] {
  const groups: { kinds: Expected['kind'][]; one: Expected }[] = [];
  for (const one of all) {
    const known = groups.find(
      ({ one: other }) => other.formula === one.formula && other.seconds === one.seconds,
    );
    if (known) known.kinds.push(one.kind);
    else groups.push({ kinds: [one.kind], one });
  }
  return groups;
}

const votesOf = ({ fault }: Forecast): VotesLeft[] => {
  if (GONE.includes(fault.kind)) return votesWithout(shown.value, fault.machine);
  return fault.kind === 'kill' && fault.service
    ? votesWithout(shown.value, fault.machine, fault.service)
    : [];
};

function Votes({ all }: { all: VotesLeft[] }) {
  return (
    <ul class="left">
      {all.map(({ group, left, of, majority }) => (
        <li key={group} class={left < majority ? 'bad' : ''}>
          {left < majority ? '▲' : '●'} {t(GROUP_WORDS[group])}{' '}
          {t({
            en: `${left} of ${of} votes left, ${majority} needed`,
            fr: `reste ${left} voix sur ${of}, ${majority} nécessaires`,
          })}
        </li>
      ))}
    </ul>
  );
}

/** What the design says of the fault that is chosen, before it is made. */
export function ForecastView() {
  const { value } = forecast;
  return (
    <div class="forecast" aria-live="polite">
      <h3>{t(WORDS.predicted)}</h3>
      {value === undefined ? (
        <p class="soft">{t(WORDS.asking)}</p>
      ) : 'what' in value ? (
        <p class="bad">
          ▲ {t(value.what)} {value.fix ? `${t(WORDS.todo)} ${t(value.fix)}` : ''}
        </p>
      ) : (
        <Said said={value} />
      )}
    </div>
  );
}

function Said({ said }: { said: Forecast }) {
  const { fault, expected, undoes } = said;
  const groups = together(expected);
  return (
    <>
      <p class="soft">{t(faultWords(fault))}</p>
      {groups.length === 0 ? <p>{t(fault.held.length > 0 ? WORDS.noFormula : WORDS.holdsNothing)}</p> : null}
      {groups.map(({ kinds, one }) => (
        <div key={kinds.join()} class="expected">
          <p>
            <b class="figure">
              {one.atLeast === one.seconds ? '' : `${seconds(one.atLeast, 1)} – `}
              {seconds(one.seconds, 1)} s
            </b>{' '}
            {kinds.map((kind) => t(KIND_WORDS[kind])).join(', ')}
          </p>
          <details>
            <summary>
              <code>{one.formula}</code>
            </summary>
            <ul>
              {one.terms.map(({ name, value, unit, from }) => (
                <li key={name}>
                  {name} {seconds(value)} {unit} <span class="soft">{from}</span>
                </li>
              ))}
              <li class="soft">{one.source}</li>
            </ul>
          </details>
        </div>
      ))}
      <Votes all={votesOf(said)} />
      {undoes === undefined ? null : (
        <p class="soft">
          {t({
            en: `${fault.machine} undoes it by itself after ${Math.round(undoes / 60)} minutes.`,
            fr: `${fault.machine} l'annule d'elle-même au bout de ${Math.round(undoes / 60)} minutes.`,
          })}
        </p>
      )}
    </>
  );
}
