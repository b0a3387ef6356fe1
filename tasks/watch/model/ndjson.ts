import { DRILL_STEPS } from './drill.ts';
import type { DrillHappening, Happening, LabEvent, What } from './event.ts';

type Check = (value: unknown) => boolean;

const text: Check = (value) => typeof value === 'string';
const number: Check = (value) => typeof value === 'number' && Number.isFinite(value);
const flag: Check = (value) => typeof value === 'boolean';
const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const oneOf =
  (...words: string[]): Check =>
  (value) =>
    typeof value === 'string' && words.includes(value);
const list =
  (check: Check): Check =>
  (value) =>
    Array.isArray(value) && value.every(check);
const map =
  (check: Check): Check =>
  (value) =>
    isRecord(value) && Object.values(value).every(check);
const optional =
  (check: Check): Check =>
  (value) =>
    value === undefined || check(value);
const shape =
  (fields: Record<string, Check>): Check =>
  (value) =>
    isRecord(value) && Object.entries(fields).every(([name, check]) => check(value[name]));

const power = oneOf('running', 'frozen', 'off', 'absent');
const group = oneOf('galera', 'corosync', 'sentinel');
const replica = shape({
  ...{ connection: text, role: text, peerRole: text, disk: text, peerDisk: text },
  synced: optional(number),
});
const session = shape({ role: oneOf('master', 'replica'), linked: flag });
const requests = shape({ rate: number, servers: map(shape({ status: text, rate: number })) });
const plan = shape({
  ...{ lab: text, engine: text, topology: text },
  machines: list(shape({ name: text, address: text, roles: list(text), services: list(text) })),
  floating: list(shape({ name: text, address: text, role: text })),
  votes: list(shape({ group, voters: list(shape({ machine: text, role: text })), majority: number })),
});
const words = shape({ en: text, fr: text });
const broken = list(
  shape({ machine: text, since: number, words, by: oneOf('drill', 'user', 'lab', 'incident') }),
);
const visit: Check = (value) =>
  Array.isArray(value) &&
  value.length === 7 &&
  value.every((part, index) => ([0, 4, 5].includes(index) ? text : number)(part));
const head = {
  ...{ id: text, begun: number, step: oneOf(...DRILL_STEPS), said: optional(number) },
  kinds: map(shape({ interval: number, limit: number })),
  ...{ machine: optional(text), words: optional(words), notes: optional(list(words)) },
  times: map(number),
  expected: list(shape({ kind: text, seconds: number, atLeast: number })),
  verdict: optional(oneOf('pass', 'fail', 'unknown')),
};
const flow = shape({ received: number, sent: number, at: number, receiving: number, sending: number });
const machine = shape({
  ...{
    power: optional(power),
    unknownSince: optional(number),
    heard: optional(number),
    load: optional(number),
  },
  ...{ addresses: list(text), services: map(text), galera: optional(text), replica: optional(replica) },
  ...{ session: optional(session), requests: optional(requests) },
  votes: map(shape({ votes: number, quorate: flag, at: number })),
  ...{ traffic: optional(flow), cable: optional(flow), busy: optional(number) },
});
const state = shape({
  ...{ seq: number, t: number, plan: optional(plan), machines: map(machine) },
  lines: list(shape({ seq: number, t: number, machine: text, code: text, text, words: optional(words) })),
  ...{ drill: optional(shape({ ...head, visits: list(visit) })), broken: optional(broken) },
  ...{ command: optional(text), missed: flag, ended: flag },
});

/** The fields of each kind of event besides its place and source. */
const FIELDS: Record<What, Record<string, Check>> = {
  snapshot: { state },
  plan: { plan },
  end: {},
  power: { power },
  cables: { cables: map(shape({ received: number, sent: number })) },
  busy: { busy: map(number) },
  silent: { since: number },
  beat: { load: number, received: number, sent: number },
  addresses: { addresses: list(text) },
  'address-added': { address: text },
  'address-removed': { address: text },
  member: { state: text },
  replica: { replica },
  session: { role: oneOf('master', 'replica'), linked: flag },
  votes: { group, votes: number, quorate: flag },
  requests: { rate: number, servers: map(shape({ status: text, rate: number })) },
  services: { services: map(text) },
  said: { code: text, text },
  command: { command: text, begun: flag },
  note: { code: text, text, words: optional(words) },
  broken: { broken },
  drill: { drill: shape(head) },
  visits: { visits: list(visit) },
};

const SOURCES: Record<What, Happening['source']> = {
  ...{ snapshot: 'watch', plan: 'watch', end: 'watch', power: 'engine', silent: 'channel', beat: 'beat' },
  ...{ cables: 'engine', busy: 'engine' },
  ...{ addresses: 'address', 'address-added': 'address', 'address-removed': 'address', member: 'galera' },
  ...{ replica: 'drbd', session: 'redis', votes: 'votes', requests: 'haproxy', services: 'systemd' },
  ...{ said: 'journal', command: 'kit', note: 'kit', broken: 'kit' },
  ...{ drill: 'drill', visits: 'drill' },
};

/** The event of one line of JSON; undefined when it is none: what comes from a file or a socket is not trusted. */
export function readEvent(line: string): LabEvent | undefined {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return undefined;
  }
  if (!isRecord(value) || !number(value.seq) || !number(value.t) || !text(value.machine)) return undefined;
  if (!text(value.what) || !Object.hasOwn(FIELDS, String(value.what))) return undefined;
  const what = value.what as What;
  if (value.source !== SOURCES[what] || !shape(FIELDS[what])(value)) return undefined;
  return value as unknown as LabEvent;
}

/** What a drill tells of itself; undefined when it is none. */
export function readDrill(value: unknown): DrillHappening | undefined {
  if (!isRecord(value) || (value.what !== 'drill' && value.what !== 'visits')) return undefined;
  return value.source === 'drill' && shape(FIELDS[value.what])(value) ? (value as DrillHappening) : undefined;
}

export const writeEvent = (event: LabEvent): string => `${JSON.stringify(event)}\n`;
