import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import {
  applicationLine,
  NEXTCLOUD_ROLES,
  servedApplication,
} from '../../tasks/artifacts/application/application.ts';
import { environmentFolder, ROOT } from '../../tasks/base/paths.ts';
import { environmentFacts } from '../../tasks/environment/provision/facts.ts';
import { renderPayload } from '../../tasks/environment/provision/payload.ts';
import { type Environment, existingEnvironment } from '../../tasks/environment/record.ts';
import { serve } from '../../tasks/environment/serve.ts';
import { noteOf, noteSnapshot, sizeAt } from '../../tasks/environment/snapshot-notes.ts';
import { readLabs } from '../../tasks/exercises/guides/load.ts';
import { leaveLab, moveTo } from '../../tasks/exercises/session/moves.ts';
import { mustHaveApplication, neededBy, withRoles } from '../../tasks/exercises/session/start.ts';
import { readState } from '../../tasks/exercises/state/state.ts';
import { machineNamed } from '../../tasks/topology/model.ts';
import { fakeEngine } from './helpers/fake-engine.ts';

const NAME = `needed-${process.pid}`;
const folder = environmentFolder(NAME);
const NEXTCLOUD = {
  ...{ release: '34.0.1', version: '34.0.1.2', sha256: 'ab'.repeat(32), signature: 'good' },
} as const;
const labs = readLabs(ROOT);
const labOf = (id: string) => {
  const found = labs.find((lab) => lab.id === id);
  if (!found) throw new Error(`no lab ${id}`);
  return found;
};

describe('the application that a lab needs', () => {
  beforeEach(() => {
    mkdirSync(folder, { recursive: true });
    const record = { topology: 'seven', engine: 'uml', app: 'nextcloud', nextcloud: NEXTCLOUD };
    writeFileSync(join(folder, 'lab.json'), JSON.stringify(record));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  /** What web1 gets for a lab: its site, and where the application finds its parts. */
  const onWeb1 = async (environment: Environment, id: string) => {
    const facts = withRoles(await environmentFacts(environment), labOf(id).needs.solved);
    const payload = renderPayload(machineNamed(environment.topology, 'web1'), facts);
    const text = (path: string) => {
      const files = payload.roles.flatMap((role) => role.files);
      return files.find((file) => file.path === `web/${path}`)?.content.toString() ?? '';
    };
    const parts = JSON.parse(text('app.json')) as Record<string, unknown>;
    return { site: /DocumentRoot (\S+)/.exec(text('lab.conf'))?.[1], parts, env: text('application.env') };
  };

  it('is the sample application where the web machines stand alone, whatever `lab up` served', async () => {
    for (const id of ['03', '04', '08', '10', '14']) {
      const environment = await existingEnvironment(NAME);
      await serve(environment, neededBy(labOf(id)));
      const { site, parts, env } = await onWeb1(await existingEnvironment(NAME), id);
      expect(site, id).to.equal('/srv/www/sample/public');
      expect(env, id).to.include('APPLICATION=sample');
      expect(parts.nextcloud, id).to.equal(null);
      expect(applicationLine(environment.record), id).to.include(`lab ${id} needs it`);
    }
  });

  it('is that of `lab up` in the labs with the whole stack that ask for no page of one of them', async () => {
    const environment = await existingEnvironment(NAME);
    await serve(environment, neededBy(labOf('03')));
    for (const id of ['09', '11', '13']) {
      await serve(environment, neededBy(labOf(id)));
      expect((await onWeb1(environment, id)).site, id).to.equal('/srv/www/nextcloud');
    }
    expect(JSON.parse(readFileSync(join(folder, 'lab.json'), 'utf8'))).to.not.have.property('serves');
  });

  it('is told of each lab where it is said which was shown', () => {
    const page = readFileSync(join(ROOT, 'labs', 'README.md'), 'utf8');
    const told = [...page.matchAll(/^\| ((?:\d\db?, )*\d\db?) \| `?(\w+)`? \|/gm)].flatMap(
      ([, ids = '', application]) => ids.split(', ').map((id) => `${id} ${application}`),
    );
    expect(told.sort()).to.deep.equal(
      labs.map(({ id, needs }) => `${id} ${needs.machines === 'none' ? 'none' : needs.application}`),
    );
  });

  it('of no lab of the kit is Nextcloud without what it stores in', () => {
    for (const { id, needs } of labs)
      if (needs.application === 'any' && needs.solved.includes('web'))
        expect(needs.solved, id).to.include.members([...NEXTCLOUD_ROLES]);
  });

  it('is Nextcloud in lab 12, which machines without it do not begin', () => {
    expect(neededBy(labOf('12'))).to.equal(undefined);
    mustHaveApplication(labOf('12'), 'nextcloud');
    expect(() => mustHaveApplication(labOf('12'), 'sample')).to.throw(/Lab 12 installs Nextcloud/);
    for (const { id, needs } of labs)
      if (needs.application !== 'nextcloud') mustHaveApplication(labOf(id), 'sample');
  });

  it('nothing is kept where the environment serves the sample application anyway', async () => {
    writeFileSync(
      join(folder, 'lab.json'),
      JSON.stringify({ topology: 'seven', engine: 'uml', app: 'sample' }),
    );
    const environment = await existingEnvironment(NAME);
    await serve(environment, neededBy(labOf('03')));
    expect(environment.record).to.not.have.property('serves');
  });

  it('comes back with a snapshot, and goes when the lab is left', async () => {
    const engine = fakeEngine(['a'], 'running', folder, {
      listSnapshots: async () => [],
      saveSnapshot: async () => undefined,
    });
    const environment = await existingEnvironment(NAME);
    const session = { environment, engine, state: await readState(folder) };
    const app = async () => servedApplication((await existingEnvironment(NAME)).record).app;
    await serve(environment, neededBy(labOf('03')));
    await noteSnapshot(environment, 'mine', { faults: [] });
    // No other size: what is served is no part of that.
    expect(await sizeAt(environment, 'mine')).to.equal(undefined);
    await serve(environment, undefined);
    expect(await app()).to.equal('nextcloud');
    await moveTo(session, { from: 'mine' }, async () => undefined);
    expect(await app()).to.equal('sample');
    expect((await noteOf(environment, 'work-00'))?.serves).to.equal(undefined);
    await moveTo(session, { to: '03' }, async () => undefined);
    await leaveLab(session);
    expect(await app()).to.equal('nextcloud');
    expect((await noteOf(environment, 'work-03'))?.serves).to.deep.equal({ app: 'sample', lab: '03' });
  });
});
