import { AssertionError } from 'chai';
import type { Text } from '../../base/text.ts';
import { type Answer, type Facts, type MachineState, type Need, type Probe, probeKey } from './probe.ts';

/** One thing that a step expects: what it must know, and a pure judgement of what was found. */
export interface Expectation {
  title: Text;
  needs: Need[];
  /** Throws Unmet (or any chai AssertionError) when it does not hold, Unknown when that cannot be said. */
  judge: (facts: FactsView) => void;
}

/** What was expected, what was found, and where to look. */
export class Unmet extends AssertionError<unknown> {
  readonly wanted: Text;
  readonly found: Text;
  readonly look: Text | undefined;
  constructor(wanted: Text, found: Text, look?: Text) {
    super(`expected ${wanted.en}, found ${found.en}`);
    this.wanted = wanted;
    this.found = found;
    this.look = look;
  }
}

/** It cannot be said: the machine did not answer, or nobody asked. */
export class Unknown extends Error {
  readonly machine: string;
  readonly why: Text;
  constructor(machine: string, why: Text) {
    super(why.en);
    this.machine = machine;
    this.why = why;
  }
}

const STATES: Record<Exclude<MachineState, 'answered' | 'late'>, (machine: string) => Text> = {
  off: (machine) => ({ en: `${machine} is off`, fr: `${machine} est éteinte` }),
  silent: (machine) => ({ en: `${machine} does not answer`, fr: `${machine} ne répond pas` }),
  garbled: (machine) => ({
    en: `${machine} answers nonsense`,
    fr: `${machine} répond de façon incompréhensible`,
  }),
};

/** Facts as the judges see them. */
export class FactsView {
  constructor(private readonly facts: Facts) {}

  /** The answer to a probe. Throws Unknown when there is none, Unmet when the machine took too long over it. */
  answer(machine: string, probe: Probe): Answer {
    const all = this.facts.machines[machine];
    if (!all)
      throw new Unknown(machine, {
        en: `${machine} was not asked`,
        fr: `${machine} n'a pas été interrogée`,
      });
    const answer = all.answers[probeKey(probe)];
    if (answer && answer.code !== null) return answer;
    if (all.state !== 'answered' && all.state !== 'late')
      throw new Unknown(machine, STATES[all.state](machine));
    if (answer || all.state === 'late')
      throw new Unmet(
        { en: 'an answer', fr: 'une réponse' },
        {
          en: `${machine} did not answer in time (${describeProbe(probe)})`,
          fr: `${machine} n'a pas répondu à temps (${describeProbe(probe)})`,
        },
      );
    throw new Unknown(machine, {
      en: `nobody asked ${machine}: ${describeProbe(probe)}`,
      fr: `personne n'a demandé à ${machine} : ${describeProbe(probe)}`,
    });
  }
}

/** A probe in a few words, the same in all languages. */
export function describeProbe(probe: Probe): string {
  switch (probe.kind) {
    case 'unit':
      return `systemctl show ${probe.name}`;
    case 'http':
      return `curl ${probe.url}`;
    case 'sql':
      return probe.query;
    case 'file':
      return probe.path;
    case 'package':
      return `dpkg-query ${probe.name}`;
    case 'tcp':
      return `${probe.host}:${probe.port}`;
    case 'command':
      // Of a script its first line, which may be a remark that says what it is.
      return (probe.command.split('\n')[0] ?? '').replace(/^# /, '');
    case 'trial':
      return probe.fault;
    case 'kit':
      return `.lab: ${probe.what}`;
    default:
      return { sockets: 'ss -ltnu', addresses: 'ip addr', mounts: '/proc/mounts' }[probe.kind];
  }
}

/** An expectation on one probe of one machine. */
export function expectation(
  title: Text,
  machine: string,
  probe: Probe,
  judge: (answer: Answer) => void,
): Expectation {
  return {
    title,
    needs: [{ machine, probe }],
    judge: (facts) => judge(facts.answer(machine, probe)),
  };
}

/** The same text in both languages: names, numbers, output of programs. */
export const plain = (text: string): Text => ({ en: text, fr: text });

/** The first lines of a program's output, short enough for a message. */
export function excerpt(text: string, length = 160): string {
  const lines = text.trim().split('\n');
  const line = [...lines.slice(0, 3), ...(lines.length > 3 ? ['…'] : [])].join(' ⏎ ');
  return line.length > length ? `${line.slice(0, length)}…` : line;
}

/** Shown for output that may be empty. */
export const seen = (text: string): Text =>
  text.trim() === '' ? { en: 'nothing', fr: 'rien' } : plain(excerpt(text));
