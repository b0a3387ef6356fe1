import type {
  BootFacts,
  Line,
  Recording,
  Sample,
  Span,
  SpanKind,
  Unit,
} from '../../environment/provision/timeline/model.ts';

/**
 * What is drawn as one bar. wait: for roles of other machines, before a role; waiting: inside a role, for what it said. All times
 * are seconds since `lab up` began.
 */
export interface Bar {
  kind: SpanKind | 'wait' | 'waiting';
  name: string;
  from: number;
  to: number;
  /** Processor seconds of the computer that the machine took meanwhile, whatever it did. */
  cpu?: number;
  failed?: true;
  /** What was waited for: ROLE@MACHINE, or in the role's words. */
  for?: string[];
  /** Of a wait inside a role. */
  role?: string;
}

export interface MachineTimeline {
  name: string;
  cpu?: number;
  boot?: Omit<BootFacts, 'units'>;
  bars: Bar[];
  units: Unit[];
  /** Processors that it took (1: a whole one), each until the next moment. */
  load: { at: number; share: number }[];
}

/** One part of what decided when the lab was ready. */
export interface PathStep {
  machine?: string;
  kind: SpanKind;
  name: string;
  from: number;
  to: number;
}

/** The timeline of a `lab up`, as programs read it. */
export interface Timeline {
  began: string;
  seconds: number;
  /** Processor seconds: of all machines, of the whole computer, of the kit's own process. */
  cpu: { machines?: number; computer?: number; kit: number };
  kit: Bar[];
  machines: MachineTimeline[];
  path: PathStep[];
}

/** Gaps that are no wait: the kit's own steps between two roles. Seconds. */
const GAP = 0.1;

const round = (value: number): number => Math.round(value * 1000) / 1000;
const idOf = ({ name, machine }: Span) => `${name}@${machine}`;
const machineOf = (id: string) => id.slice(id.lastIndexOf('@') + 1);

/**
 * Processor seconds that a machine had taken at each look, never less than before: one that was started again counts from nothing,
 * and what it took before stays.
 */
export function takenBy(samples: Sample[], machine: string): { at: number; taken: number }[] {
  let before = 0;
  let last = 0;
  return samples.map(({ at, taken }) => {
    const now = taken[machine];
    if (now !== undefined && now < last) before += last;
    if (now !== undefined) last = now;
    return { at, taken: before + last };
  });
}

/** What had been taken at a moment, between two looks in proportion. */
function takenAt(taken: { at: number; taken: number }[], at: number): number {
  const next = taken.findIndex((look) => look.at >= at);
  if (next === -1) return taken.at(-1)?.taken ?? 0;
  const [a, b] = [taken[next - 1], taken[next]];
  if (!a || !b || b.at === a.at) return b?.taken ?? 0;
  return a.taken + ((b.taken - a.taken) * (at - a.at)) / (b.at - a.at);
}

/** Waits for other machines before roles: from when the machine itself was ready for the role until it began. */
export function waitsBefore(spans: Span[]): (Bar & { machine: string })[] {
  const roles = spans.filter(({ kind }) => kind === 'role');
  const byId = new Map(roles.map((span) => [idOf(span), span]));
  return roles.flatMap((role) => {
    const { machine = '', after = [] } = role;
    const own = [
      ...spans.filter((span) => span.machine === machine && ['boot', 'ask', 'ship'].includes(span.kind)),
      ...after.filter((id) => machineOf(id) === machine).flatMap((id) => byId.get(id) ?? []),
    ].filter(({ to }) => to <= role.from);
    const from = Math.max(0, ...own.map(({ to }) => to));
    const others = after.filter((id) => machineOf(id) !== machine);
    const late = others.filter((id) => (byId.get(id)?.to ?? 0) > from + GAP);
    if (role.from - from < GAP || others.length === 0) return [];
    return [
      {
        machine,
        kind: 'wait' as const,
        name: role.name,
        from,
        to: role.from,
        for: late.length > 0 ? late : others,
      },
    ];
  });
}

/** `wait_while_moving` of roles/lib.sh says every ten seconds what a role waits for, how long already, and how far that is. */
const WAITING = /^waiting for (.+), (\d+) s(?:: .*)?$/;

/** Waits inside roles that said so. Each begins when the role says that it had; its end is the next other line, or the role's. */
export function waitsInside(spans: Span[], lines: Line[]): (Bar & { machine: string })[] {
  return spans
    .filter(({ kind }) => kind === 'role')
    .flatMap((span) => {
      const { machine = '', name } = span;
      const own = lines.filter(
        (line) =>
          line.machine === machine && line.role === name && line.at >= span.from && line.at <= span.to,
      );
      const waits: (Bar & { machine: string })[] = [];
      let open: (Bar & { machine: string }) | undefined;
      for (const { at, text } of [...own, { at: span.to, text: '' }]) {
        const [, what = '', seconds = '0'] = WAITING.exec(text) ?? [];
        if (open && open.for?.[0] !== what) {
          open.to = at;
          waits.push(open);
          open = undefined;
        }
        if (what === '') continue;
        const from = Math.max(span.from, at - Number(seconds));
        open ??= { machine, kind: 'waiting', name, role: name, from, to: at, for: [what] };
      }
      return waits;
    });
}

/** How far apart two moments may be that belong together: the kit's own work lies between. Seconds. */
const NEAR = 1;

/**
 * What decided when the machines were ready, back from the role that ended last: each role waited for the one of those before it that
 * ended last, a boot for the one that made place for it.
 */
export function criticalPath(spans: Span[]): Span[] {
  const latest = (all: Span[]) => all.toSorted((a, b) => b.to - a.to)[0];
  const machines = spans.filter(({ machine, kind }) => machine !== undefined && kind !== 'turn');
  const before = (span: Span): Span | undefined => {
    const ended = machines.filter((other) => other !== span && other.to <= span.from + 0.001);
    const own = ended.filter(({ machine }) => machine === span.machine);
    if (span.kind === 'role') {
      const ids = span.after ?? [];
      const rest = own.filter(({ kind }) => kind !== 'role');
      return latest([
        ...rest,
        ...ended.filter((other) => other.kind === 'role' && ids.includes(idOf(other))),
      ]);
    }
    if (span.kind !== 'boot') return latest(own.filter(({ kind }) => kind !== 'role'));
    const turn = spans.find(({ machine, kind }) => machine === span.machine && kind === 'turn');
    if (!turn || turn.to - turn.from < GAP) return undefined;
    return latest(ended.filter(({ kind, to }) => kind === 'boot' && turn.to - to < NEAR));
  };
  const path: Span[] = [];
  let step = latest(machines);
  while (step && !path.includes(step)) {
    path.unshift(step);
    step = before(step);
  }
  return path;
}

/** The timeline of a recording; `machines` in the order in which they are shown. */
export function timelineOf(recording: Recording, machines: string[]): Timeline {
  const { spans, samples } = recording;
  const waits = [...waitsBefore(spans), ...waitsInside(spans, recording.lines)];
  const barOf = (span: Span | (Bar & { machine: string }), cpu?: number): Bar => {
    const { machine: _, from, to, ...rest } = span;
    const { after: __, failed, ...bar } = rest as Omit<Span, 'machine' | 'from' | 'to'>;
    return {
      ...bar,
      from: round(from),
      to: round(to),
      ...(cpu === undefined ? {} : { cpu: round(cpu) }),
      ...(failed ? { failed } : {}),
    };
  };
  const counted = samples.length > 1;
  const all = machines.map((name): MachineTimeline => {
    const taken = takenBy(samples, name);
    const between = (from: number, to: number) => takenAt(taken, to) - takenAt(taken, from);
    const bars = [...spans, ...waits]
      .filter((span) => span.machine === name)
      .map((span) => barOf(span, counted ? between(span.from, span.to) : undefined))
      .sort((a, b) => a.from - b.from || a.to - b.to);
    const { units = [], ...boot } = recording.boots[name] ?? {};
    return {
      name,
      ...(counted ? { cpu: round(between(0, recording.seconds)) } : {}),
      ...('kernel' in boot ? { boot: roundAll(boot) } : {}),
      bars,
      units: units.map((unit) => ({ ...unit, ...roundAll({ from: unit.from, to: unit.to }) })),
      load: taken.slice(1).map((look, index) => {
        const last = taken[index] ?? look;
        return { at: round(last.at), share: round((look.taken - last.taken) / (look.at - last.at || 1)) };
      }),
    };
  });
  const kit = spans.filter(({ machine }) => machine === undefined);
  const path = [...kit.filter(({ name }) => name !== 'roles'), ...criticalPath(spans)];
  return {
    began: recording.began,
    seconds: round(recording.seconds),
    cpu: {
      ...(counted ? { machines: round(all.reduce((sum, { cpu = 0 }) => sum + cpu, 0)) } : {}),
      ...(recording.computer === undefined ? {} : { computer: round(recording.computer) }),
      kit: round(recording.kit),
    },
    kit: kit.map((span) => barOf(span)),
    machines: all,
    path: path
      .toSorted((a, b) => a.from - b.from)
      .map(({ machine, kind, name, from, to }) => ({
        ...(machine === undefined ? {} : { machine }),
        kind,
        name,
        from: round(from),
        to: round(to),
      })),
  };
}

const roundAll = <T extends object>(values: T): T =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [name, round(value as number)])) as T;
