import { join } from 'node:path';
import { expect } from 'chai';
import { LabError } from '../../tasks/base/errors.ts';
import { machinesToApply, roleNamed, rolesUntil } from '../../tasks/environment/provision/choice.ts';
import { readRoles } from '../../tasks/roles/roles.ts';
import { loadTopology } from '../../tasks/topology/load.ts';
import type { Machine, Topology } from '../../tasks/topology/model.ts';

const root = join(import.meta.dirname, '../..');
const roles = readRoles(root);
const names = (machines: Machine[]) => machines.map((machine) => machine.name);

describe('choice of roles and machines', () => {
  let seven: Topology;
  let small: Topology;
  before(async () => {
    seven = await loadTopology('seven', root);
    small = await loadTopology(join(root, 'test/e2e/topologies/pair.yaml'), root);
  });

  it('until a role: what it waits for, what that waits for, common, and nothing else', () => {
    expect([...rolesUntil(roles, 'web')]).to.have.members([
      'common',
      'web',
      'database',
      'storage',
      'quorum-device',
    ]);
    expect([...rolesUntil(roles, 'sentinel')]).to.have.members(['common', 'sentinel', 'session']);
    expect([...rolesUntil(roles, 'database')]).to.have.members(['common', 'database']);
    expect([...rolesUntil(roles, 'common')]).to.deep.equal(['common']);
  });

  it('until a role whose roles wait in a circle ends', () => {
    const circle = new Map(roles);
    const [web, storage] = [roles.get('web'), roles.get('storage')];
    if (!web || !storage) throw new Error('the kit has no web or no storage');
    circle.set('storage', { ...storage, after: ['web'] });
    expect([...rolesUntil(circle, 'web')]).to.have.members(['common', 'web', 'database', 'storage']);
  });

  it('finds a role by its whole name', () => {
    expect(roleNamed(roles, seven, 'web')).to.equal('web');
    expect(roleNamed(roles, seven, 'common')).to.equal('common');
    expect(() => roleNamed(roles, seven, 'webb')).to.throw(LabError, 'no role named "webb"');
    expect(() => roleNamed(roles, seven, '')).to.throw(LabError);
  });

  it('a role that the kit has but no machine of the topology is told apart', () => {
    expect(() => roleNamed(roles, small, 'storage')).to.throw(LabError, 'No machine of the topology pair');
  });

  it('applies on all machines of a role, or on those that are named, in the order of the topology', () => {
    const [web1, web2, db1] = ['web1', 'web2', 'db1'].map((name) =>
      seven.machines.find((machine) => machine.name === name),
    );
    if (!web1 || !web2 || !db1) throw new Error('seven has other machines');
    expect(names(machinesToApply(seven, 'web', []))).to.deep.equal(['web1', 'web2']);
    expect(names(machinesToApply(seven, 'web', [web2, web1]))).to.deep.equal(['web1', 'web2']);
    expect(names(machinesToApply(seven, 'web', [web2]))).to.deep.equal(['web2']);
    expect(names(machinesToApply(seven, 'common', []))).to.have.length(7);
    expect(() => machinesToApply(seven, 'web', [web1, db1])).to.throw(LabError, 'db1 does not have');
  });
});
