import { join } from 'node:path';
import { expect } from 'chai';
import {
  APP_NAMES,
  applicationName,
  logins,
  type Nextcloud,
} from '../../tasks/artifacts/application/application.ts';
import { type AppWish, type Archives, chooseApplication } from '../../tasks/artifacts/application/choose.ts';
import { LabError } from '../../tasks/base/errors.ts';
import { APPS } from '../../tasks/cli/machines.ts';
import { readRoles } from '../../tasks/roles/roles.ts';
import { loadTopology } from '../../tasks/topology/load.ts';
import type { Topology } from '../../tasks/topology/model.ts';

const root = join(import.meta.dirname, '../..');
const CACHED: Nextcloud = {
  release: '34.0.1',
  version: '34.0.1.2',
  sha256: 'c'.repeat(64),
  signature: 'good',
};
const TAKEN: Nextcloud = { ...CACHED, sha256: 'd'.repeat(64), signature: 'unchecked' };

describe('choice of the application', () => {
  let seven: Topology;
  let pair: Topology;
  before(async () => {
    seven = await loadTopology('seven', root);
    pair = await loadTopology(join(root, 'test/e2e/topologies/pair.yaml'), root);
  });

  /** What is at hand, and what was asked of it. */
  const archives = (has: { cached?: boolean; reachable?: boolean } = {}) => {
    const asked: string[] = [];
    const host: Archives = {
      official: 'https://example.org/nextcloud.tar.bz2',
      cached: async () => (has.cached ? CACHED : undefined),
      reachable: async () => {
        asked.push('network');
        return has.reachable ?? false;
      },
      take: async (source) => {
        asked.push(source);
        return TAKEN;
      },
    };
    return { host, asked };
  };
  const choose = (wish: AppWish, has = {}, topology = seven) =>
    chooseApplication(topology, wish, archives(has).host);
  const refusal = async (work: Promise<unknown>): Promise<LabError> => {
    const error = await work.then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    expect(error).to.be.instanceOf(LabError);
    return error as LabError;
  };

  it('by itself: the cache first, without asking the network', async () => {
    const { host, asked } = archives({ cached: true, reachable: true });
    expect(await chooseApplication(seven, {}, host)).to.deep.include({ app: 'nextcloud', nextcloud: CACHED });
    expect(asked).to.deep.equal([]);
  });

  it('by itself: then the network, and the official archive', async () => {
    const { host, asked } = archives({ reachable: true });
    expect(await chooseApplication(seven, { app: 'auto' }, host)).to.deep.include({ nextcloud: TAKEN });
    expect(asked).to.deep.equal(['network', host.official]);
  });

  it('by itself: the sample application where there is neither, and it says how to have Nextcloud', async () => {
    const chosen = await choose({});
    expect(chosen.app).to.equal('sample');
    for (const text of [chosen.why.en, chosen.why.fr]) expect(text).to.include('--nextcloud');
  });

  it('an archive that is given goes first, with or without --app', async () => {
    for (const app of [undefined, 'auto', 'nextcloud'] as const) {
      const { host, asked } = archives({ cached: true });
      const chosen = await chooseApplication(seven, { app, nextcloud: 'mine.tar.bz2' }, host);
      expect(chosen).to.deep.include({ app: 'nextcloud', nextcloud: TAKEN });
      expect(asked).to.deep.equal(['mine.tar.bz2']);
    }
  });

  it('the sample application when asked for, whatever is at hand', async () => {
    const { host, asked } = archives({ cached: true, reachable: true });
    expect((await chooseApplication(seven, { app: 'sample' }, host)).app).to.equal('sample');
    expect(asked).to.deep.equal([]);
  });

  it('Nextcloud asked for and not to be had: refused, with the way out', async () => {
    const error = await refusal(choose({ app: 'nextcloud' }));
    expect(error.fix?.en).to.include('--nextcloud PATH').and.include('--app sample');
  });

  it('the sample application with an archive of Nextcloud: refused', async () => {
    expect((await refusal(choose({ app: 'sample', nextcloud: 'x' }))).what.en).to.include('contradict');
  });

  it('a topology without the roles that Nextcloud needs gets the sample application, or an error', async () => {
    const chosen = await choose({}, { cached: true }, pair);
    expect(chosen.app).to.equal('sample');
    expect(chosen.why.en).to.include('database, router, storage, session');
    expect((await refusal(choose({ app: 'nextcloud' }, { cached: true }, pair))).what.en).to.include('pair');
  });

  it('the command line offers auto and all applications', () => {
    expect(APPS).to.deep.equal(['auto', ...APP_NAMES]);
  });

  it('an unchecked signature is said wherever the application is named', () => {
    const name = (nextcloud: Nextcloud) => applicationName({ app: 'nextcloud', nextcloud });
    expect(name(CACHED).en).to.equal('Nextcloud 34.0.1');
    expect(name(TAKEN).en).to.include('not checked');
    expect(name(TAKEN).fr).to.include('non vérifiée');
  });

  it('every account’s password is a secret of the web role', () => {
    const secrets = readRoles(root).get('web')?.secrets;
    for (const app of APP_NAMES) for (const { secret } of logins(app)) expect(secrets).to.include(secret);
  });
});
