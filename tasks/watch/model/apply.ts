import { isUnderWay, withHead, withVisits } from './drill.ts';
import type { LabEvent } from './event.ts';
import { flow, withEach } from './flow.ts';
import type { Power } from './plan.ts';
import { type Broken, type LabState, type Line, type MachineState, NOTHING, unheard } from './state.ts';

/** Lines that a state keeps. */
const LINES = 200;

/**
 * The state after an event. Pure: the same events give the same state everywhere, and neither argument is changed. An event that is
 * known already changes nothing; one that does not follow marks the state as `missed`, until a snapshot comes.
 */
export function apply(state: LabState, event: LabEvent): LabState {
  if (event.what === 'snapshot') return event.state;
  if (event.seq <= state.seq) return state;
  const missed = state.missed || event.seq !== state.seq + 1;
  const base = { ...state, seq: event.seq, t: Math.max(state.t, event.t), missed };
  const next = change(base, event);
  const line = lineOf(state, event);
  return line ? { ...next, lines: insert(next.lines, line) } : next;
}

/** The state after several events. */
export const applyAll = (events: Iterable<LabEvent>, state: LabState = NOTHING): LabState => {
  for (const event of events) state = apply(state, event);
  return state;
};

/** By time: what a machine said while nobody could hear it comes late. */
function insert(lines: Line[], line: Line): Line[] {
  const at = lines.findLastIndex((other) => other.t <= line.t) + 1;
  return [...lines.slice(0, at), line, ...lines.slice(at)].slice(-LINES);
}

function change(state: LabState, event: LabEvent): LabState {
  switch (event.what) {
    case 'plan': {
      const names = event.plan.machines.map(({ name }) => name);
      const machines = Object.fromEntries(
        names.map((name) => [name, state.machines[name] ?? unheard(event.t)]),
      );
      return { ...state, plan: event.plan, machines, ended: false };
    }
    case 'command': {
      const { command: _, ...rest } = state;
      if (event.begun) return { ...rest, command: event.command };
      // A drill that was killed cannot say so.
      const { drill } = rest;
      return drill && isUnderWay(drill) ? { ...rest, drill: { ...drill, step: 'stopped' } } : rest;
    }
    case 'drill':
      return { ...state, drill: withHead(state.drill, event.drill) };
    case 'visits':
      return state.drill ? { ...state, drill: withVisits(state.drill, event.visits) } : state;
    case 'broken': {
      const { broken: _, ...rest } = state;
      return event.broken.length > 0 ? { ...rest, broken: event.broken } : rest;
    }
    case 'cables':
      return withEach(state, event.cables, (machine, { received, sent }) => ({
        ...machine,
        cable: flow(machine.cable, received, sent, event.t),
      }));
    case 'busy':
      return withEach(state, event.busy, (machine, busy) => ({ ...machine, busy }));
    case 'end':
      return { ...state, ended: true, machines: mapValues(state.machines, (one) => lose(one, event.t)) };
    default: {
      const before = state.machines[event.machine];
      // A machine that the plan does not name is not part of the picture.
      if (!before) return state;
      const after = changeMachine(before, event);
      return after === before ? state : { ...state, machines: { ...state.machines, [event.machine]: after } };
    }
  }
}

const mapValues = <T>(map: Record<string, T>, make: (value: T) => T): Record<string, T> =>
  Object.fromEntries(Object.entries(map).map(([name, value]) => [name, make(value)]));

function changeMachine(machine: MachineState, event: LabEvent): MachineState {
  switch (event.what) {
    case 'power':
      return powered(machine, event.power, event.t);
    case 'silent':
      return machine.power === 'off' || machine.power === 'absent' ? machine : lose(machine, event.since);
    case 'beat':
      return beat(machine, event);
    case 'addresses':
      return { ...machine, addresses: event.addresses };
    case 'address-added':
      return machine.addresses.includes(event.address)
        ? machine
        : { ...machine, addresses: [...machine.addresses, event.address] };
    case 'address-removed':
      return { ...machine, addresses: machine.addresses.filter((address) => address !== event.address) };
    case 'member':
      return { ...machine, galera: event.state };
    case 'replica':
      return { ...machine, replica: event.replica };
    case 'session':
      return { ...machine, session: { role: event.role, linked: event.linked } };
    case 'votes': {
      const known = machine.votes[event.group];
      // What the journal of a machine that was cut off tells later is older than what the machine says now.
      if (known && known.at > event.t) return machine;
      const { votes, quorate } = event;
      return { ...machine, votes: { ...machine.votes, [event.group]: { votes, quorate, at: event.t } } };
    }
    case 'requests':
      return { ...machine, requests: { rate: event.rate, servers: event.servers } };
    case 'services':
      return { ...machine, services: event.services };
    default:
      return machine;
  }
}

/** From `since` on it is not known what the machine believes; what it believed before is kept, as its last word. */
const lose = (machine: MachineState, since: number): MachineState =>
  machine.unknownSince !== undefined && machine.unknownSince <= since
    ? machine
    : { ...machine, unknownSince: since };

function powered(machine: MachineState, power: Power, t: number): MachineState {
  if (power === machine.power) return machine;
  // Without power nothing is held or believed: that much is known.
  if (power === 'off' || power === 'absent') {
    const { unknownSince: _, ...none } = unheard(t);
    return { ...none, power };
  }
  const { power: before, ...rest } = machine;
  const on = before === 'off' || before === 'absent' || before === undefined;
  return { ...lose(on ? unheard(t) : rest, t), power };
}

function beat(machine: MachineState, event: LabEvent & { what: 'beat' }): MachineState {
  // What was on its way when the power went or the processor stopped is no sign of life.
  if (machine.power !== undefined && machine.power !== 'running') return machine;
  const { unknownSince: _, ...known } = machine;
  const { received, sent, t } = event;
  return { ...known, heard: t, load: event.load, traffic: flow(machine.traffic, received, sent, t) };
}

/** A machine that is heard for the first time says nothing new, unless it was seen to get its power. */
const isNews = (state: LabState, machine: string): boolean =>
  state.machines[machine]?.heard !== undefined ||
  state.lines.some((line) => line.machine === machine && line.code.startsWith('power-'));

/** What the first list has and the second has not. */
const different = (some: Broken[], others: Broken[]): Broken | undefined =>
  some.find(
    (one) =>
      !others.some(
        ({ since, machine, by }) => since === one.since && machine === one.machine && by === one.by,
      ),
  );

/** What an event says in the list of events; undefined for those that only move a figure. */
function lineOf(state: LabState, event: LabEvent): Line | undefined {
  const said = saidOf(state, event);
  return said && { seq: event.seq, t: event.t, machine: event.machine, ...said };
}

function saidOf(state: LabState, event: LabEvent): Omit<Line, 'seq' | 't' | 'machine'> | undefined {
  const machine = state.machines[event.machine];
  switch (event.what) {
    case 'power':
      return machine && machine.power !== undefined && machine.power !== event.power
        ? { code: `power-${event.power}`, text: '' }
        : undefined;
    case 'silent':
      return machine?.heard !== undefined && machine.unknownSince === undefined && machine.power === 'running'
        ? { code: 'silent', text: '' }
        : undefined;
    case 'beat':
      return machine?.power === 'running' &&
        machine.unknownSince !== undefined &&
        isNews(state, event.machine)
        ? { code: 'answers', text: '' }
        : undefined;
    case 'address-added':
    case 'address-removed': {
      const added = event.what === 'address-added';
      if (machine?.addresses.includes(event.address) === added) return undefined;
      const moves = state.plan?.floating.some(({ address }) => address === event.address);
      return moves ? { code: added ? 'holds' : 'leaves', text: event.address } : undefined;
    }
    case 'member':
      return machine?.galera !== undefined && machine.galera !== event.state
        ? { code: 'member', text: event.state.split(' ').slice(0, 2).join(' ') }
        : undefined;
    case 'session':
      return machine?.session && machine.session.role !== event.role
        ? { code: `session-${event.role}`, text: '' }
        : undefined;
    case 'votes': {
      const before = machine?.votes[event.group];
      if (!before || before.at > event.t || before.quorate === event.quorate) return undefined;
      return { code: event.quorate ? 'majority' : 'no-majority', text: event.group };
    }
    case 'services': {
      const failed = Object.entries(event.services).filter(
        ([name, now]) => now !== 'active' && machine?.services[name] === 'active',
      );
      return failed.length > 0
        ? { code: 'service-ended', text: failed.map(([name, now]) => `${name} (${now})`).join(', ') }
        : undefined;
    }
    case 'broken': {
      const before = state.broken ?? [];
      const made = different(event.broken, before);
      const gone = different(before, event.broken);
      if (made) return { code: 'fault-made', text: '', words: made.words };
      return gone && { code: 'fault-undone', text: '', words: gone.words };
    }
    case 'drill': {
      const { id, step, verdict } = event.drill;
      // Its fault is in the list of what is broken.
      if (step === 'fault' || (state.drill?.id === id && state.drill.step === step)) return undefined;
      return { code: `drill-${verdict ?? step}`, text: '' };
    }
    case 'note': {
      const { code, text, words } = event;
      return { code, text, ...(words ? { words } : {}) };
    }
    case 'said':
      return { code: event.code, text: event.text };
    case 'command':
      return { code: event.begun ? 'command-begun' : 'command-ended', text: event.command };
    default:
      return undefined;
  }
}
