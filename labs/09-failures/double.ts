import type { DrillNote } from '../../tasks/exercises/state/records.ts';

/** What was foretold of two machines lost at once, and when that was written. */
export const DOUBLE = {
  kind: 'command',
  command: 'stat -c %Y /root/double && cat /root/double',
} as const;

/** The services that the note speaks of, and the kind of request that measures each. */
export const SERVICES = { page: 'page.new', login: 'session', row: 'row', files: 'upload' } as const;
export type Service = keyof typeof SERVICES;
export const NAMES = Object.keys(SERVICES) as Service[];

/** Letters below which a reason says nothing. */
const LEAST = 30;

export interface Foretold {
  /** Milliseconds since 1970. */
  written: number;
  machines: string[];
  says: Map<Service, string>;
  reasoned: boolean;
}

export function foretoldOf(out: string): Foretold {
  const [written = '', ...lines] = out.split('\n');
  const said = new Map(
    lines.flatMap((line) => {
      const [, name = '', rest = ''] = /^\s*([a-zé]+)\s*:?\s+(.+?)\s*$/i.exec(line) ?? [];
      return name === '' ? [] : [[name.toLowerCase(), rest] as const];
    }),
  );
  const reason = said.get('because') ?? said.get('parce') ?? '';
  return {
    written: Number(written) * 1000,
    machines: (said.get('machines') ?? '').split(/[\s,]+/).filter(Boolean),
    says: new Map(NAMES.flatMap((name) => (said.has(name) ? [[name, said.get(name) ?? '']] : []))),
    reasoned: reason.length >= LEAST,
  };
}

/** What a drill of several machines measured of a service; null: it cannot be told. */
export const measuredOf = ({ outcomes = [] }: DrillNote, name: Service): string | null =>
  outcomes.find(({ kind }) => kind === SERVICES[name])?.measured ?? null;

/** The same machines, in whichever order. */
export const hits = ({ fault, machine, with: others = [] }: DrillNote, machines: string[]): boolean =>
  fault === 'several' && [machine, ...others].sort().join() === [...machines].sort().join();
