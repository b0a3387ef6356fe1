import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { LabError } from '../../tasks/base/errors.ts';
import { nearest } from '../../tasks/base/nearest.ts';
import { setLanguage } from '../../tasks/base/text.ts';
import { knownTopologies, loadTopology, parseTopology } from '../../tasks/topology/load.ts';
import {
  floatingSchema,
  machineSchema,
  machinesOf,
  networkSchema,
  ROLE_NAMES,
  topologySchema,
} from '../../tasks/topology/model.ts';
import { routerIds } from '../../tasks/topology/router-ids.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const SEVEN = readFileSync(join(root, 'topologies', 'seven.yaml'), 'utf8');

/** The lines of the error that a text gives, without the file's name: `12: machines.web3.address: …`. */
function mistakes(text: string): string[] {
  try {
    parseTopology(text, 'my.yaml');
  } catch (error) {
    if (!(error instanceof LabError)) throw error;
    return error.details.map((line) => line.replace(/^my\.yaml:/, ''));
  }
  return [];
}

/** The valid topology with some of its text replaced; each replacement must really happen. */
function seven(...changes: [string, string][]): string {
  return changes.reduce((text, [from, to]) => {
    expect(text).to.include(from);
    return text.replace(from, to);
  }, SEVEN);
}

/** Line of the first text line that holds `part`. */
function lineOf(text: string, part: string): number {
  return text.split('\n').findIndex((line) => line.includes(part)) + 1;
}

/** A small valid topology, its fields on known lines. */
const SMALL = `name: small
network:
  cidr: 10.9.0.0/24
  host: 10.9.0.1
floating:
  front: { address: 10.9.0.10, role: lb }
machines:
  lb1: { address: 10.9.0.11, roles: [lb] }
  web1: { address: 10.9.0.21, roles: [web] }
`;

describe('topology', () => {
  before(() => setLanguage('en'));

  it('loads every topology of the kit', async () => {
    expect(knownTopologies(root)).to.include.members(['seven', 'spread']);
    for (const name of knownTopologies(root)) {
      const topology = await loadTopology(name, root);
      expect(topology.name).to.equal(name);
      expect(topology.file).to.equal(join(root, 'topologies', `${name}.yaml`));
    }
  });

  it('derives hardware addresses, netmask and file order', async () => {
    const topology = await loadTopology('seven', root);
    expect(topology.network).to.deep.equal({
      cidr: '10.0.2.0/24',
      prefix: 24,
      netmask: '255.255.255.0',
      host: '10.0.2.1',
      switches: ['a', 'b'],
    });
    expect(topology.machines[1]).to.deep.equal({
      name: 'lb1',
      address: '10.0.2.11',
      mac: '52:54:0a:00:02:0b',
      memory: 320,
      disk: undefined,
      cpus: 1,
      roles: ['lb', 'router', 'arbitrator'],
    });
    expect(machinesOf(topology, 'web').map(({ name }) => name)).to.deep.equal(['web1', 'web2']);
    expect(topology.floating.front).to.deep.equal({ name: 'front', address: '10.0.2.10', role: 'lb' });
  });

  describe('virtual router identifiers', () => {
    const ids = (...addresses: [string, string, string]) => {
      const [front, router, storage] = addresses;
      const text = seven(
        ['10.0.2.0/24', '10.0.0.0/16'],
        ['10.0.2.10', front],
        ['10.0.2.30', router],
        ['10.0.2.40', storage],
      );
      return routerIds(parseTopology(text, 'my.yaml').floating);
    };
    it('are the last byte of the address', async () => {
      const { floating } = await loadTopology('seven', root);
      expect(routerIds(floating)).to.deep.equal({ front: 10, router: 30, storage: 40 });
      expect(routerIds({})).to.deep.equal({});
    });
    it('differ in a wide network too, where two addresses end alike', () => {
      expect(ids('10.0.1.10', '10.0.3.10', '10.0.4.10')).to.deep.equal({ front: 10, router: 1, storage: 2 });
      expect(ids('10.0.1.2', '10.0.3.2', '10.0.4.1')).to.deep.equal({ front: 2, router: 3, storage: 1 });
    });
    it('are never 0, which is none', () => {
      expect(ids('10.0.1.0', '10.0.3.0', '10.0.4.255')).to.deep.equal({ front: 1, router: 2, storage: 255 });
    });
  });

  it('accepts a topology with only part of the roles, and fills in defaults', () => {
    const topology = parseTopology(SMALL, 'my.yaml');
    expect(Object.keys(topology.floating)).to.deep.equal(['front']);
    expect(topology.machines[0]).to.include({ memory: 384, cpus: 1 });
    const alone = SMALL.replace(/floating:[\s\S]*machines:/, 'machines:').replace(/.*lb1.*\n/, '');
    expect(parseTopology(alone, 'my.yaml').floating).to.deep.equal({});
  });

  it('accepts another web machine, and merge keys', () => {
    const third = seven(['  db1:', '  web3: { address: 10.0.2.23, roles: [web] }\n  db1:']);
    expect(machinesOf(parseTopology(third, 'my.yaml'), 'web')).to.have.length(3);
    const merged = `${SMALL.replace('web1: {', 'web1: &web {')}  web2: { <<: *web, address: 10.9.0.22 }\n`;
    expect(parseTopology(merged, 'my.yaml').machines[2]).to.include({ name: 'web2', address: '10.9.0.22' });
  });

  it('reads a user’s file by its path and names it relative to the working folder', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'topology-'));
    try {
      const file = join(folder, 'mine.yaml');
      writeFileSync(file, SMALL);
      expect((await loadTopology(file, root)).name).to.equal('small');
      writeFileSync(file, SMALL.replace('[web]', '[wbe]'));
      const error = await loadTopology(file, root).catch((thrown: unknown) => thrown);
      expect(error).to.be.instanceOf(LabError);
      expect((error as LabError).details[0]).to.match(
        /mine\.yaml:9: machines\.web1\.roles\[0\]: unknown role/,
      );
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  describe('missing file', () => {
    const messages: [string, RegExp][] = [
      ['sevn', /no topology named “sevn”[\s\S]*did you mean seven\?[\s\S]*seven, spread/],
      ['./nowhere/mine.yaml', /topology file .*\/nowhere\/mine\.yaml does not exist[\s\S]*seven, spread/],
      ['/', /topology file \/ cannot be read: .*EISDIR/],
    ];
    for (const [asked, message] of messages)
      it(asked, async () => {
        const error = await loadTopology(asked, root).catch((thrown: unknown) => thrown);
        expect(error).to.be.instanceOf(LabError);
        expect((error as LabError).render()).to.match(message);
      });
  });

  describe('syntax', () => {
    it('reports YAML errors with their line', () => {
      expect(mistakes(SMALL.replace('roles: [lb]', 'roles: [lb'))[0]).to.match(/^8: not valid YAML: /);
      expect(mistakes(SMALL.replace('  host:', '\thost:'))[0]).to.match(/^4: not valid YAML: .*[Tt]ab/);
      expect(mistakes('')).to.deep.equal(['1: is missing: a set of “field: value” lines is expected']);
    });

    it('reports keys written twice, and the mistakes of the rest of the file too', () => {
      const text = `${SMALL}  web1: { address: 10.9.0.10, roles: [web] }\n`;
      expect(mistakes(text)).to.deep.equal([
        '10: machines.web1: written twice (first on line 9)',
        '10: machines.web1.address: 10.9.0.10 is already the floating address front (line 6)',
      ]);
    });

    it('reports an alias that refers to nothing', () => {
      expect(mistakes(SMALL.replace('[web]', '*roles'))).to.deep.equal(['9: *roles refers to nothing']);
    });
  });

  describe('fields', () => {
    const cases: [string, [string, string], string][] = [
      [
        'unknown at the top',
        ['name: small', 'name: small\nnetwrok: 1'],
        '2: netwrok: unknown field "netwrok" (did you mean network?); known: name, network, floating, machines',
      ],
      [
        'unknown in a machine',
        ['roles: [web]', 'mem: 3, roles: [web]'],
        '9: machines.web1.mem: unknown field "mem"; known: address, memory, disk, cpus, roles',
      ],
      [
        'unknown in the network',
        ['  host:', '  gateway: 10.9.0.254\n  host:'],
        '4: network.gateway: unknown field "gateway"; known: cidr, host, switches',
      ],
      [
        'unknown floating address',
        ['  front:', '  vip: { address: 10.9.0.12, role: lb }\n  front:'],
        '6: floating.vip: unknown field "vip"; known: front, router, storage',
      ],
      ['missing', ['  host: 10.9.0.1\n', ''], '2: network.host: is missing: a text is expected'],
      [
        'wrong type',
        ['roles: [web]', 'roles: web'],
        '9: machines.web1.roles: "web" is not a list such as [web, session]',
      ],
      [
        'not a whole number',
        ['roles: [web]', 'memory: 1.5, roles: [web]'],
        '9: machines.web1.memory: 1.5 is not a whole number',
      ],
      [
        'too small',
        ['roles: [web]', 'memory: 64, roles: [web]'],
        '9: machines.web1.memory: 64 is too small: at least 128',
      ],
      [
        'too big',
        ['roles: [web]', 'cpus: 64, roles: [web]'],
        '9: machines.web1.cpus: 64 is too big: at most 16',
      ],
      ['no role', ['roles: [web]', 'roles: []'], '9: machines.web1.roles: the list is empty'],
      ['role twice', ['roles: [web]', 'roles: [web, web]'], '9: machines.web1.roles[1]: web is listed twice'],
      [
        'unknown role',
        ['roles: [web]', 'roles: [\n    wbe]'],
        '10: machines.web1.roles[0]: unknown role "wbe" (did you mean web?); known: client, lb, router, arbitrator, quorum-device, web, session, sentinel, database, storage',
      ],
      [
        'machine name',
        ['web1:', 'Web_1:'],
        '9: machines.Web_1: not a usable name: 1 to 20 lower-case letters, digits and hyphens, a letter first',
      ],
      [
        'not an address',
        ['10.9.0.21', '10.9.0.321'],
        '9: machines.web1.address: “10.9.0.321” is not an IPv4 address',
      ],
      [
        'not a network',
        ['10.9.0.0/24', '10.9.0.0'],
        '3: network.cidr: “10.9.0.0” is not a network such as 10.0.2.0/24',
      ],
    ];
    for (const [title, change, expected] of cases)
      it(title, () => {
        expect(SMALL).to.include(change[0]);
        expect(mistakes(SMALL.replace(...change))).to.deep.equal([expected]);
      });

    it('no machine at all', () => {
      const text = `${SMALL.replace(/machines:[\s\S]*/, 'machines: {}')}\n`;
      expect(mistakes(text)).to.include('7: machines: there is no machine');
      expect(mistakes(SMALL.replace(/machines:[\s\S]*/, 'machines:\n'))[0]).to.match(
        /^7: machines: is missing: /,
      );
    });
  });

  describe('addresses', () => {
    const cases: [string, [string, string], string][] = [
      [
        'duplicate',
        ['10.9.0.21', '10.9.0.11'],
        '9: machines.web1.address: 10.9.0.11 is already the address of lb1 (line 8)',
      ],
      [
        'outside',
        ['10.9.0.21', '10.8.0.21'],
        '9: machines.web1.address: 10.8.0.21 is outside the network 10.9.0.0/24',
      ],
      [
        'the network’s',
        ['10.9.0.21', '10.9.0.0'],
        '9: machines.web1.address: 10.9.0.0 is the address of the network itself',
      ],
      [
        'broadcast',
        ['10.9.0.21', '10.9.0.255'],
        '9: machines.web1.address: 10.9.0.255 is the broadcast address of 10.9.0.0/24',
      ],
      [
        'the host’s',
        ['10.9.0.21', '10.9.0.1'],
        '9: machines.web1.address: 10.9.0.1 is already the address of the host (line 4)',
      ],
      [
        'a floating one',
        ['10.9.0.21', '10.9.0.10'],
        '9: machines.web1.address: 10.9.0.10 is already the floating address front (line 6)',
      ],
      [
        'floating outside',
        ['10.9.0.10', '10.9.1.10'],
        '6: floating.front.address: 10.9.1.10 is outside the network 10.9.0.0/24',
      ],
      [
        'host outside',
        ['10.9.0.1\n', '10.9.1.1\n'],
        '4: network.host: 10.9.1.1 is outside the network 10.9.0.0/24',
      ],
      [
        'host bits in the network',
        ['10.9.0.0/24', '10.9.0.5/24'],
        '3: network.cidr: 10.9.0.5/24 is an address inside a network: write 10.9.0.0/24',
      ],
      [
        'too small a network',
        ['10.9.0.0/24', '10.9.0.0/31'],
        '3: network.cidr: a prefix of /31 is not usable: /8 to /29',
      ],
      [
        'a public network',
        ['10.9.0.0/24', '8.8.8.0/24'],
        '3: network.cidr: 8.8.8.0/24 is not a private network (10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16 or 100.64.0.0/10)',
      ],
    ];
    for (const [title, change, expected] of cases)
      it(title, () => {
        expect(SMALL).to.include(change[0]);
        expect(mistakes(SMALL.replace(...change))).to.deep.equal([expected]);
      });

    it('the one lower in the file is the duplicate, whatever it is', () => {
      const floating = 'floating:\n  front: { address: 10.9.0.10, role: lb }\n';
      const below = SMALL.replace(floating, '').replace('10.9.0.21', '10.9.0.10') + floating;
      expect(mistakes(below)).to.deep.equal([
        '9: floating.front.address: 10.9.0.10 is already the address of web1 (line 7)',
      ]);
    });

    it('are compared even when the rest of the file is wrong, all mistakes at once and in file order', () => {
      const text = SMALL.replace('roles: [lb]', 'roles: [bl]').replace('10.9.0.21', '10.9.0.11');
      expect(mistakes(text).map((line) => line.split(' is ')[0]?.slice(0, 34))).to.deep.equal([
        '8: machines.lb1.roles[0]: unknown ',
        '9: machines.web1.address: 10.9.0.1',
      ]);
    });
  });

  describe('votes and roles', () => {
    const cases: [string, [string, string][], string, string][] = [
      [
        'no arbitrator',
        [[', arbitrator]', ']']],
        'db1:',
        'machines.db1.roles[0]: missing quorum vote: database and arbitrator have 2 in all (database: db1, db2; arbitrator: none); an odd number of at least 3 is needed',
      ],
      [
        'an even number of votes',
        [['roles: [client]', 'roles: [client, arbitrator]']],
        'db1:',
        'machines.db1.roles[0]: missing quorum vote: database and arbitrator have 4 in all (database: db1, db2; arbitrator: client, lb1); an odd number of at least 3 is needed',
      ],
      [
        'arbitrator on a database machine',
        [
          [', arbitrator]', ']'],
          ['[database, storage] }\n  db2', '[database, storage, arbitrator] }\n  db2'],
        ],
        'db1:',
        'machines.db1.roles[2]: arbitrator cannot be on db1, a database machine: two votes would be lost with it',
      ],
      [
        'no quorum device',
        [[' quorum-device,', '']],
        'db1:',
        'machines.db1.roles[1]: missing quorum vote: two storage machines (db1, db2) need a quorum-device on another machine',
      ],
      [
        'two quorum devices',
        [['[client]', '[client, quorum-device]']],
        'lb2:',
        'machines.lb2.roles[1]: one quorum-device for two storage machines, none for one: here 2 (client, lb2) for 2',
      ],
      [
        'quorum device on storage',
        [
          [' quorum-device,', ''],
          ['[database, storage] }\n  db2', '[database, storage, quorum-device] }\n  db2'],
        ],
        'db1:',
        'machines.db1.roles[2]: quorum-device cannot be on db1, a storage machine: two votes would be lost with it',
      ],
      [
        'three storage machines',
        [['256, roles: [client]', '256, disk: 64, roles: [client, storage]']],
        'db2:',
        'machines.db2.roles[1]: at most 2 storage machines are possible, not 3 (client, db1, db2)',
      ],
      [
        'storage without a disk',
        [['768, disk: 2048', '768']],
        'db1:',
        'machines.db1.roles[1]: storage needs a second disk: give db1 a field “disk” (size in MiB)',
      ],
      [
        'two sentinels',
        [['router, sentinel', 'router']],
        'web1:',
        'machines.web1.roles[0]: missing quorum vote: session needs an odd number of at least 3 sentinel machines, here 2 (web1, web2)',
      ],
      [
        'floating address missing',
        [['  storage: {', '  # storage: {']],
        'floating:',
        'floating.storage: is missing: the role storage (db1, db2) needs this floating address',
      ],
      [
        'floating address of another role',
        [['10.0.2.30, role: router', '10.0.2.30, role: lb']],
        '10.0.2.30,',
        'floating.router.role: only machines of the role router can hold this address, not lb',
      ],
    ];
    for (const [title, changes, at, expected] of cases)
      it(title, () => {
        const text = seven(...changes);
        expect(mistakes(text)).to.deep.equal([`${lineOf(text, at)}: ${expected}`]);
      });

    it('roles without the one they serve, and their floating address', () => {
      const text = SMALL.replace('[web]', '[web, arbitrator, sentinel]').replace(
        'machines:',
        '  storage: { address: 10.9.0.40, role: storage }\nmachines:',
      );
      expect(mistakes(text)).to.deep.equal([
        '7: floating.storage.role: no machine has the role storage: give it to one, or remove this floating address',
        '10: machines.web1.roles[1]: arbitrator has nothing to do: no machine has the role database',
        '10: machines.web1.roles[2]: sentinel has nothing to do: no machine has the role session',
      ]);
    });

    it('one storage machine needs no vote, and takes none', () => {
      const name = `${SMALL.replace('machines:', '  storage: { address: 10.9.0.40, role: storage }\nmachines:')}  nas: { address: 10.9.0.41, disk: 64, roles: [storage] }\n`;
      expect(mistakes(name)).to.deep.equal([]);
      expect(mistakes(name.replace('[web]', '[web, quorum-device]'))).to.deep.equal([
        '10: machines.web1.roles[1]: one quorum-device for two storage machines, none for one: here 1 (web1) for 1',
      ]);
    });
  });

  it('speaks French', () => {
    setLanguage('fr');
    try {
      expect(mistakes(SMALL.replace('10.9.0.21', '10.9.0.11').replace('[web]', '[wbe]'))).to.deep.equal([
        '9: machines.web1.roles[0]: rôle inconnu "wbe" (vouliez-vous dire web ?) ; connus : client, lb, router, arbitrator, quorum-device, web, session, sentinel, database, storage',
        '9: machines.web1.address: 10.9.0.11 est déjà l’adresse de lb1 (ligne 8)',
      ]);
    } finally {
      setLanguage('en');
    }
  });
});

describe('docs/topology.md', () => {
  const page = readFileSync(join(root, 'docs', 'topology.md'), 'utf8');
  const documented = [...page.matchAll(/^\| `([\w.]+)` \|/gm)].map((match) => match[1]);

  it('has one line for each field of the schema, and no other', () => {
    const below = (prefix: string, schema: { shape: object }): string[] =>
      Object.keys(schema.shape).map((field) => `${prefix}.${field}`);
    expect(documented).to.have.members([
      'name',
      ...below('network', networkSchema),
      ...below('floating.NAME', floatingSchema),
      ...below('machines.NAME', machineSchema),
    ]);
    expect(Object.keys(topologySchema.shape)).to.have.members(['name', 'network', 'floating', 'machines']);
  });

  it('lists the roles, and its example is valid', () => {
    expect(page).to.include(`Roles: ${ROLE_NAMES.map((role) => `\`${role}\``).join(', ')}.`);
    const example = /```yaml\n([\s\S]*?)```/.exec(page)?.[1] ?? '';
    expect(parseTopology(example, 'docs/topology.md').machines).to.have.length(4);
  });
});

describe('nearest', () => {
  it('finds the word meant, and none when nothing is close', () => {
    expect(nearest('databse', ['database', 'storage'])).to.equal('database');
    expect(nearest('wbe', ['web', 'lb'])).to.equal('web');
    expect(nearest('LB', ['web', 'lb'])).to.equal('lb');
    expect(nearest('mail', ['web', 'lb', 'database'])).to.equal(undefined);
  });
});
