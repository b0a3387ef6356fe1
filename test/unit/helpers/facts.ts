import { generateKeyPairSync } from 'node:crypto';
import { probesByMachine } from '../../../tasks/checks/collect.ts';
import { judge } from '../../../tasks/checks/judge.ts';
import { type CheckContext, checksOf } from '../../../tasks/checks/plan.ts';
import { type Answer, type Facts, type Probe, probeKey } from '../../../tasks/checks/probe.ts';
import type { CheckResult } from '../../../tasks/checks/result.ts';
import type { BundleContent } from '../../../tasks/grading/bundle.ts';
import { ROOT } from '../../../tasks/lab/paths.ts';
import { remember } from '../../../tasks/labs/history.ts';
import { labNamed, readLabs } from '../../../tasks/labs/load.ts';
import { markOf } from '../../../tasks/labs/start.ts';
import type { LabsState } from '../../../tasks/labs/state.ts';
import { variedValue } from '../../../tasks/labs/values.ts';
import { loadTopology } from '../../../tasks/topology/load.ts';

export const labs = readLabs(ROOT);
export const lab01 = labNamed(labs, '01');
export const topology = await loadTopology('seven', ROOT);
export const contextOf = (student?: string): CheckContext => ({ topology, student, host: 'lab.test' });
export const NOW = '2026-01-01T10:00:00.000Z';

/** What the machines would answer if lab 01 were done by this student. */
function answerTo(machine: string, probe: Probe, student: string | undefined): Answer {
  const motto = variedValue(lab01.vary.motto ?? { number: [1, 1], default: 1 }, '01', 'motto', student);
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
        `644 root:root\n${topology.machines.map((one) => `${one.name} ${one.address}`).join('\n')}\n`,
      );
    case 'http': {
      const name = /web\d/.exec(probe.url)?.[0] ?? 'web1';
      const body = `<h1>${name}</h1>\n<p>${motto}</p>`;
      return ok(JSON.stringify([{ status: 200, time: 0.01, exit: 0, error: '', headers: {}, body }]));
    }
    case 'command':
      return ok('10.0.2.21       STREAM page.test\n10.0.2.22       STREAM \n');
    default:
      throw new Error(`${machine}: ${probe.kind}`);
  }
}

/** Facts of lab 01, done. */
export async function factsOf(student?: string): Promise<Facts> {
  const { expectations } = await checksOf(lab01, contextOf(student));
  const machines = [...probesByMachine([...expectations.values()].flat())].map(([name, probes]) => {
    const answers = Object.fromEntries(
      probes.map((probe) => [probeKey(probe), answerTo(name, probe, student)]),
    );
    const identity = {
      hostname: name,
      boot: `boot-${student}-${name}`,
      now: String(Date.parse(NOW) / 1000),
      mark: student ? markOf(student, name) : '',
    };
    return [name, { state: 'answered' as const, took: 10, identity, answers }];
  });
  return { collected: NOW, machines: Object.fromEntries(machines) };
}

export async function resultOf(facts: Facts, student?: string): Promise<CheckResult> {
  const judged = await judge([await checksOf(lab01, contextOf(student))], facts);
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

export async function contentOf(student: string): Promise<BundleContent> {
  const facts = await factsOf(student);
  const state: LabsState = { hints: { '01.2': 1 }, faults: [], starts: [], history: [] };
  remember(state, { kind: 'start', what: '01' }, '2026-01-01T09:00:00.000Z');
  remember(state, { kind: 'check', what: '01', earned: 3, possible: 8 }, '2026-01-01T09:30:00.000Z');
  remember(state, { kind: 'check', what: '01', earned: 8, possible: 8 }, NOW);
  return {
    format: 1,
    kit: '0',
    student,
    lab: 'lab',
    created: NOW,
    topology,
    asked: ['01'],
    facts,
    result: await resultOf(facts, student),
    hints: state.hints,
    history: state.history,
  };
}
