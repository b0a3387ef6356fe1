import { createHash, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { WATCH } from '../../../labs/01-infrastructure/watch.ts';
import { STOPS } from '../../../labs/apache.ts';
import { ROOT } from '../../../tasks/base/paths.ts';
import { probesByMachine } from '../../../tasks/exercises/checks/collect.ts';
import { judge } from '../../../tasks/exercises/checks/judge.ts';
import { type CheckContext, checksOf } from '../../../tasks/exercises/checks/plan.ts';
import {
  type Answer,
  type Facts,
  factsDigest,
  type Probe,
  probeKey,
} from '../../../tasks/exercises/checks/probe.ts';
import type { CheckResult } from '../../../tasks/exercises/checks/result.ts';
import type { BundleContent } from '../../../tasks/exercises/grading/content.ts';
import { labNamed, readLabs } from '../../../tasks/exercises/guides/load.ts';
import { variedValue } from '../../../tasks/exercises/guides/values.ts';
import { markOf } from '../../../tasks/exercises/session/start.ts';
import { fingerprint, publicHalf } from '../../../tasks/exercises/state/key.ts';
import { anchorOf, type HistoryEntry, remember } from '../../../tasks/exercises/state/state.ts';
import { loadTopology } from '../../../tasks/topology/load.ts';

export const labs = readLabs(ROOT);
export const lab01 = labNamed(labs, '01');
export const topology = await loadTopology('seven', ROOT);
export const contextOf = (student?: string): CheckContext => ({ topology, student, host: 'lab.test' });
export const NOW = '2026-01-01T10:00:00.000Z';

/** A trial that the service survived, as `lab-sample` tells it. */
const SURVIVED = JSON.stringify({ requests: 300, failed: 0, longest: 0, outages: [] });

/** What the machines would answer if lab 01 were done by this student. */
function answerTo(machine: string, probe: Probe, student: string | undefined, code?: string): Answer {
  const motto = variedValue(lab01.vary.motto ?? { number: [1, 1], default: 1 }, '01', 'motto', student, code);
  const ok = (out: string): Answer => ({ code: 0, out });
  switch (probe.kind) {
    case 'unit':
      return ok(
        `Id=${probe.name}.service\nLoadState=loaded\nActiveState=active\nSubState=running\nUnitFileState=enabled`,
      );
    case 'sockets':
      return ok('tcp LISTEN 0 511 *:80 *:*\ntcp LISTEN 0 128 0.0.0.0:22 0.0.0.0:*\n');
    case 'file':
      return ok(
        `644 root:root\n${topology.machines.map((machine) => `${machine.name} ${machine.address}`).join('\n')}\n`,
      );
    case 'http': {
      const name = /web\d/.exec(probe.url)?.[0] ?? 'web1';
      const body = `<h1>${name}</h1>\n<p>${motto}</p>`;
      return ok(JSON.stringify([{ status: 200, time: 0.01, exit: 0, error: '', headers: {}, body }]));
    }
    case 'command':
      if (probe.command === WATCH.command)
        return ok('2\nweb1 up\nweb2 up\n\n1003 web1 lost\n1020 web1 back\n');
      if (probe.command === STOPS.command) return ok('1000\n');
      return ok('10.0.2.21       STREAM page.test\n10.0.2.22       STREAM \n');
    case 'trial':
      return ok(SURVIVED);
    default:
      throw new Error(`${machine}: ${probe.kind}`);
  }
}

const digits = (text: string, count: number) =>
  createHash('sha256').update(text).digest('hex').slice(0, count);

/** What a machine of this student says of itself; `record`: entries of the lab's record that it remembers. */
export const identityOf = (
  name: string,
  student: string | undefined,
  record: string[] = [],
  { code, computer = '' }: { code?: string; computer?: string } = {},
): Record<string, string> => ({
  hostname: name,
  boot: `boot-${student}-${computer}-${name}`,
  now: String(Date.parse(NOW) / 1000),
  machine_id: digits(`id ${student} ${computer} ${name}`, 32),
  host_key: digits(`key ${student} ${computer} ${name}`, 40),
  galera: digits(`galera ${student} ${computer}`, 32),
  drbd: digits(`drbd ${student} ${computer}`, 16).toUpperCase(),
  mark: student ? markOf(student, name, code) : '',
  record: record.join(' '),
});

export interface Made {
  record?: string[];
  code?: string;
  /** Set for another computer of the same student. */
  computer?: string;
  /** The faults that must be survived were not made. */
  untried?: boolean;
}

/** Facts of lab 01, done. */
export async function factsOf(student?: string, made: Made = {}): Promise<Facts> {
  const { expectations } = await checksOf(lab01, { ...contextOf(student), code: made.code });
  const all = [...expectations.values()].flat();
  const machines = [...probesByMachine(all)].map(([name, probes]) => {
    const trials = all
      .flatMap(({ needs }) => needs)
      .flatMap((need) => (need.machine === name && need.probe.kind === 'trial' ? [need.probe] : []));
    const answers = Object.fromEntries(
      [...probes, ...(made.untried ? [] : trials)].map((probe) => [
        probeKey(probe),
        answerTo(name, probe, student, made.code),
      ]),
    );
    const identity = identityOf(name, student, made.record, made);
    return [name, { state: 'answered' as const, took: 10, identity, answers }];
  });
  return { collected: NOW, machines: Object.fromEntries(machines) };
}

export async function resultOf(facts: Facts, student?: string, made: Made = {}): Promise<CheckResult> {
  const judged = judge([await checksOf(lab01, { ...contextOf(student), code: made.code })], facts, {
    trials: made.untried !== true,
  });
  return {
    lab: 'lab',
    student,
    collected: facts.collected,
    timing: { total: 1 },
    machines: {},
    labs: judged,
  };
}

export const newKey = () => generateKeyPairSync('ed25519').privateKey;

/** The key of the bundles that contentOf makes, unless it is given another one. */
export const KEY = newKey();

/** Writes one more entry into a history, at this time. */
export const note = (
  history: HistoryEntry[],
  entry: Omit<HistoryEntry, 'at' | 'before'>,
  at = '2026-01-01T09:00:00.000Z',
): void => remember({ history }, entry, at);

/** A record that begins as every one does: the lab's key, its student, its start. Ends with what the machines remember of it. */
export function begunRecord(student: string, key: KeyObject): { history: HistoryEntry[]; anchors: string[] } {
  const history: HistoryEntry[] = [];
  note(history, { kind: 'record', what: fingerprint(publicHalf(key)) });
  note(history, { kind: 'student', what: student });
  const anchors = history.slice(-1).map(anchorOf);
  note(history, { kind: 'start', what: '01' });
  return { history, anchors };
}

/** How a bundle differs from that of a student who did lab 01 on one computer. */
export interface Story extends Made {
  key?: KeyObject;
  /** What happens between the first check and the last one. */
  meanwhile?: (history: HistoryEntry[]) => void;
  /** What the machines' facts look like in the end. */
  facts?: (facts: Facts) => void;
}

/** What a student hands in who did lab 01: all its points, one hint, no flag. */
export async function contentOf(student: string, story: Story = {}): Promise<BundleContent> {
  const { history, anchors } = begunRecord(student, story.key ?? KEY);
  note(history, { kind: 'hint', what: '01.2 1' }, '2026-01-01T09:20:00.000Z');
  note(
    history,
    { kind: 'check', what: '01', earned: 3, possible: 10, facts: '0'.repeat(32) },
    '2026-01-01T09:30:00.000Z',
  );
  story.meanwhile?.(history);
  const record = story.record ?? [...anchors, ...history.slice(-1).map(anchorOf)];
  const facts = await factsOf(student, { ...story, record });
  story.facts?.(facts);
  return withCheck(
    {
      ...{ format: 1, kit: '0', student, lab: 'lab', created: NOW, topology, asked: ['01'], facts },
      ...(story.code === undefined ? {} : { coded: true }),
      ...{ result: await resultOf(facts, student, story), hints: { '01.2': 1 }, history },
    },
    NOW,
  );
}

/** The content with the check of its facts at the end of its record, as `lab check --bundle` writes it. */
export function withCheck(content: BundleContent, at = NOW): BundleContent {
  const { facts, history } = content;
  note(history, { kind: 'check', what: '01', earned: 10, possible: 10, facts: factsDigest(facts) }, at);
  return content;
}

/** The same after its facts were made otherwise, by honest machines: its last check is of these. */
export function rechecked(content: BundleContent): BundleContent {
  content.history.pop();
  return withCheck(content);
}
