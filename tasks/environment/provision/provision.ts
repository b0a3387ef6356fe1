import { join } from 'node:path';
import { LabError } from '../../base/errors.ts';
import { say } from '../../base/text.ts';
import type { Engine } from '../../engines/engine.ts';
import type { SshHost } from '../../remote/ssh.ts';
import { type AnyRole, COMMON } from '../../roles/roles.ts';
import { timeoutFactor } from '../../roles/timers.ts';
import type { Machine } from '../../topology/model.ts';
import { despiteOthers, StepsAtWork } from './again.ts';
import { type Applied, waitForMachine } from './answer.ts';
import { bootOrder, Slots } from './boots.ts';
import type { EnvironmentFacts } from './context.ts';
import { deliverCode } from './deliver.ts';
import { buildSteps, findCycle, runSteps, SkippedError, type Step } from './graph.ts';
import { applyRole, despiteResets, ROLE_END, ROLE_TIMEOUT, ship } from './machine.ts';
import { renderPayload } from './payload.ts';
import { NOT_RECORDED } from './timeline/recorder.ts';

/** Called with what happens to a machine, for the display. */
export type MachineProgress = (machine: string, line: string) => void;

/** What to apply; without any field, everything that is not up to date. */
export interface Scope {
  /** Only these roles, as if the machines had no others. What was applied before stays. */
  only?: ReadonlySet<AnyRole>;
  /** These even if nothing changed. */
  again?: ReadonlySet<AnyRole>;
}

export interface MachineResult {
  machine: string;
  started: boolean;
  /** Roles that were applied, with the number of things each changed. */
  applied: { role: string; changes: number }[];
  /** Roles that were already there. */
  unchanged: string[];
}

function known<T>(map: Map<string, T>, name: string): T {
  const value = map.get(name);
  if (value === undefined) throw new Error(`nothing is known of ${name}`);
  return value;
}

/**
 * Starts the machines, as many at once as the engine says, and brings their roles up to date, all in parallel as far as the roles
 * allow. A role that failed, perhaps because of another machine, is begun again (again.ts). Roles of machines that are not among
 * `machines` are not waited for. Returns a promise
 * for each machine, which ends when that machine is done and throws the first thing that went wrong with it. `scope`
 * narrows what is applied; a role outside of it is not waited for either. `recorder` hears when what was done.
 */
export function provisionEnvironment(
  engine: Engine,
  facts: EnvironmentFacts,
  logs: string,
  machines: Machine[],
  progress: MachineProgress,
  scope: Scope = {},
  recorder = NOT_RECORDED,
): Map<string, Promise<MachineResult>> {
  const payloads = new Map(
    machines.map((machine) => {
      const payload = renderPayload(machine, facts);
      const roles = payload.roles.filter((role) => scope.only?.has(role.role.name) ?? true);
      return [machine.name, { ...payload, roles }];
    }),
  );
  const steps = buildSteps([...payloads.values()]);
  const cycle = findCycle(steps);
  if (cycle) throw new Error(`roles wait for each other: ${cycle.join(' -> ')}`);
  const outcome = new Map<string, MachineResult>(
    machines.map(({ name }) => [name, { machine: name, started: false, applied: [], unchanged: [] }]),
  );
  const resultOf = (machine: string) => known(outcome, machine);
  const readyOf = (machine: string) => known(ready, machine);
  const slots = new Slots(engine.bootsAtOnce);
  // Asked once for all: those that must start then do so in the same moment, and in this order.
  const states = engine.states();
  states.catch(() => undefined);
  const order = bootOrder(machines, (role) => facts.roles.get(role as AnyRole)?.after ?? []);
  const ready = new Map(order.map((machine) => [machine.name, boot(machine)]));
  for (const promise of ready.values()) promise.catch(() => undefined);

  /** Waits until a machine answers that may have run before; which of `services` it runs comes with the answer. */
  function answering(name: string, host: SshHost, ranBefore: boolean, services: string[] = []) {
    return waitForMachine(engine, host, services, (line) => progress(name, line), { ranBefore });
  }

  /** A machine that is off has its turn until it answers. What it says then; which of `services` it runs is part of that. */
  async function running(machine: Machine, services: string[]): Promise<{ host: SshHost; applied: Applied }> {
    const before = (await states).get(machine.name);
    const reach = async (ranBefore: boolean) => {
      // Asked once the machine exists: an engine may know no way to machines that were never created.
      const host = (await engine.sshHosts()).find((host) => host.Host === machine.name);
      if (!host) throw new Error(`no way by ssh to ${machine.name}`);
      return { host, applied: await answering(machine.name, host, ranBefore, services) };
    };
    if (before === 'frozen') await engine.thaw(machine);
    const work = { machine: machine.name, name: '' };
    if (before === 'frozen' || before === 'running')
      return recorder.during({ ...work, kind: 'ask' }, () => reach(true));
    progress(machine.name, say({ en: 'waits for its turn to start', fr: 'attend son tour de démarrer' }));
    const turnCame = recorder.begin({ ...work, kind: 'turn' });
    return slots.run(() => {
      turnCame();
      return recorder.during({ ...work, kind: 'boot' }, async () => {
        progress(machine.name, say({ en: 'starting', fr: 'démarrage' }));
        await engine.start(machine, (line) => progress(machine.name, line));
        resultOf(machine.name).started = true;
        return reach(false);
      });
    });
  }

  async function boot(machine: Machine): Promise<{ host: SshHost; current: Set<string> }> {
    const payload = known(payloads, machine.name);
    const services = payload.roles.flatMap((role) => role.role.services);
    const { host, applied } = await running(machine, services);
    // A role is current when it was applied from the same files and its services run.
    const current = payload.roles.filter(
      (role) =>
        !scope.again?.has(role.role.name) &&
        applied.roles.get(role.role.name) === role.digest &&
        !role.role.services.some((name) => applied.down.has(name)),
    );
    const names = new Set<string>(current.map((role) => role.role.name));
    const missing = payload.roles.filter((role) => !names.has(role.role.name)).map((role) => role.role.name);
    if (missing.length === 0) return { host, current: names };
    await recorder.during({ machine: machine.name, kind: 'ship', name: '' }, async () => {
      await despiteResets(
        () => ship(host, payload, missing),
        () => answering(machine.name, host, true),
      );
      if (missing.includes('web')) {
        await deliverCode(host, facts.nextcloud, (line) => progress(machine.name, line));
      }
    });
    return { host, current: names };
  }

  const atWork = new StepsAtWork();
  const ended = runSteps(steps, (step) => atWork.during(step, () => run(step)));

  async function run(step: Step): Promise<void> {
    const { host, current } = await readyOf(step.machine);
    if (current.has(step.role)) {
      resultOf(step.machine).unchanged.push(step.role);
      return;
    }
    const tell = (line: string) => progress(step.machine, line);
    tell(step.role);
    const options = {
      log: join(logs, `${step.machine}.log`),
      stall: ROLE_TIMEOUT * timeoutFactor(facts),
      end: ROLE_END * timeoutFactor(facts),
      work: async () => engine.progressOf?.({ name: step.machine }),
    };
    const again = {
      ...{ step, atWork },
      leans: facts.roles.get(step.role as AnyRole)?.after.some((role) => role !== COMMON) ?? false,
      tell: () => tell(`${step.role}: ${say({ en: 'failed, trying again', fr: 'échec, nouvel essai' })}`),
    };
    const { machine, role, after } = step;
    const onLine = (line: string) => {
      tell(`${role}: ${line}`);
      recorder.line(machine, role, line);
    };
    const changes = await recorder.during({ machine, kind: 'role', name: role, after }, () =>
      despiteOthers(again, (attempt) =>
        despiteResets(
          () => applyRole(host, role, step.digest, { ...options, attempt }, onLine),
          () => answering(machine, host, true),
        ),
      ),
    );
    resultOf(step.machine).applied.push({ role: step.role, changes });
  }

  async function finish(machine: Machine): Promise<MachineResult> {
    await readyOf(machine.name);
    const own = steps.filter((step) => step.machine === machine.name);
    const settled = await Promise.allSettled(own.map((step) => ended.get(step.id)));
    const failures = settled.flatMap((result) =>
      result.status === 'rejected' ? [result.reason as unknown] : [],
    );
    const cause = failures.find((error) => !(error instanceof SkippedError));
    if (cause) throw cause;
    if (failures.length > 0) {
      throw new LabError({
        en: `${machine.name} waits for a role of another machine that failed.`,
        fr: `${machine.name} attend un rôle d'une autre machine qui a échoué.`,
      });
    }
    return resultOf(machine.name);
  }
  const results = new Map(machines.map((machine) => [machine.name, finish(machine)]));
  for (const promise of results.values()) promise.catch(() => undefined);
  return results;
}
