import { computed, effect, signal } from '@preact/signals';
import { ask, isRefusal, post, refusalOf } from './post.ts';
import type { GuideTold, LabsTold, LabTold, Refusal, Wish } from './protocol.ts';
import { checks, connection, language, open, opened, recording, work } from './store.ts';

/** The kit's labs, and how far the reader is. */
export const labs = signal<LabsTold | undefined>(undefined);
/** The lab that the reader looks at (NN); without a choice the one that was started. */
export const chosen = signal<string | undefined>(sessionStorage.getItem('lab') ?? undefined);
export const guide = signal<GuideTold | undefined>(undefined);
/** Why something of it was refused. */
export const trouble = signal<Refusal | undefined>(undefined);

export const current = computed<LabTold | undefined>(() => {
  const all = labs.value?.labs ?? [];
  const wanted = chosen.value ?? labs.value?.current;
  return all.find(({ id }) => id === wanted) ?? all.find(({ paper }) => !paper);
});

export function chooseLab(id: string): void {
  chosen.value = id;
  sessionStorage.setItem('lab', id);
}

/** The server has guides, and the page wants one. */
const reads = computed(() => connection.value === 'live' && !recording.value && opened.value.guide);

/** Asks again how far the reader is. */
export async function lookAtLabs(): Promise<void> {
  const said = await ask<LabsTold>('/ask', { ask: 'labs' });
  if (isRefusal(said)) trouble.value = said;
  else labs.value = said;
}

export async function lookAtGuide(): Promise<void> {
  const lab = current.peek()?.id;
  if (lab === undefined) return;
  const said = await ask<GuideTold>('/ask', { ask: 'guide', lab, language: language.peek() });
  if (lab !== current.peek()?.id) return;
  trouble.value = isRefusal(said) ? said : undefined;
  if (!isRefusal(said)) guide.value = said;
}

effect(() => {
  if (reads.value) void lookAtLabs();
});
/** Where a lab was started from the page its guide is what comes next, in the place of what started it. */
let startedBy: string | undefined;
effect(() => {
  const now = work.value;
  if (now?.what !== 'start') return;
  if (now.state === 'running') startedBy = now.command;
  else if (now.state === 'done' && startedBy === now.command) {
    startedBy = undefined;
    chosen.value = undefined;
    sessionStorage.removeItem('lab');
    // With whose files a lab began is said by the command: it stays to be read.
    open(now.command.split(' ').includes('--from-mine') ? { guide: true } : { guide: true, door: false });
    void lookAtLabs();
  }
});
/** Which guide it is, in which language; answers show as steps come to hold. */
const wanted = computed(() =>
  reads.value && current.value ? `${current.value.id} ${language.value}` : undefined,
);
effect(() => {
  if (wanted.value !== undefined) void lookAtGuide();
});

/** Steps that hold, by the checks of now; until there are any by what was found before. */
export const holding = computed<ReadonlySet<string>>(() => {
  const { value } = checks;
  if (value && value.lab === current.value?.id && value.at !== undefined)
    return new Set(value.steps.filter(({ outcome }) => outcome === 'passed').map(({ id }) => id));
  return new Set(current.value?.steps.filter(({ passed }) => passed).map(({ id }) => id));
});
let before = '';
effect(() => {
  const now = [...holding.value].join();
  if (checks.value?.at === undefined || now === before) return;
  before = now;
  // The model answers to the questions of a step show from now on.
  if (reads.peek()) void lookAtGuide();
});

async function want(wish: Wish): Promise<void> {
  try {
    const answer = await post('/act', wish);
    trouble.value = answer.ok ? undefined : await refusalOf(answer);
  } catch {
    // The connection is gone, which is said elsewhere.
  }
}

export const checkLab = (lab: string | undefined): Promise<void> =>
  want({ do: 'check', ...(lab === undefined ? {} : { lab }), language: language.value });

/** Has a block for this computer run. */
export const runBlock = (lab: string, text: string): Promise<void> =>
  want({ do: 'run', lab, text, language: language.value });
export const stopRun = (): Promise<void> => want({ do: 'stop-run' });

export async function takeHint(step: string): Promise<void> {
  await want({ do: 'hint', step, language: language.value });
  await lookAtGuide();
}
