import { LabError } from '../base/errors.ts';
import { decimal, type Text } from '../base/text.ts';
import type { PowerState } from '../engines/engine.ts';
import { factorFor, measureSpeed, PROCESSORS, QUIET_START, type Speed } from '../host/speed.ts';
import { type EnvironmentTimers, FAST, SLOW, STEP, timersOf } from '../roles/timers.ts';
import { type Environment, type EnvironmentRecord, writeRecord } from './record.ts';

/** The factor that `lab up --timers` asks for: fast, slow, or a number. LabError for anything else. */
export function factorNamed(text: string): number {
  if (text === 'fast') return FAST;
  if (text === 'slow') return SLOW;
  const factor = Number(text.replace(',', '.'));
  if (text.trim() !== '' && factor >= FAST && factor <= SLOW && Number.isInteger(factor / STEP))
    return factor;
  throw new LabError(
    { en: `--timers "${text}" is not possible.`, fr: `--timers « ${text} » n'est pas possible.` },
    {
      en: `use fast, slow, or a factor from ${FAST} (fast) to ${SLOW} (slow) in steps of ${STEP}.`,
      fr: `utilisez fast, slow, ou un facteur de ${FAST} (rapide) à ${SLOW} (lent) par pas de ${decimal(STEP, 'fr')}.`,
    },
  );
}

/** What a start costs, in words, and how much of a processor there is where it is less than an ordinary computer has. */
export function speedText({ start, processors = PROCESSORS }: Pick<Speed, 'start' | 'processors'>): Text {
  const times = start / QUIET_START;
  const [ms, ratio] = [start / 1000, Number(times.toPrecision(2))];
  const few = processors < PROCESSORS ? Number(processors.toPrecision(2)) : undefined;
  const share = {
    en: few === undefined ? '' : `, with ${decimal(few, 'en')} of a processor instead of ${PROCESSORS}`,
    fr: few === undefined ? '' : `, avec ${decimal(few, 'fr')} processeur au lieu de ${PROCESSORS}`,
  };
  return {
    en: `starting a program takes ${decimal(ms, 'en')} ms (${decimal(ratio, 'en')} times as long as on a quiet, ordinary computer)${share.en}`,
    fr: `démarrer un programme prend ${decimal(ms, 'fr')} ms (${decimal(ratio, 'fr')} fois le temps d'un ordinateur ordinaire au repos)${share.fr}`,
  };
}

/** Which timers a lab has and why, one sentence; undefined for the fast ones. */
export function timersText({ factor, by }: EnvironmentTimers, speed?: Speed): Text | undefined {
  if (factor === FAST) return undefined;
  const slow = speed && factorFor(speed) > FAST ? speedText(speed) : undefined;
  const why: Record<EnvironmentTimers['by'], Text> = {
    measured: {
      en: `This computer is slow${slow ? `: ${slow.en}` : ''}. `,
      fr: `Cet ordinateur est lent${slow ? ` : ${slow.fr}` : ''}. `,
    },
    user: { en: '', fr: '' },
    emulated: { en: 'Processors are emulated. ', fr: 'Les processeurs sont émulés. ' },
  };
  const asked = by === 'user' ? { en: ', as asked for', fr: ', comme demandé' } : { en: '', fr: '' };
  return {
    en: `${why[by].en}The lab has the timers of factor ${decimal(factor, 'en')} (1: fast, 10: slow), and drills judge accordingly${asked.en}.`,
    fr: `${why[by].fr}Le lab a les délais du facteur ${decimal(factor, 'fr')} (1 : rapide, 10 : lent), et les exercices jugent en conséquence${asked.fr}.`,
  };
}

/** What is known when a lab is brought up. */
export interface Situation {
  record: EnvironmentRecord;
  /** What the user asks for with --timers. */
  wish: number | undefined;
  /** The computer's speed now; undefined when it was not measured. */
  speed: Speed | undefined;
  /** No machine of the lab exists yet. */
  fresh: boolean;
  /** All roles are brought up to date: other timers would reach every machine. */
  whole: boolean;
}

/** Which timers a lab takes, and what is said about it. */
export function chooseTimers({ record, wish, speed, fresh, whole }: Situation): {
  timers: EnvironmentTimers;
  said?: Text | undefined;
} {
  const kept = timersOf(record);
  if (wish !== undefined) {
    const timers: EnvironmentTimers = { factor: wish, by: 'user' };
    if (wish === kept.factor) return { timers };
    const fast = { en: 'The lab takes the fast timers.', fr: 'Le lab prend les délais rapides.' };
    return { timers, said: timersText(timers) ?? fast };
  }
  if (record.driver === 'qemu') return { timers: kept, ...(fresh ? { said: timersText(kept) } : {}) };
  if (!speed || kept.by === 'user') return { timers: kept };
  const measured: EnvironmentTimers = { factor: factorFor(speed), by: 'measured' };
  if (fresh) return { timers: measured, said: timersText(measured, speed) };
  if (measured.factor >= kept.factor + 1 && whole)
    return { timers: measured, said: timersText(measured, speed) };
  if (measured.factor <= kept.factor - 1)
    return {
      timers: kept,
      said: {
        en: `This computer is faster than it was (${speedText(speed).en}); \`lab up --timers fast\` takes the fast timers.`,
        fr: `Cet ordinateur est plus rapide qu'avant (${speedText(speed).fr}) ; \`lab up --timers fast\` prend les délais rapides.`,
      },
    };
  return { timers: kept };
}

/**
 * Chooses the timers of a lab that is brought up, before its machines start, and keeps them in its record. The speed is measured where
 * the lab's own work does not disturb it: on the uml engine (machines of a hypervisor do not start their programs through this computer's
 * kernel) while no machine runs. Returns the sentence to say, if any.
 */
export async function settleTimers(
  environment: Environment,
  states: () => Promise<Map<string, PowerState>>,
  { wish, whole }: Pick<Situation, 'wish' | 'whole'>,
): Promise<Text | undefined> {
  const { record } = environment;
  const powers = record.engine === 'uml' ? [...(await states()).values()] : [];
  const idle = powers.every((power) => power === 'off' || power === 'absent');
  const fresh = record.timers === undefined && powers.every((power) => power === 'absent');
  const speed = record.engine === 'uml' && idle ? await measureSpeed(environment.root) : undefined;
  const { timers, said } = chooseTimers({ record, wish, speed, fresh, whole });
  // Nothing was found out: as before, the engine decides.
  if (wish === undefined && !speed && record.driver !== 'qemu') return said;
  environment.record = { ...record, ...(speed ? { speed } : {}), timers };
  await writeRecord(environment.name, environment.record);
  return said;
}
