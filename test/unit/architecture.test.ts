import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { type Architecture, describe as describeLab } from '../../tasks/architecture/describe.ts';
import {
  documentFile,
  documentPictures,
  documentTables,
  fillTables,
} from '../../tasks/architecture/document.ts';
import { timerLookup } from '../../tasks/architecture/timers.ts';
import { readRoles } from '../../tasks/roles/roles.ts';
import { loadTopology } from '../../tasks/topology/load.ts';

const root = join(import.meta.dirname, '../..');
const read = (file: string) => readFileSync(join(root, file), 'utf8');
const roles = readRoles(root);

describe('architecture', () => {
  let plan: Architecture;
  before(async () => {
    plan = describeLab(await loadTopology('seven', root), roles);
  });
  const flow = (from: string, to: string) =>
    plan.flows.filter((flow) => flow.from === from && flow.to === to);

  it('visitors go to the front address, web machines to those of the router and the storage', () => {
    expect(flow('client', 'lb').find(({ kind }) => kind === 'service')).to.deep.include({
      ports: ['80/tcp', '443/tcp', '8404/tcp'],
      via: plan.topology.floating.front,
    });
    expect(flow('web', 'router')[0]?.via?.address).to.equal('10.0.2.30');
    expect(flow('web', 'storage')[0]?.via?.address).to.equal('10.0.2.40');
    // Router goes to the databases themselves, and the cluster's own traffic never to a floating address.
    expect(flow('router', 'database')[0]?.via).to.equal(undefined);
    expect(flow('storage', 'quorum-device')[0]?.via).to.equal(undefined);
  });

  it('what machines of one role say to each other is not a flow; a machine alone says nothing', async () => {
    expect(plan.flows.filter(({ from, to }) => from === to)).to.deep.equal([]);
    const part = (name: string) => plan.parts.find(({ role }) => role === name);
    expect(part('storage')?.inner).to.deep.equal([
      { kind: 'vote', ports: ['5405/udp'] },
      { kind: 'copy', ports: ['7788/tcp'] },
    ]);
    expect(part('arbitrator')?.inner).to.deep.equal([]);
  });

  for (const name of ['seven', 'spread'])
    it(`${name}: the loss of any one machine leaves every group a majority`, async () => {
      const { votes, topology } = describeLab(await loadTopology(name, root), roles);
      expect(votes.map(({ group }) => group)).to.deep.equal(['galera', 'corosync', 'sentinel']);
      for (const { voters, majority, group } of votes) {
        expect(voters, group).to.have.length(3);
        for (const machine of topology.machines) {
          const left = voters.filter((voter) => voter.machine !== machine.name).length;
          expect(left, `${group} without ${machine.name}`).to.be.at.least(majority);
        }
      }
    });

  it('every service of a role belongs to a piece of software, and every timer named there exists', () => {
    const timers = timerLookup(root);
    for (const { name, services, components } of roles.values()) {
      const known = components.map(({ service }) => service);
      // lab-storage only says that the rest is complete.
      for (const service of services.filter((service) => service !== 'lab-storage'))
        expect(known, `${name}: ${service}`).to.include(service);
      for (const { timers: own } of components)
        for (const { timer } of own) expect(timers(timer).value).to.be.above(0);
    }
  });

  it('every package named is one of the image’s', () => {
    const packages = read('packer/packages.list').split('\n');
    for (const { name, components } of roles.values())
      for (const component of components.filter((part) => part.package !== 'ha-lab-kit'))
        expect(packages, `${name}: ${component.package}`).to.include(component.package);
  });
});

describe('architecture documents', () => {
  const headings = (text: string) => [...text.matchAll(/^#+/gm)].map(([level]) => level);
  const marks = (text: string) => [...text.matchAll(/<!-- generated: (\S+) -->/g)].map((match) => match[1]);

  for (const language of ['en', 'fr'] as const)
    it(`${documentFile(language)} is up to date (npm run docs)`, async () => {
      const text = read(documentFile(language));
      const tables = await documentTables(root, language);
      expect(marks(text)).to.have.members(Object.keys(tables));
      expect(text).to.equal(fillTables(text, tables));
    });

  it('both languages have the same sections', () => {
    const [english, french] = [read(documentFile('en')), read(documentFile('fr'))];
    expect(headings(french)).to.deep.equal(headings(english));
    expect(marks(french)).to.deep.equal(marks(english));
  });

  it('the pictures are up to date (npm run docs), and there are no others', async () => {
    const files = await documentPictures(root);
    for (const [file, content] of files) expect(read(file) === content, file).to.equal(true);
    const there = readdirSync(join(root, 'docs/pictures')).filter((name) => name.endsWith('.svg'));
    const made = [...files.keys()].map((file) => file.replace('docs/pictures/', ''));
    expect(there.filter((name) => /^(seven|spread)-/.test(name)).sort()).to.deep.equal(made.sort());
  });

  it('a table that nobody makes is a mistake', () => {
    expect(() => fillTables('<!-- generated: nothing -->\n<!-- end -->', {})).to.throw('nothing');
  });
});
