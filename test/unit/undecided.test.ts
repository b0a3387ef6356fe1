import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { LabError } from '../../tasks/base/errors.ts';
import { ROOT } from '../../tasks/base/paths.ts';
import { setLanguage } from '../../tasks/base/text.ts';
import { renderStatus } from '../../tasks/cli/commands/status.ts';
import type { EnvironmentFacts } from '../../tasks/environment/provision/context.ts';
import { applyRole, RoleFailed } from '../../tasks/environment/provision/machine.ts';
import { problemsOf } from '../../tasks/inspect/health.ts';
import { collectStatus } from '../../tasks/inspect/status.ts';
import type { runRemote, SshHost } from '../../tasks/remote/ssh.ts';
import { loadTopology } from '../../tasks/topology/load.ts';
import { fakeClock } from './helpers/clock.ts';
import { fakeSsh } from './helpers/fake-ssh.ts';
import { labFactsOf } from './helpers/lab-facts.ts';
import { withFakeSsh } from './helpers/only.ts';
import { runningMachines } from './helpers/running-machines.ts';

const ONE = '11111111-2222-3333-4444-555555555555';
const OTHER = '99999999-2222-3333-4444-555555555555';

withFakeSsh.describe('databases that wait for a decision', () => {
  let folder = '';
  let facts: EnvironmentFacts;
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'undecided-'));
    facts = { ...(await labFactsOf('unit', await loadTopology('seven', ROOT), folder)), roles: new Map() };
  });
  beforeEach(() => setLanguage('en'));
  afterEach(() => setLanguage('en'));
  after(() => rmSync(folder, { recursive: true }));

  const engine = () => runningMachines(facts.topology, join(folder, 'key'));

  /** What `lab status` finds when the databases say this of themselves; undefined: they have no state yet. */
  async function status(says: Record<'db1' | 'db2', string | undefined>) {
    const ssh = fakeSsh(`printf 'active\\n--\\n--\\nMemTotal: 2048 kB\\nMemAvailable: 1024 kB\\n'
[[ $command != */run/galera/state* ]] || { echo --; cat "$machine" 2>/dev/null || :; }`);
    try {
      for (const [name, state] of Object.entries(says))
        if (state !== undefined) writeFileSync(join(ssh.folder, name), `${state}\n`);
      const found = await collectStatus(engine(), facts);
      expect(ssh.calls(), 'one round trip each').to.have.length(facts.topology.machines.length);
      return found;
    } finally {
      ssh.remove();
    }
  }
  const problems = async (db1: string | undefined, db2: string | undefined) =>
    problemsOf(await status({ db1, db2 })).filter((text) => /data/.test(text.en));

  it('a position that cannot be read is named with the way out, in both languages', async () => {
    const [only, ...more] = await problems(`waiting ${ONE} 7`, 'unknown');
    expect(more).to.deep.equal([]);
    expect(only?.en)
      .to.match(/^db2 cannot read how far its data goes/)
      .and.include('galera_new_cluster');
    expect(only?.en).to.include('journalctl -u mariadb').and.include('docs/database.md');
    expect(only?.fr)
      .to.match(/^db2 ne peut pas lire/)
      .and.include('galera_new_cluster');
    const found = await status({ db1: undefined, db2: 'unknown' });
    const application = { app: 'sample', why: { en: 'x', fr: 'x' } } as const;
    expect(renderStatus(found, false, application).split('\n').at(-2)).to.equal(only?.en);
    setLanguage('fr');
    expect(renderStatus(found, false, application)).to.include(only?.fr);
  });

  it('two histories are named; before the first change there are none', async () => {
    const [only, ...more] = await problems(`waiting ${ONE} 7`, `waiting ${OTHER} 9`);
    expect(more).to.deep.equal([]);
    expect(only?.en).to.include('db1 and db2 have different histories').and.include('galera_new_cluster');
    expect(await problems(`waiting ${ONE} 7`, `candidate ${ONE} 9`)).to.deep.equal([]);
    expect(await problems(`waiting ${ONE} 0`, `waiting ${OTHER} 9`)).to.deep.equal([]);
  });

  it('who finds a group, or has no state yet, needs nobody', async () => {
    expect(await problems('primary synced', 'unknown')).to.deep.equal([]);
    expect(await problems('primary synced', 'primary synced')).to.deep.equal([]);
    expect(await problems(undefined, undefined)).to.deep.equal([]);
  });

  const host: SshHost = { Host: 'db1', HostName: '192.0.2.1', User: 'root', IdentityFile: '/none/key' };
  /** How `lab up` fails when the role ends with this state. */
  async function failure(state: string): Promise<unknown> {
    const remote: typeof runRemote = async (_host, _command, { onLine } = {}) => {
      onLine?.(`error: role database: MariaDB is not up to date after 300 s (state: ${state})`);
      return { code: 1, stdout: '', stderr: '' };
    };
    const options = {
      ...{ log: join(folder, 'log'), stall: 600, end: 3600 },
      work: async () => 0,
      attempt: 1,
    };
    return applyRole(host, 'database', 'abc', options, () => undefined, { remote, clock: fakeClock() }).catch(
      (error: unknown) => error,
    );
  }

  it('a `lab up` that fails for it names the machine and the way out, and does not try in vain again', async () => {
    for (const [state, which] of [
      ['unknown; others: 10.0.2.32=waiting', 'db1'],
      ['waiting; others: 10.0.2.32=unknown', '10.0.2.32'],
    ] as const) {
      const error = await failure(state);
      expect(error).to.be.instanceOf(LabError).and.not.instanceOf(RoleFailed);
      expect((error as LabError).render())
        .to.include(`${which} cannot read how far`)
        .and.include('galera_new_cluster');
    }
  });

  it('a database that is late for another reason is tried again', async () => {
    for (const state of [`joining ${ONE} 7; others: 10.0.2.32=unreachable`, 'none; others:'])
      expect(await failure(state)).to.be.instanceOf(RoleFailed);
  });
});
