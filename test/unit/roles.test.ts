import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import ejs from 'ejs';
import { parse } from 'yaml';
import { nextcloudFacts } from '../../tasks/artifacts/application/code.ts';
import { INSIDE } from '../../tasks/engines/engine.ts';
import type { TemplateContext } from '../../tasks/environment/provision/context.ts';
import { FAST, SLOW, STEP, timersFor } from '../../tasks/roles/timers.ts';
import { loadTopology } from '../../tasks/topology/load.ts';
import {
  type Machine,
  machinesOf,
  ROLE_NAMES,
  type RoleName,
  type Topology,
} from '../../tasks/topology/model.ts';
import { routerIds } from '../../tasks/topology/router-ids.ts';

const root = join(import.meta.dirname, '../..');
const folder = join(root, 'roles');

interface Port {
  port?: number;
  proto: string;
  from: string[];
  why: { en: string; fr: string };
}
interface Role {
  title: { en: string; fr: string };
  after: string[];
  services: string[];
  ports: Port[];
  secrets: string[];
}
interface Timer {
  value: number;
  unit: string;
  default: number | null;
  means: string;
  lowering: string;
  slow?: number;
}

const roles = readdirSync(folder).filter((name) => existsSync(join(folder, name, 'role.yaml')));
const readYaml = (file: string): unknown => parse(readFileSync(join(folder, file), 'utf8'));
const roleOf = (name: string): Role => readYaml(`${name}/role.yaml`) as Role;
const timers = readYaml('timers.yaml') as Record<string, Record<string, Timer>>;
/** Every timer factor that a lab can have, and its timers. */
const FACTORS = Array.from({ length: (SLOW - FAST) / STEP + 1 }, (_, at) => FAST + at * STEP);
const timersAt = new Map(FACTORS.map((factor) => [factor, timersFor(root, factor)]));

function templatesOf(role: string): string[] {
  const names = readdirSync(join(folder, role, 'templates'), { recursive: true, encoding: 'utf8' });
  return names.filter((name) => name.endsWith('.ejs'));
}

/** A template rendered for a machine, with secrets that are easy to find again. */
function render(
  topology: Topology,
  machine: Machine,
  role: string,
  template: string,
  app: Pick<TemplateContext, 'app' | 'nextcloud'> = { app: 'sample', nextcloud: undefined },
  factor = FAST,
): string {
  const file = join(folder, role, 'templates', template);
  const firewall = ['common', ...machine.roles]
    .filter((name) => roles.includes(name))
    .flatMap((name) => roleOf(name).ports)
    .map((port) => ({ ...port, why: port.why.en, sources: ['192.0.2.1', '192.0.2.2'] }));
  return ejs.render(
    readFileSync(file, 'utf8'),
    {
      lab: { name: 'unit' },
      topology,
      machine,
      nic: 'vec0',
      secondDisk: INSIDE.uml.secondDisk,
      powerSwitch: INSIDE.uml.powerSwitch,
      timers: timersAt.get(factor),
      service: {
        host: 'cloud.lab',
        health: '/health',
        sessions: { set: 'sessions', host: '127.0.0.1', port: 6380 },
        sight: { port: 8405 },
      },
      secrets: {
        ...Object.fromEntries(
          roles.flatMap((name) => roleOf(name).secrets).map((name) => [name, `<${name}>`]),
        ),
        tls: { ca: 'CA-PEM\n', cert: 'CERT-PEM\n', key: 'KEY-PEM\n' },
      },
      certificate: { cert: 'OWN-CERT-PEM\n', key: 'OWN-KEY-PEM\n' },
      ...app,
      machinesOf: (name: RoleName) => machinesOf(topology, name),
      floating: topology.floating,
      routerIds: routerIds(topology.floating),
      firewall,
      roles,
    },
    { filename: file },
  );
}

/** Both applications; Nextcloud with its code on a disk, and unpacked. */
const NEXTCLOUD = nextcloudFacts(
  { release: '34.0.1', version: '34.0.1.2', sha256: 'ab'.repeat(32), signature: 'good' },
  '/dev/ubdc',
);
const APPLICATIONS = [
  { app: 'sample', nextcloud: undefined },
  { app: 'nextcloud', nextcloud: NEXTCLOUD },
  { app: 'nextcloud', nextcloud: { ...NEXTCLOUD, device: undefined } },
];

function machineNamed(topology: Topology, name: string): Machine {
  const machine = topology.machines.find((machine) => machine.name === name);
  if (!machine) throw new Error(`no machine ${name}`);
  return machine;
}

describe('roles', () => {
  for (const role of roles) {
    it(`${role}: role.yaml names known roles, sources and real ports`, () => {
      const { title, after, services, ports, secrets } = roleOf(role);
      expect(title.en).to.be.a('string').and.not.equal('');
      expect(title.fr).to.be.a('string').and.not.equal(title.en);
      expect(['common', ...ROLE_NAMES]).to.include.members([role, ...after]);
      expect(after).not.to.include(role);
      expect(services).to.be.an('array');
      expect(secrets).to.be.an('array');
      for (const port of ports) {
        expect(['lab', 'host', ...ROLE_NAMES]).to.include.members(port.from);
        if (port.proto === 'vrrp') expect(port).not.to.have.property('port');
        else expect(port.port).to.be.within(1, 65535);
        for (const text of [port.why.en, port.why.fr]) expect(text).to.match(/^[^"\n]{5,120}$/);
      }
    });
  }

  it('every timer says its value, unit, meaning, default and what lowering it costs', () => {
    for (const [section, entries] of Object.entries(timers)) {
      for (const [name, timer] of Object.entries(entries)) {
        const where = `${section}.${name}`;
        const { slow = timer.value, ...rest } = timer;
        expect(rest, where).to.have.all.keys('value', 'unit', 'default', 'means', 'lowering');
        expect(slow, where).to.be.at.least(timer.value);
        expect(timer.value, where).to.be.a('number').above(0);
        expect(timer.means.length, where).to.be.above(20);
        expect(timer.lowering.length, where).to.be.above(10);
      }
    }
  });

  it('every timer is used by a template', () => {
    const partials = ['partials', 'web/partials'].flatMap((name) =>
      readdirSync(join(folder, name)).map((file) => join(folder, name, file)),
    );
    const text = roles
      .flatMap((role) => templatesOf(role).map((name) => join(folder, role, 'templates', name)))
      // The engine's: what comes with the kernel's command line.
      .concat(partials, join(root, 'tasks/engines/uml/engine.ts'))
      .map((file) => readFileSync(file, 'utf8'))
      .join('\n');
    for (const entries of Object.values(timers)) {
      for (const name of Object.keys(entries)) expect(text).to.include(`.${name}`);
    }
  });

  for (const name of ['seven', 'spread']) {
    it(`every template renders for every machine of ${name}`, async () => {
      const topology = await loadTopology(name, root);
      for (const machine of topology.machines) {
        for (const role of ['common', ...machine.roles].filter((name) => roles.includes(name))) {
          for (const template of templatesOf(role)) {
            // Other roles must not care which application runs.
            for (const app of role === 'web' ? APPLICATIONS : APPLICATIONS.slice(0, 1)) {
              const text = render(topology, machine, role, template, app);
              const where = `${role}/${template} on ${machine.name} for ${app.app}`;
              expect(text, where).not.to.match(/undefined|NaN|\[object/);
              if (name !== 'seven' || app !== APPLICATIONS[0]) continue;
              const slower = render(topology, machine, role, template, app, 1.5);
              expect(slower, `${where}, slow`).not.to.match(/undefined|NaN|\[object/);
            }
          }
        }
      }
    });
  }

  it('no template holds an address or the name of a machine', async () => {
    const topology = await loadTopology('seven', root);
    const names = topology.machines
      .filter((machine) => machine.name !== 'client')
      .map((machine) => machine.name);
    for (const role of roles) {
      for (const template of templatesOf(role)) {
        const text = readFileSync(join(folder, role, 'templates', template), 'utf8');
        expect(text, `${role}/${template}`).not.to.match(/\b10\.0\.2\.|\b192\.168\./);
        for (const machine of names)
          expect(text, `${role}/${template}`).not.to.match(new RegExp(`\\b${machine}\\b`));
      }
    }
  });

  it('HAProxy listens on exactly the TCP ports its role opens', async () => {
    const topology = await loadTopology('seven', root);
    const text = render(topology, machineNamed(topology, 'lb1'), 'lb', 'haproxy.cfg.ejs');
    const listens = [...text.matchAll(/^\s*bind :(\d+)/gm)].map((match) => Number(match[1]));
    const opened = roleOf('lb').ports.filter((port) => port.proto === 'tcp');
    expect(listens).to.have.members(opened.map((port) => port.port));
  });

  it('load balancers differ in priority, agree on the router identifier and name each other as peers', async () => {
    const topology = await loadTopology('seven', root);
    const [one, two] = ['lb1', 'lb2'].map((name) =>
      render(topology, machineNamed(topology, name), 'lb', 'front.conf.ejs'),
    );
    expect(one)
      .to.include('unicast_src_ip 10.0.2.11')
      .and.match(/unicast_peer \{\s*10\.0\.2\.12\s*\}/);
    expect(two)
      .to.include('unicast_src_ip 10.0.2.12')
      .and.match(/unicast_peer \{\s*10\.0\.2\.11\s*\}/);
    for (const text of [one, two]) expect(text).to.include('virtual_router_id 10\n');
    // In a wide network addresses may end alike.
    const wide = { ...topology, floating: { ...topology.floating } };
    if (wide.floating.router) wide.floating.router = { ...wide.floating.router, address: '10.0.3.10' };
    const lb1 = machineNamed(wide, 'lb1');
    expect(render(wide, lb1, 'lb', 'front.conf.ejs')).to.include('virtual_router_id 10\n');
    expect(render(wide, lb1, 'router', 'router.conf.ejs')).to.include('virtual_router_id 1\n');
    expect(one).to.include('priority 250\n');
    expect(two).to.include('priority 240\n');
  });

  it('the packet filter names each source and port, and nothing more', async () => {
    const topology = await loadTopology('spread', root);
    const text = render(topology, machineNamed(topology, 'web1'), 'common', 'nftables.conf.ejs');
    const rules = /chain roles \{\n([^}]*\}[^}]*)\n {2}\}/.exec(text)?.[1]?.trim();
    expect(rules).to.equal(
      'ip saddr { 192.0.2.1, 192.0.2.2 } tcp dport 80 accept comment "the load balancers ask for pages"',
    );
  });

  it('a silent holder of the front address is replaced in less than 0.8 s', () => {
    const { advert_interval: advert, priority, priority_step: step } = timers.vrrp ?? {};
    if (!advert || !priority || !step) throw new Error('timers missing');
    const skew = ((256 - (priority.value - step.value)) / 256) * advert.value;
    expect(3 * advert.value + skew).to.be.below(0.8);
  });

  it('of two holders that meet again, the one that saw no web machine has the lower priority', async () => {
    const seven = await loadTopology('seven', root);
    const [first, ...others] = machinesOf(seven, 'lb');
    const priority = (name: string, pattern: RegExp) =>
      Number(pattern.exec(render(seven, machineNamed(seven, name), 'lb', 'front.conf.ejs'))?.[1]);
    const cutOff =
      priority(first?.name ?? '', /priority (\d+)/) - priority(first?.name ?? '', /weight (\d+)/);
    for (const { name } of others) expect(priority(name, /priority (\d+)/)).to.be.above(cutOff);
    for (const name of ['front', 'router'])
      expect(
        render(seven, machineNamed(seven, 'lb2'), name === 'front' ? 'lb' : 'router', `${name}.conf.ejs`),
      ).to.match(/track_file \{\s+sees_web\s/);
    // Where there is no HAProxy to ask.
    const spread = await loadTopology('spread', root);
    const alone = machinesOf(spread, 'router').filter((machine) => !machine.roles.includes('lb'));
    expect(alone).to.have.length(2);
    for (const machine of alone)
      expect(render(spread, machine, 'router', 'router.conf.ejs')).not.to.include('sees_web');
  });

  it('a timer at a factor lies between the two sets, rounded up; whole numbers stay whole', () => {
    const at = (factor: number) => (section: string, name: string) =>
      timersFor(root, factor)[section]?.[name]?.value;
    const three = at(3);
    expect(three('storage', 'watchdog')).to.equal(11);
    expect(three('storage', 'self_fence_wait')).to.equal(17);
    expect(three('storage', 'token')).to.equal(1889);
    expect(three('vrrp', 'advert_interval')).to.equal(0.42);
    expect(three('galera', 'ask')).to.equal(4.5);
    expect(three('vrrp', 'priority'), 'without slow').to.equal(timers.vrrp?.priority?.value);
    for (const [section, entries] of Object.entries(timers))
      for (const [name, { value, slow = value }] of Object.entries(entries)) {
        expect(at(1)(section, name), `${section}.${name}`).to.equal(value);
        expect(at(10)(section, name), `${section}.${name}`).to.equal(slow);
        let last = value;
        for (const factor of FACTORS) {
          const now = timersAt.get(factor)?.[section]?.[name]?.value ?? Number.NaN;
          expect(now, `${section}.${name} at ${factor}`).to.be.within(last, slow);
          if (Number.isInteger(value) && Number.isInteger(slow)) expect(now % 1).to.equal(0);
          last = now;
        }
      }
  });

  for (const factor of FACTORS)
    it(`a storage machine that lost the other one has reset itself before the service may move, at factor ${factor}`, () => {
      const storage = timersAt.get(factor)?.storage;
      const value = (name: string): number => storage?.[name]?.value ?? Number.NaN;
      const seconds = (name: string) => value(name) / 1000;
      // More than `join` (50 ms), so that a machine that lost its only partner has asked once more: corosync.conf(5) on two nodes.
      expect(value('consensus')).to.be.at.least(4 * 50);
      // sbd never trusts a quorum device that may take longer than the watchdog.
      expect(value('quorum_device_sync_timeout')).to.be.below(1000 * value('watchdog'));
      // A partner that dies without having told the quorum device what it saw is lost to it (after 1.5 heartbeats, corosync-qnetd(8))
      // before the survivor stops waiting for the device's decision; corosync-qnetd takes no heartbeats faster than one a second.
      expect(value('quorum_device_heartbeat')).to.be.at.least(1000);
      expect(value('quorum_device_heartbeat')).to.be.at.most(0.8 * value('quorum_device_timeout'));
      expect(value('quorum_device_sync_timeout')).to.be.at.least(
        1.5 * value('quorum_device_heartbeat') + 200,
      );
      // Without its majority by then, and then the watchdog; Pacemaker refuses less than the watchdog.
      expect(value('self_fence_wait')).to.be.at.least(
        seconds('quorum_device_sync_timeout') + value('watchdog'),
      );
      expect(value('rejoin_wait')).to.be.above(value('self_fence_wait'));
      expect(value('replication_link_wait')).to.be.above(seconds('token') + seconds('consensus'));
      // drbd.conf(5): the timeout must not be longer than the times between two attempts and two pings.
      expect(value('replication_timeout')).to.be.at.most(10 * value('replication_connect_interval'));
      expect(value('replication_timeout')).to.be.at.most(10 * value('replication_ping_interval'));
    });

  for (const factor of FACTORS)
    it(`who waits for another one waits longer than it takes, at factor ${factor}`, () => {
      const { galera, redis, haproxy, sample, vrrp } = timersAt.get(factor) ?? {};
      const of = (section: typeof galera, name: string): number => section?.[name]?.value ?? Number.NaN;
      // A silent member is looked for, said and agreed on before it is out for all.
      expect(of(galera, 'keepalive')).to.be.below(of(galera, 'suspect') / 2);
      expect(of(galera, 'check')).to.be.below(of(galera, 'suspect'));
      expect(of(galera, 'inactive')).to.be.at.least(2 * of(galera, 'suspect') - 1);
      expect(of(galera, 'inactive')).to.be.above(of(galera, 'suspect'));
      // Two that are cut from each other hear each other through a third before one suspects the other (Galera looks at its connections every 0.5 s).
      expect(of(galera, 'connection') + 0.5 + of(galera, 'keepalive')).to.be.at.most(of(galera, 'suspect'));
      expect(of(galera, 'install')).to.be.at.least(of(galera, 'inactive'));
      expect(of(galera, 'find_primary')).to.be.above(of(galera, 'inactive'));
      // A page waits for sessions longer than the master takes to be replaced, and a promotion has that time.
      expect(of(sample, 'session_wait')).to.be.above(of(redis, 'down_after') / 1000 + 1);
      expect(of(redis, 'failover_timeout')).to.be.above(of(redis, 'down_after'));
      expect(of(redis, 'replication_timeout')).to.be.above(of(redis, 'replication_ping'));
      // A check is given up after the connection is, and is asked more often in doubt.
      expect(1000 * of(haproxy, 'check_timeout')).to.be.above(of(haproxy, 'connect'));
      expect(of(haproxy, 'check_fast_interval')).to.be.below(1000 * of(haproxy, 'check_interval'));
      // keepalived(8) takes hundredths of a second, and so does VRRP (RFC 9568: 40.95 s at most).
      expect((100 * of(vrrp, 'advert_interval')) % 1).to.be.below(1e-9);
    });

  it('all members of the database group have the same timers, the arbitrator included', async () => {
    for (const name of ['seven', 'spread']) {
      const topology = await loadTopology(name, root);
      const options = [
        ...machinesOf(topology, 'database').map((machine) =>
          render(topology, machine, 'database', 'lab.cnf.ejs'),
        ),
        ...machinesOf(topology, 'arbitrator').map((machine) =>
          render(topology, machine, 'arbitrator', 'garb.ejs'),
        ),
      ].map((text) => text.match(/(evs|pc)\.\w+=[^;"\s]+/g)?.join(';'));
      expect(options).to.have.length(3);
      expect(new Set(options).size, options.join('\n')).to.equal(1);
      expect(options[0]).to.include('evs.suspect_timeout=PT2S');
    }
  });

  it('the application may log in from the routers, and from nowhere else', async () => {
    const topology = await loadTopology('spread', root);
    const [database] = machinesOf(topology, 'database');
    if (!database) throw new Error('no database');
    const text = render(topology, database, 'database', 'accounts.sql.ejs');
    const routers = machinesOf(topology, 'router').map((machine) => machine.address);
    const hosts = [...text.matchAll(/CREATE USER IF NOT EXISTS 'app'@'([^']+)'/g)].map((match) => match[1]);
    expect(hosts).to.deep.equal(routers);
    expect(text).to.include(
      `NOT (User = 'app' AND Host IN (${routers.map((router) => `'${router}'`).join(', ')}))`,
    );
    expect(text.match(/REQUIRE SSL/g)).to.have.length(routers.length);
  });

  it('the database address is held where Router runs, apart from the front address', async () => {
    const topology = await loadTopology('spread', root);
    const [router] = machinesOf(topology, 'router');
    if (!router) throw new Error('no router');
    const text = render(topology, router, 'router', 'router.conf.ejs');
    expect(text).to.include('process mysqlrouter').and.include('virtual_router_id 30\n');
    expect(text).to.include(`${topology.floating.router?.address}/24`);
    expect(render(topology, router, 'router', 'keepalived.conf.ejs')).to.include(
      'include /etc/keepalived/conf.d',
    );
  });
});
