import { createHmac } from 'node:crypto';
import { LabError } from '../../base/errors.ts';
import { between, FAST } from '../../roles/timers.ts';
import type { Topology } from '../../topology/model.ts';
import type { LabGuide, Vary } from './model.ts';
import { lettersOf, secretOf } from './student.ts';

/**
 * The value of one student for one varied thing. It depends on the student's identifier only, and on his code where the class has a seed
 * of its own, so that a teacher computes it without the student's computer; a mark of origin, not a secret (docs/grading.md).
 */
export function variedValue(
  vary: Vary,
  lab: string,
  name: string,
  student: string | undefined,
  code?: string,
): string {
  if (student === undefined) return String(vary.default);
  const bytes = createHmac('sha256', secretOf(code)).update(`${student}\0${lab}\0${name}`).digest();
  const letters = (count: number) => lettersOf(bytes, count);
  if ('number' in vary) {
    const [low, high] = vary.number;
    return String(low + (bytes.readUInt32BE(0) % (high - low + 1)));
  }
  if ('word' in vary) return `${vary.word}-${letters(4)}`;
  return letters(vary.secret);
}

/** How many times longer what a student sets may wait with the slow timers: less than what the kit waits, which only ends what hangs. */
const SLOW_PACE = 3;

/** Everything a placeholder can name, by its name; `seconds.N` beside it. */
export function placeholders(
  lab: Pick<LabGuide, 'id' | 'vary'>,
  topology: Topology,
  facts: {
    nic: string;
    disk: string;
    host: string;
    student: string | undefined;
    code?: string | undefined;
    /** The lab's timer factor (roles/timers.ts). */
    factor?: number;
  },
): Map<string, string> {
  return new Map([
    ['pace', String(between(1, SLOW_PACE, facts.factor ?? FAST))],
    ['nic', facts.nic],
    ['disk', facts.disk],
    ['host', facts.host],
    ['network', topology.network.cidr],
    ['prefix', String(topology.network.prefix)],
    ['gateway', topology.network.host],
    ...topology.machines.map((machine) => [`${machine.name}.address`, machine.address] as const),
    ...Object.values(topology.floating).map(
      (floating) => [`${floating.name}.address`, floating.address] as const,
    ),
    ...Object.entries(lab.vary).map(
      ([name, vary]) => [`vary.${name}`, variedValue(vary, lab.id, name, facts.student, facts.code)] as const,
    ),
  ]);
}

/** `{{seconds.30}}`: 30 with the fast timers, more in a slow lab. undefined: it is another name. */
function secondsOf(name: string, values: Map<string, string>): string | undefined {
  const [, fast] = /^seconds\.(\d+)$/.exec(name) ?? [];
  return fast === undefined ? undefined : String(Math.round(Number(fast) * Number(values.get('pace') ?? 1)));
}

/** Replaces `{{name}}` by its value. LabError for a name that is none. */
export function fillIn(text: string, values: Map<string, string>): string {
  return text.replace(/\{\{([a-z0-9._-]+)\}\}/g, (_, name: string) => {
    const value = values.get(name) ?? secondsOf(name, values);
    if (value !== undefined) return value;
    throw new LabError(
      { en: `{{${name}}} is not a placeholder.`, fr: `{{${name}}} n'est pas un paramètre.` },
      {
        en: `use one of ${[...values.keys()].join(', ')}.`,
        fr: `utilisez l'un de ${[...values.keys()].join(', ')}.`,
      },
    );
  });
}
