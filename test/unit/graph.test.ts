import { expect } from 'chai';
import {
  buildSteps,
  findCycle,
  haltGroups,
  runSteps,
  SkippedError,
  type Step,
} from '../../tasks/environment/provision/graph.ts';
import type { MachinePayload } from '../../tasks/environment/provision/payload.ts';
import type { AnyRole } from '../../tasks/roles/roles.ts';
import type { RoleName } from '../../tasks/topology/model.ts';

/** A machine with roles; each role's `after` from the table. */
function payload(
  name: string,
  after: Partial<Record<AnyRole, AnyRole[]>>,
  beside: Partial<Record<AnyRole, RoleName[]>> = {},
): MachinePayload {
  const roles = Object.entries(after).map(([role, before]) => ({
    role: {
      name: role as AnyRole,
      folder: '',
      title: { en: '', fr: '' },
      after: before ?? [],
      beside: beside[role as AnyRole] ?? [],
      services: [`${role}d`],
      ports: [],
      components: [],
      secrets: [],
    },
    files: [],
    digest: `${role} of ${name}`,
  }));
  const machine = { name, address: '', mac: '', memory: 0, disk: undefined, cpus: 1, roles: [] };
  return { machine, shared: [], roles };
}

const step = (id: string, ...after: string[]): Step => ({
  id,
  machine: '',
  role: id,
  digest: '',
  services: [],
  after,
});

/** Runs steps that log their start and end, and fail if named; gives the log and how each ended. */
async function trace(steps: Step[], failing: string[] = []) {
  const log: string[] = [];
  const running = runSteps(steps, async ({ id }) => {
    log.push(`+${id}`);
    await new Promise((resolve) => setTimeout(resolve, 2));
    log.push(`-${id}`);
    if (failing.includes(id)) throw new Error(`${id} broke`);
  });
  const ends: Record<string, string> = {};
  for (const [id, promise] of running)
    ends[id] = await promise.then(
      () => 'done',
      (error: Error) => (error instanceof SkippedError ? 'skipped' : error.message),
    );
  return { log, ends };
}

describe('order of roles', () => {
  it('a role waits for the roles it names on all machines, and for the earlier ones of its own', () => {
    const steps = buildSteps([
      payload('db1', { common: [], database: ['common'] }),
      payload('db2', { common: [], database: ['common'] }),
      payload('web1', { common: [], session: ['common'], web: ['common', 'database'] }),
    ]);
    const after = Object.fromEntries(steps.map((step) => [step.id, step.after]));
    expect(after).to.deep.equal({
      'common@db1': [],
      'database@db1': ['common@db1'],
      'common@db2': [],
      'database@db2': ['common@db2'],
      'common@web1': [],
      'session@web1': ['common@web1'],
      'web@web1': ['common@web1', 'session@web1', 'database@db1', 'database@db2'],
    });
    expect(steps[1]).to.include({ machine: 'db1', role: 'database', digest: 'database of db1' });
    expect(steps[1]?.services).to.deep.equal(['databased']);
  });

  it('a role does not wait for those of its machine that it may run beside', () => {
    const roles: Partial<Record<AnyRole, AnyRole[]>> = {
      common: [],
      database: ['common'],
      storage: ['common'],
      web: ['common'],
    };
    const steps = buildSteps([payload('db1', roles, { storage: ['database'] })]);
    expect(steps.find((step) => step.role === 'storage')?.after).to.deep.equal(['common@db1']);
    expect(steps.find((step) => step.role === 'web')?.after).to.have.members([
      'common@db1',
      'database@db1',
      'storage@db1',
    ]);
  });

  it('a role never waits for itself', () => {
    const [one] = buildSteps([payload('db1', { database: ['database'] })]);
    expect(one?.after).to.deep.equal([]);
  });

  it('what does not depend on each other runs at the same time, the rest in order', async () => {
    const { log, ends } = await trace([step('last', 'a', 'b'), step('a'), step('b')]);
    expect(log.slice(0, 2).sort()).to.deep.equal(['+a', '+b']);
    expect(log.slice(-2)).to.deep.equal(['+last', '-last']);
    expect(Object.values(ends)).to.deep.equal(['done', 'done', 'done']);
  });

  it('each step runs once, however many wait for it', async () => {
    const { log } = await trace([step('a'), step('b', 'a'), step('c', 'a'), step('d', 'b', 'c')]);
    expect(log.filter((line) => line === '+a')).to.have.length(1);
    expect(log).to.have.length(8);
  });

  it('a failure stops what depends on it, directly or not, and nothing else', async () => {
    const steps = [
      step('bad'),
      step('next', 'bad'),
      step('far', 'next', 'good'),
      step('good'),
      step('more', 'good'),
    ];
    const { log, ends } = await trace(steps, ['bad']);
    expect(ends).to.deep.equal({
      bad: 'bad broke',
      next: 'skipped',
      far: 'skipped',
      good: 'done',
      more: 'done',
    });
    expect(log).to.not.include('+next').and.not.include('+far');
  });

  it('a step that waits for one that is not there (a partial topology) runs', async () => {
    expect((await trace([step('a', 'elsewhere')])).ends).to.deep.equal({ a: 'done' });
  });

  it('a circle is found and shown from its first step to itself; a diamond is none', () => {
    const diamond = [step('a'), step('b', 'a'), step('c', 'a'), step('d', 'b', 'c')];
    expect(findCycle(diamond)).to.equal(undefined);
    expect(findCycle([step('in', 'a'), step('a', 'b'), step('b', 'c'), step('c', 'a')])).to.deep.equal([
      'a',
      'b',
      'c',
      'a',
    ]);
    expect(
      findCycle(buildSteps([payload('m', { web: ['lb'], lb: [] }), payload('n', { lb: ['web'] })])),
    ).to.not.equal(undefined);
  });
});

describe('order of shutdown', () => {
  const after: Record<string, string[]> = { web: ['storage'], storage: ['quorum-device'] };
  const order = (machines: { name: string; roles: string[] }[]) =>
    haltGroups(machines, (role) => after[role] ?? []).map((group) => group.map((machine) => machine.name));

  it('those who use the others go first, independent ones together', () => {
    const machines = [
      { name: 'client', roles: ['client'] },
      { name: 'lb2', roles: ['lb', 'quorum-device'] },
      { name: 'web1', roles: ['web'] },
      { name: 'web2', roles: ['web'] },
      { name: 'db1', roles: ['storage'] },
    ];
    expect(order(machines)).to.deep.equal([['client', 'web1', 'web2'], ['db1'], ['lb2']]);
  });

  it('a circle does not hang', () => {
    expect(
      order([
        { name: 'a', roles: ['web', 'quorum-device'] },
        { name: 'b', roles: ['storage'] },
      ]),
    ).to.deep.equal([['a', 'b']]);
  });
});
