import { sleep } from '../base/poll.ts';
import { decimal, type Text } from '../base/text.ts';
import type { Engine } from '../engines/engine.ts';
import { processorPressure, processorsAllowed } from '../host/processors.ts';

/** What the machines take of the computer. */
export interface Processors {
  /** Processors that the machines took together while they were watched. */
  taken: number;
  /** Processors that they may take: those of the computer, or the part that a control group allows. */
  allowed: number;
  /** Share (0 to 1) of the last minute in which some program of the computer waited for a processor. */
  pressure?: number;
}

/** Seconds between the two looks. */
const WATCHED = 1;
/** Shares from which on the computer counts as overloaded. */
const FULL = 0.75;
const WAITING = 0.75;

/** Watches the machines for so many seconds. Undefined where the engine cannot tell, or none runs. */
export async function watchProcessors(
  engine: Pick<Engine, 'processorTime'>,
  seconds: number,
): Promise<Processors | undefined> {
  const before = engine.processorTime?.();
  if (!before || before.size === 0) return undefined;
  const begun = performance.now();
  await sleep(seconds);
  const after = engine.processorTime?.() ?? new Map<string, number>();
  const took = (performance.now() - begun) / 1000;
  // A machine that started again meanwhile counts from zero.
  const spent = [...after].reduce(
    (sum, [name, time]) => sum + Math.max(0, time - (before.get(name) ?? time)),
    0,
  );
  const pressure = processorPressure();
  return {
    taken: Math.round((spent / took) * 100) / 100,
    allowed: Math.round(processorsAllowed() * 100) / 100,
    ...(pressure === undefined ? {} : { pressure }),
  };
}

/**
 * Does `work`, which asks the machines, and watches them meanwhile. Answering is work too: when they seem to take too much, they are
 * watched once more while nobody asks.
 */
export async function watchWhile<T>(
  engine: Pick<Engine, 'processorTime'>,
  work: () => Promise<T>,
  seconds = WATCHED,
): Promise<{ result: T; processors: Processors | undefined }> {
  const [processors, result] = await Promise.all([watchProcessors(engine, seconds), work()]);
  const doubtful = processors && isFull(processors);
  return { result, processors: doubtful ? await watchProcessors(engine, seconds) : processors };
}

const isFull = ({ taken, allowed }: Processors): boolean => taken >= FULL * allowed;

/** One sentence when the computer is overloaded; undefined when it is not, or not for certain. */
export function overloadText(processors: Processors): Text | undefined {
  const { taken, allowed, pressure = 0 } = processors;
  if (isFull(processors))
    return {
      en: `The machines take ${decimal(taken, 'en')} of the ${decimal(allowed, 'en')} processors that they may use: if nobody is using the lab now, that is too much for this computer, and \`lab up --timers slow\` gives it more time.`,
      fr: `Les machines prennent ${decimal(taken, 'fr')} des ${decimal(allowed, 'fr')} processeurs dont elles disposent : si personne n'utilise le lab en ce moment, c'est trop pour cet ordinateur, et \`lab up --timers slow\` lui donne plus de temps.`,
    };
  if (pressure < WAITING) return undefined;
  const percent = Math.round(pressure * 100);
  return {
    en: `In ${percent} % of the last minute some program of this computer waited for a processor.`,
    fr: `Pendant ${percent} % de la dernière minute, un programme de cet ordinateur attendait un processeur.`,
  };
}
