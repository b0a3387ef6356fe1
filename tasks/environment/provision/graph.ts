import { COMMON } from '../../roles/roles.ts';
import type { MachinePayload } from './payload.ts';

/** One role on one machine. */
export interface Step {
  id: string;
  machine: string;
  role: string;
  digest: string;
  services: string[];
  /** Ids of the steps that come first. */
  after: string[];
}

export const stepId = (role: string, machine: string) => `${role}@${machine}`;

/**
 * The steps of a whole lab. A role waits for the roles it names in `after`, on every machine that has them, and for
 * the earlier roles of its own machine except those it names in `beside`; everything else runs in parallel.
 */
export function buildSteps(payloads: MachinePayload[]): Step[] {
  return payloads.flatMap((payload) =>
    payload.roles.map(({ role, digest }, index) => {
      const elsewhere = payloads.flatMap((other) =>
        other.roles
          // common is each machine's own: waiting for that of all others would hold the fast machines up.
          .filter(
            (rolePayload) => role.after.includes(rolePayload.role.name) && rolePayload.role.name !== COMMON,
          )
          .map((role) => stepId(role.role.name, other.machine.name)),
      );
      const own = payload.roles
        .slice(0, index)
        .filter((rolePayload) => !(role.beside as string[]).includes(rolePayload.role.name))
        .map((role) => stepId(role.role.name, payload.machine.name));
      const id = stepId(role.name, payload.machine.name);
      return {
        id,
        machine: payload.machine.name,
        role: role.name,
        digest,
        services: role.services,
        after: [...new Set([...own, ...elsewhere])].filter((other) => other !== id),
      };
    }),
  );
}

/**
 * Machines in the order in which they are shut down, in groups that go at the same time: a machine before those whose
 * roles its own roles wait for (a web machine before the storage it has mounted). What waits in a circle goes last.
 */
export function haltGroups<M extends { name: string; roles: string[] }>(
  machines: M[],
  after: (role: string) => string[],
): M[][] {
  const needs = (a: M, b: M) =>
    a.name !== b.name && a.roles.some((role) => after(role).some((name) => b.roles.includes(name)));
  const groups: M[][] = [];
  let left = machines;
  while (left.length > 0) {
    const free = left.filter((machine) => !left.some((other) => needs(other, machine)));
    const group = free.length > 0 ? free : left;
    groups.push(group);
    left = left.filter((machine) => !group.includes(machine));
  }
  return groups;
}

/** A circle of steps that wait for each other, if there is one. */
export function findCycle(steps: Step[]): string[] | undefined {
  const byId = new Map(steps.map((step) => [step.id, step]));
  const state = new Map<string, 'open' | 'done'>();
  const visit = (id: string, path: string[]): string[] | undefined => {
    if (state.get(id) === 'done') return undefined;
    if (state.get(id) === 'open') return [...path.slice(path.indexOf(id)), id];
    state.set(id, 'open');
    for (const next of byId.get(id)?.after ?? []) {
      const cycle = visit(next, [...path, id]);
      if (cycle) return cycle;
    }
    state.set(id, 'done');
    return undefined;
  };
  for (const step of steps) {
    const cycle = visit(step.id, []);
    if (cycle) return cycle;
  }
  return undefined;
}

/** Thrown into steps that cannot run because one before them failed. */
export class SkippedError extends Error {}

/**
 * Runs every step as soon as the ones before it are done; a failure stops only what depends on it. Returns a promise
 * for each step: done, failed with the step's own error, or failed with SkippedError.
 */
export function runSteps(steps: Step[], run: (step: Step) => Promise<void>): Map<string, Promise<void>> {
  const running = new Map<string, Promise<void>>();
  const byId = new Map(steps.map((step) => [step.id, step]));
  const launch = (step: Step): Promise<void> => {
    const known = running.get(step.id);
    if (known) return known;
    const promise = (async () => {
      const before = await Promise.allSettled(step.after.flatMap((id) => byId.get(id) ?? []).map(launch));
      if (before.some((result) => result.status === 'rejected')) throw new SkippedError(step.id);
      await run(step);
    })();
    // Whoever waits for the step sees the error; a step nobody waits for must not end the process.
    promise.catch(() => undefined);
    running.set(step.id, promise);
    return promise;
  };
  for (const step of steps) launch(step);
  return running;
}
