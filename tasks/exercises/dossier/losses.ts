import { type Component, type Dossier, type HardwareKind, ONLY_VOTES } from './model.ts';

/** What of a dossier is gone when an element is lost, by what it says of where everything runs. */
export interface Gone {
  /** Components that no machine runs any more. */
  components: string[];
  /** Groups that have no majority any more, with their votes. */
  votes: { group: string; left: number; of: number }[];
}

/** Components that the service needs: neither the visitor's nor those that only have a vote. */
export const isNeeded = ({ role }: Component): boolean =>
  role !== undefined && role !== 'client' && !ONLY_VOTES.includes(role);

const kindOf = (dossier: Dossier, name: string): HardwareKind => dossier.hardware[name]?.kind ?? 'machine';

/** What carries a machine: the elements of other kinds, by their kind. */
function carriersOf(dossier: Dossier, machine: string): Map<HardwareKind, string[]> {
  const carriers = new Map<HardwareKind, string[]>();
  for (const [name, { kind = 'machine', carries }] of Object.entries(dossier.hardware)) {
    if (kind === 'machine' || name === machine) continue;
    // A disk without machines is nobody's; a switch or a supply without is everybody's.
    if (carries ? carries.includes(machine) : kind !== 'disk' && kind !== 'other')
      carriers.set(kind, [...(carriers.get(kind) ?? []), name]);
  }
  return carriers;
}

/** Names of the hardware that components run on and that still works without `lost`. */
function living(dossier: Dossier, lost: ReadonlySet<string>): (name: string) => boolean {
  const known = new Map<string, boolean>();
  return (name) => {
    const found =
      known.get(name) ??
      (!lost.has(name) &&
        [...carriersOf(dossier, name).values()].every((all) => all.some((carrier) => !lost.has(carrier))));
    known.set(name, found);
    return found;
  };
}

/** What is gone without these elements of the hardware. */
export function goneWithout(dossier: Dossier, ...lost: string[]): Gone {
  const lives = living(dossier, new Set(lost));
  const components = Object.entries(dossier.components).flatMap(([name, component]) =>
    isNeeded(component) && component.on && component.on.length > 0 && !component.on.some(lives) ? [name] : [],
  );
  return { components, votes: withoutMajority(dossier, lives) };
}

/** Groups whose living votes are no majority of all. */
function withoutMajority(dossier: Dossier, lives: (name: string) => boolean): Gone['votes'] {
  return votersOf(dossier).flatMap(({ group, machines }) => {
    const left = machines.filter(lives).length;
    return left * 2 > machines.length ? [] : [{ group, left, of: machines.length }];
  });
}

/** Groups that decide by majority, and a machine for each vote. */
export function votersOf(dossier: Dossier): { group: string; machines: string[] }[] {
  const groups = new Map<string, string[]>();
  for (const { votes, on = [] } of Object.values(dossier.components))
    if (votes !== undefined) groups.set(votes, [...(groups.get(votes) ?? []), ...on]);
  return [...groups].map(([group, machines]) => ({ group, machines }));
}

/** The visitor's own machines: their loss is no loss of the service. */
export function visitorsOf(dossier: Dossier): Set<string> {
  const all = Object.values(dossier.components);
  const on = (role: string) =>
    all.flatMap((component) => (component.role === role ? (component.on ?? []) : []));
  const others = new Set(all.flatMap(({ role, on }) => (role === 'client' ? [] : (on ?? []))));
  return new Set(on('client').filter((name) => !others.has(name)));
}

/** Single points of failure: elements of the hardware whose loss takes something of the service with it. */
export function singlePoints(dossier: Dossier): Map<string, Gone> {
  const visitors = visitorsOf(dossier);
  return new Map(
    Object.keys(dossier.hardware).flatMap((name) => {
      if (visitors.has(name)) return [];
      const gone = goneWithout(dossier, name);
      return gone.components.length + gone.votes.length > 0 ? [[name, gone] as const] : [];
    }),
  );
}

/** The components that run on an element, or on what only it carries. */
export function runsOn(dossier: Dossier, name: string): string[] {
  const lives = living(dossier, new Set([name]));
  const machine = kindOf(dossier, name) === 'machine' || kindOf(dossier, name) === 'other';
  return Object.entries(dossier.components).flatMap(([component, { on = [] }]) =>
    on.some((place) => (machine ? place === name : !lives(place))) ? [component] : [],
  );
}

/** Components that a request may pass, from those with this role on, through `uses`. */
export function reached(dossier: Dossier, from: string[]): Set<string> {
  const seen = new Set<string>();
  const visit = (name: string) => {
    if (seen.has(name) || !dossier.components[name]) return;
    seen.add(name);
    for (const next of dossier.components[name]?.uses ?? []) visit(next);
  };
  for (const name of from) visit(name);
  return seen;
}
