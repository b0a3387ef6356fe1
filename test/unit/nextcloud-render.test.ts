import { join } from 'node:path';
import { expect } from 'chai';
import { nextcloudFacts } from '../../tasks/artifacts/application/code.ts';
import { INSIDE } from '../../tasks/engines/engine.ts';
import { cardsOf } from '../../tasks/engines/uml/cards.ts';
import { commandLine } from '../../tasks/engines/uml/command-line.ts';
import type { EnvironmentFacts } from '../../tasks/environment/provision/context.ts';
import { renderPayload } from '../../tasks/environment/provision/payload.ts';
import type { Secrets } from '../../tasks/environment/secrets.ts';
import { readRoles } from '../../tasks/roles/roles.ts';
import { readService } from '../../tasks/roles/service.ts';
import { loadTopology } from '../../tasks/topology/load.ts';
import { type Machine, machinesOf, type Topology } from '../../tasks/topology/model.ts';

const root = join(import.meta.dirname, '../..');
const roles = readRoles(root);
const NEXTCLOUD = {
  release: '34.0.1',
  version: '34.0.1.2',
  sha256: 'ab'.repeat(32),
  signature: 'good',
} as const;

describe('web machine with Nextcloud', () => {
  let seven: Topology;
  before(async () => {
    seven = await loadTopology('seven', root);
  });
  const pem = { cert: 'CERT', key: 'KEY' };
  const secrets = (): Secrets => {
    const names = [...roles.values()].flatMap((role) => role.secrets);
    const machines = Object.fromEntries(seven.machines.map(({ name }) => [name, { ...pem, address: '' }]));
    return {
      ...Object.fromEntries(names.map((name) => [name, `secret-${name}'\\`])),
      tls: { ...pem, ca: 'CA', caKey: 'KEY', machines },
    };
  };
  const facts = (app: Partial<EnvironmentFacts>): EnvironmentFacts => ({
    lab: 'unit',
    root,
    topology: seven,
    nic: 'vec0',
    secondDisk: '/dev/ubdb',
    secrets: secrets(),
    app: 'nextcloud',
    nextcloud: nextcloudFacts(NEXTCLOUD, INSIDE.uml.codeDisk),
    roles,
    ...app,
  });
  /** A file of the web role as a machine gets it. */
  const file = (machine: Machine, path: string, app: Partial<EnvironmentFacts> = {}): string => {
    const web = renderPayload(machine, facts(app)).roles.find(({ role }) => role.name === 'web');
    const found = web?.files.find((file) => file.path === `web/${path}`);
    if (!found) throw new Error(`no ${path}`);
    return found.content.toString();
  };
  const webs = () => machinesOf(seven, 'web');
  const first = (): Machine => webs()[0] as Machine;

  it('has the same configuration as every other, with the lab’s secrets quoted for PHP', () => {
    const texts = webs().map((machine) => file(machine, 'nextcloud/config.php'));
    expect(texts).to.have.length(2);
    expect(new Set(texts).size).to.equal(1);
    expect(texts[0]).to.include(String.raw`'secret' => 'secret-nextcloudSecret\'\\'`);
    expect(texts[0]).to.include("'version' => '34.0.1.2'").and.include("'config_is_read_only' => true");
  });

  it('trusts the load balancers and the names the lab is reached by, taken from the topology', () => {
    const text = file(first(), 'nextcloud/config.php');
    const list = (name: string) =>
      [...(new RegExp(`'${name}' => \\[(.*)\\]`).exec(text)?.[1] ?? '').matchAll(/'([^']+)'/g)].map(
        ([, item]) => item,
      );
    const balancers = machinesOf(seven, 'lb').map(({ address }) => address);
    expect(list('trusted_proxies')).to.deep.equal(balancers);
    expect(list('trusted_domains')).to.deep.equal([
      readService(root).host,
      seven.floating.front?.address,
      ...balancers,
    ]);
    expect(text).to.include(`'dbhost' => '${seven.floating.router?.address}:3306'`);
  });

  it('mounts its code read-only: the shared disk where the engine gives it, else what was unpacked', () => {
    const disk = file(first(), 'nextcloud/code.mount');
    expect(disk)
      .to.include('What=/dev/ubdc\n')
      .and.match(/^Options=ro,/m);
    const unpacked = { nextcloud: nextcloudFacts(NEXTCLOUD, undefined) };
    expect(file(first(), 'nextcloud/code.mount', unpacked))
      .to.include(`What=/var/lib/lab/nextcloud/${'ab'.repeat(10)}\n`)
      .and.match(/^Options=bind,ro,/m);
    expect(file(first(), 'application.env')).to.match(/^CODE_UNPACKED=$/m);
    expect(file(first(), 'application.env', unpacked)).to.match(/^CODE_UNPACKED=\/var\/lib\/lab/m);
  });

  it('gets a new configuration when it gets another archive', () => {
    const digest = (sha256: string, device: string | undefined) =>
      renderPayload(
        first(),
        facts({ nextcloud: nextcloudFacts({ ...NEXTCLOUD, sha256 }, device) }),
      ).roles.find(({ role }) => role.name === 'web')?.digest;
    expect(digest('a'.repeat(64), undefined)).to.not.equal(digest('b'.repeat(64), undefined));
  });

  it('takes turns with the others at background jobs', () => {
    const times = webs().map(
      (machine) => /^OnCalendar=(.*)$/m.exec(file(machine, 'nextcloud/cron.timer'))?.[1],
    );
    expect(times).to.deep.equal(['*:0/5:0', '*:2/5:30']);
  });

  it('serves its own pages, and the kit’s health check', () => {
    const site = file(first(), 'lab.conf');
    expect(site).to.include('DocumentRoot /srv/www/nextcloud').and.include('LimitRequestBody 0');
    expect(site).to.match(/Alias \/health .*health\.php/);
    // The address of a visitor is Nextcloud's to find: it must see the load balancer's to trust it.
    expect(site).to.not.include('RemoteIPHeader');
    expect(site).to.include('%{X-Forwarded-For}i');
    expect(file(first(), 'www.conf')).to.include('env[NEXTCLOUD_CONFIG_DIR]');
    expect(JSON.parse(file(first(), 'app.json')).nextcloud).to.deep.equal({ code: '/srv/www/nextcloud' });
  });

  it('with the sample application has none of it', () => {
    const sample = { app: 'sample', nextcloud: undefined } as unknown as Partial<EnvironmentFacts>;
    for (const path of ['config.php', 'code.mount', 'install.json', 'cron.timer'])
      expect(file(first(), `nextcloud/${path}`, sample).trim(), path).to.equal('');
    expect(file(first(), 'lab.conf', sample))
      .to.include('DocumentRoot /srv/www/sample')
      .and.not.include('nextcloud');
    expect(file(first(), 'www.conf', sample)).to.not.match(/nextcloud/i);
    expect(JSON.parse(file(first(), 'app.json', sample)).nextcloud).to.equal(null);
  });

  it('of the uml engine starts with the disk, read-only, as its third', () => {
    const files = { kernel: '/k', base: '/b', cow: '/c', disk: undefined };
    const options = {
      memory: 512,
      link: { check: 100, back: 1000 },
      sshPublicKey: 'ssh-ed25519 AAAA lab-unit',
    };
    const line = (code?: string) =>
      commandLine('unit', first(), seven, { ...files, code }, cardsOf(first(), seven), options);
    expect(line('/cache/code.ext4')).to.include('ubd2r=/cache/code.ext4');
    expect(line().join(' ')).to.not.include('ubd2');
  });
});
