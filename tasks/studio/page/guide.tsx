import { useEffect, useRef } from 'preact/hooks';
import { clockOf } from '../../watch/model/words.ts';
import { typeIn } from './consoles.ts';
import { OutputView } from './output.tsx';
import type { StepFound, StepTold } from './protocol.ts';
import { t } from './say.ts';
import { checks, offer, open, recording } from './store.ts';
import { checkLab, chooseLab, current, guide, holding, labs, runBlock, takeHint, trouble } from './study.ts';
import { typedFor } from './typing.ts';
import { WORDS } from './words.ts';

const MARKS = { passed: '●', failed: '▲', 'not-judged': '?' } as const;
const OUTCOMES = { passed: WORDS.passed, failed: WORDS.notYet, 'not-judged': WORDS['not-judged'] } as const;

const text = (button: HTMLElement) => button.closest('figure')?.querySelector('code')?.textContent ?? '';

/** The buttons of the guide's own HTML: what they do stands here alone. */
function clicked(event: MouseEvent): void {
  const part = event.target instanceof HTMLElement ? event.target.closest('button, a') : null;
  if (part instanceof HTMLAnchorElement) {
    // Beside the lab, not in its place.
    part.target = '_blank';
    part.rel = 'noopener noreferrer';
  } else if (part instanceof HTMLButtonElement) {
    const { in: machine, path, mode } = part.dataset;
    if (part.matches('.copy')) void copy(part);
    else if (part.matches('.run') && guide.value) void runBlock(guide.value.lab, text(part));
    else if (part.matches('.type') && machine) void typeIn(machine, typedFor(text(part), path, mode));
  }
}

async function copy(button: HTMLButtonElement): Promise<void> {
  const code = button.closest('figure')?.querySelector('code');
  if (!code) return;
  // Without the last line's end: a terminal would run it before it was read.
  const done = await navigator.clipboard?.writeText(text(button).replace(/\n$/, '')).then(
    () => true,
    () => false,
  );
  if (!done) getSelection()?.selectAllChildren(code);
  const was = button.textContent;
  button.textContent = t(done ? WORDS.copied : WORDS.marked);
  setTimeout(() => {
    button.textContent = was;
  }, 2000);
}

function Found({ found }: { found: StepFound }) {
  const labels = { expected: WORDS.expectedWord, found: WORDS.foundWord, look: WORDS.look } as const;
  return (
    <div class="found">
      {found.cause ? (
        <p class="soft">
          {t(WORDS.notJudged)} {t(found.cause)}
        </p>
      ) : null}
      {found.missing.map((one) => (
        <dl key={one.title.en}>
          <dt>▲ {t(one.title)}</dt>
          {(['expected', 'found', 'look'] as const).map((name) => {
            const said = one[name];
            return said ? (
              <dd key={name}>
                <span class="soft">{t(labels[name])}</span> <code>{t(said)}</code>
              </dd>
            ) : null;
          })}
        </dl>
      ))}
    </div>
  );
}

function Hints({ step }: { step: StepTold }) {
  const read = guide.value?.hints[step.id] ?? [];
  return (
    <div class="hints">
      {read.length > 0 ? (
        <ol>
          {read.map((html) => (
            <li key={html} dangerouslySetInnerHTML={{ __html: html }} />
          ))}
        </ol>
      ) : null}
      {offer.value && read.length < step.hints ? (
        <button type="button" onClick={() => void takeHint(step.id)}>
          {t(WORDS.hint)} {read.length + 1}/{step.hints}
        </button>
      ) : null}
    </div>
  );
}

function Step({ step, number, html }: { step: StepTold | undefined; number: number; html: string }) {
  const found = checks.value?.steps.find(({ id }) => id === step?.id);
  const outcome = found?.outcome ?? (step && holding.value.has(step.id) ? 'passed' : undefined);
  return (
    <section
      aria-labelledby={step ? `step-${step.id}` : undefined}
      data-step={step?.id}
      class={outcome ?? ''}
    >
      {step ? (
        <h3 id={`step-${step.id}`}>
          <span class="sign">{outcome ? MARKS[outcome] : '○'}</span> {number}. {t(step.title)}
          <span class="soft points">
            {outcome ? `${t(OUTCOMES[outcome])}, ` : ''}
            {step.points} {t(step.points === 1 ? WORDS.point : WORDS.points)}
          </span>
        </h3>
      ) : null}
      {found && outcome !== 'passed' ? <Found found={found} /> : null}
      <div class="text" dangerouslySetInnerHTML={{ __html: html }} />
      {guide.value?.later.includes(number) ? <p class="soft small">{t(WORDS.later)}</p> : null}
      {step ? <Hints step={step} /> : null}
    </section>
  );
}

function Bar() {
  const lab = current.value;
  if (!lab) return null;
  const now = checks.value?.lab === lab.id ? checks.value : undefined;
  const done = lab.steps.filter(({ id }) => holding.value.has(id)).length;
  return (
    <div class="bar">
      <select
        aria-label={t(WORDS.lab)}
        value={lab.id}
        onChange={(event) => chooseLab(event.currentTarget.value)}
      >
        {labs.value?.labs.map(({ id, title }) => (
          <option key={id} value={id}>
            {id} {t(title)}
          </option>
        ))}
      </select>
      <p aria-live="polite">
        <progress max={lab.steps.length} value={done} aria-label={t(WORDS.progress)} />{' '}
        {t({
          en: `${done} of ${lab.steps.length} steps`,
          fr: `${done} ${done < 2 ? 'étape' : 'étapes'} sur ${lab.steps.length}`,
        })}
        {now?.at ? (
          <span class="soft">
            , {t(WORDS.checkedAt)} <time>{clockOf(now.at)}</time>
          </span>
        ) : null}
      </p>
      {offer.value ? (
        <button
          type="button"
          aria-pressed={now?.running ?? false}
          onClick={() => void checkLab(now?.running ? undefined : lab.id)}
        >
          {t(now?.running ? WORDS.checking : WORDS.check)}
        </button>
      ) : null}
      {now?.problem ? (
        <p class="bad" role="alert">
          ▲ {now.problem.join(' ')}
        </p>
      ) : null}
      {trouble.value ? (
        <p class="bad" role="alert">
          ▲ {t(trouble.value.what)} {trouble.value.fix ? `${t(WORDS.todo)} ${t(trouble.value.fix)}` : ''}
        </p>
      ) : null}
    </div>
  );
}

/** The guide of a lab, what its checks find, hints and progress. */
export function Guide() {
  const scroll = useRef<HTMLDivElement>(null);
  const told = guide.value;
  const lab = current.value;
  useEffect(() => {
    // Buttons of the guide that only a page with a script has.
    for (const button of scroll.current?.querySelectorAll<HTMLButtonElement>('.copy') ?? [])
      button.hidden = false;
  });
  useEffect(() => {
    if (scroll.current && told?.lab) scroll.current.scrollTop = 0;
  }, [told?.lab]);
  if (recording.value) return null;
  return (
    <section class={`guide ${offer.value ? '' : 'looks'}`} aria-labelledby="guide">
      <h2 id="guide">
        {t(WORDS.guide)}
        <button type="button" onClick={() => open({ guide: false })}>
          {t(WORDS.close)}
        </button>
      </h2>
      <Bar />
      {/* biome-ignore lint/a11y/useKeyWithClickEvents: clicks of buttons in it, which the keyboard makes, too. */}
      {/* biome-ignore lint/a11y/noStaticElementInteractions: the same. */}
      <div class="scroll" ref={scroll as never} onClick={clicked}>
        {told && told.lab === lab?.id ? (
          told.sections.map(({ step, html }) => (
            <Step
              key={`${told.lab} ${step}`}
              step={lab.steps.find(({ id }) => id === `${lab.id}.${step}`)}
              number={step}
              html={html}
            />
          ))
        ) : (
          <p class="soft">{t(WORDS.reading)}</p>
        )}
      </div>
      <OutputView />
    </section>
  );
}
