import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { setLanguage } from '../../tasks/base/text.ts';
import { renderLogins } from '../../tasks/cli/commands/creds.ts';
import { BETWEEN_MACHINES, loginsOf } from '../../tasks/environment/logins.ts';
import { loadTopology } from '../../tasks/topology/load.ts';
import { labFactsOf, secretNames } from './helpers/lab-facts.ts';

const root = join(import.meta.dirname, '../..');

describe('logins of a lab', () => {
  const folder = mkdtempSync(join(tmpdir(), 'logins-'));
  const factsOf = async (nameOrFile: string) =>
    labFactsOf('mine', await loadTopology(nameOrFile, root), folder);
  after(() => {
    rmSync(folder, { recursive: true });
    setLanguage('en');
  });

  it('every secret of a role is shown for what it opens, or is known to be between machines only', async () => {
    const facts = { ...(await factsOf('seven')), app: 'nextcloud' };
    const shown = loginsOf(facts, '/key').map((login) => login.password);
    for (const name of secretNames)
      expect(shown.includes(facts.secrets[name] as string), name).to.equal(!BETWEEN_MACHINES.includes(name));
    for (const name of BETWEEN_MACHINES) expect(secretNames, name).to.include(name);
  });

  it('names the addresses of the topology, and commands of this lab', async () => {
    const facts = await factsOf('seven');
    const logins = new Map(loginsOf(facts, '/key').map((login) => [login.id, login]));
    expect(logins.get('application')).to.include({ where: 'https://lab.test/', user: 'student' });
    expect(logins.get('statistics-lb2')?.where).to.equal('https://10.0.2.12:8404/');
    expect(logins.get('database')?.where).to.match(/^lab ssh web1 --name mine -- .* -h 10\.0\.2\.30 /);
    expect(logins.get('ssh')).to.include({ key: '/key', user: 'root' });
    expect(logins.get('database-root-db1')).to.not.have.property('password');
  });

  it('shows only what the machines of the topology have', async () => {
    const facts = await factsOf(join(root, 'test/e2e/topologies/pair.yaml'));
    expect(loginsOf(facts, '/key').map(({ id }) => id)).to.deep.equal(['ssh']);
  });

  it('is text in both languages, with every password and without the authority’s key', async () => {
    const facts = await factsOf('seven');
    const logins = loginsOf(facts, '/key');
    for (const [language, word] of [
      ['en', 'password'],
      ['fr', 'mot de passe'],
    ] as const) {
      setLanguage(language);
      const text = renderLogins('mine', logins);
      expect(text).to.include(word).and.not.include('PRIVATE KEY');
      for (const { password } of logins) if (password) expect(text).to.include(password);
    }
  });
});
