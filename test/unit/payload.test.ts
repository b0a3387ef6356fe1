import { chmodSync, cpSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { extract } from 'tar-stream';
import { INSIDE } from '../../tasks/engines/engine.ts';
import type { EnvironmentFacts } from '../../tasks/environment/provision/context.ts';
import {
  type MachinePayload,
  packPayload,
  renderPayload,
  writePayload,
} from '../../tasks/environment/provision/payload.ts';
import { password, type Secrets } from '../../tasks/environment/secrets.ts';
import { type AnyRole, COMMON, missingRoles, readRoles } from '../../tasks/roles/roles.ts';
import { readService } from '../../tasks/roles/service.ts';
import { loadTopology } from '../../tasks/topology/load.ts';
import type { Machine, Topology } from '../../tasks/topology/model.ts';
import { withModes } from './helpers/only.ts';

const root = join(import.meta.dirname, '../..');
const roles = readRoles(root);

/** Secrets as a lab would have them, recognizable and quickly made. */
function fakeSecrets(): Secrets {
  const names = [...roles.values()].flatMap((role) => role.secrets);
  const pem = (kind: string) => `-----BEGIN ${kind}-----\nMAo=\n-----END ${kind}-----\n`;
  return {
    ...Object.fromEntries(names.map((name) => [name, password()])),
    tls: {
      ca: pem('CERTIFICATE'),
      cert: pem('CERTIFICATE'),
      key: pem('PRIVATE KEY'),
      caKey: pem('AUTHORITY KEY'),
      // Whichever machine is asked for.
      machines: new Proxy(
        {},
        { get: () => ({ address: '', cert: pem('OWN CERTIFICATE'), key: pem('OWN KEY') }) },
      ) as NonNullable<Secrets['tls']['machines']>,
    },
  };
}

/** Names and contents of the files in a tar archive. */
async function unpack(archive: Buffer): Promise<Map<string, { mode: number; text: string }>> {
  const files = new Map<string, { mode: number; text: string }>();
  const reader = extract();
  reader.end(archive);
  for await (const entry of reader) {
    const chunks: Buffer[] = [];
    for await (const chunk of entry) chunks.push(chunk as Buffer);
    files.set(entry.header.name, { mode: entry.header.mode ?? 0, text: Buffer.concat(chunks).toString() });
  }
  return files;
}

describe('payload of a machine', () => {
  const secrets = fakeSecrets();
  const facts = (topology: Topology, from = root): EnvironmentFacts => ({
    lab: 'unit',
    root: from,
    topology,
    ...INSIDE.uml,
    secrets,
    app: 'sample',
    roles: from === root ? roles : readRoles(from),
  });
  const named = (topology: Topology, name: string): Machine => {
    const machine = topology.machines.find((machine) => machine.name === name);
    if (!machine) throw new Error(`no machine ${name}`);
    return machine;
  };
  const digests = ({ roles: all }: MachinePayload) =>
    Object.fromEntries(all.map(({ role, digest }) => [role.name, digest]));

  let seven: Topology;
  before(async () => {
    seven = await loadTopology('seven', root);
  });

  for (const name of ['seven', 'spread']) {
    it(`${name}: every machine gets common, then its roles, rendered without a hole`, async () => {
      const topology = await loadTopology(name, root);
      for (const machine of topology.machines) {
        const { roles: all } = renderPayload(machine, facts(topology));
        expect(all.map(({ role }) => role.name)).to.deep.equal(
          [COMMON, ...machine.roles].filter((role) => roles.has(role as AnyRole)),
        );
        for (const { role, files } of all) {
          expect(files[0], role.name).to.include({ path: `${role.name}/provision.sh`, executable: true });
          for (const { path, content } of files) {
            const where = `${path} of ${machine.name}`;
            expect(path.startsWith(`${role.name}/`), where).to.equal(true);
            expect(path, where).to.not.match(/\.ejs$|\\/);
            if (path.includes('/files/')) continue;
            expect(content.toString(), where).to.not.match(/undefined|NaN|\[object |<%/);
          }
        }
      }
    });
  }

  it('the authority’s key is on no machine, and secrets only where a role of the machine names them', () => {
    for (const machine of seven.machines) {
      const payload = renderPayload(machine, facts(seven));
      const text = payload.roles
        .flatMap(({ files }) => files.map(({ content }) => content.toString()))
        .join('\n');
      expect(text, machine.name).to.not.include('AUTHORITY KEY');
      const own = payload.roles.flatMap(({ role }) => role.secrets);
      for (const [secret, value] of Object.entries(secrets)) {
        if (typeof value !== 'string' || own.includes(secret)) continue;
        expect(text.includes(value), `${secret} on ${machine.name}`).to.equal(false);
      }
    }
  });

  it('the digest of a role is the same again, and differs between machines that it is rendered for', () => {
    const once = digests(renderPayload(named(seven, 'lb1'), facts(seven)));
    expect(digests(renderPayload(named(seven, 'lb1'), facts(seven)))).to.deep.equal(once);
    expect(digests(renderPayload(named(seven, 'lb2'), facts(seven))).lb).to.not.equal(once.lb);
  });

  describe('with changed sources', () => {
    let copy = '';
    before(() => {
      copy = mkdtempSync(join(tmpdir(), 'roles-'));
      cpSync(join(root, 'roles'), join(copy, 'roles'), { recursive: true });
    });
    after(() => rmSync(copy, { recursive: true, force: true }));
    /** Roles whose digest on a machine changes with the text of a file. */
    const changed = (machine: string, file: string, edit: (text: string) => string): string[] => {
      const path = join(copy, 'roles', file);
      const text = readFileSync(path, 'utf8');
      const rendered = named(seven, machine);
      const before = digests(renderPayload(rendered, facts(seven, copy)));
      expect(edit(text), `${file} edited`).to.not.equal(text);
      writeFileSync(path, edit(text));
      const after = digests(renderPayload(rendered, facts(seven, copy)));
      writeFileSync(path, text);
      return Object.keys(before).filter((role) => before[role] !== after[role]);
    };
    const addLine = (text: string) => `${text}\n# changed\n`;

    it('a timer changes the roles that use it and no other', () => {
      const edit = (text: string) => text.replace(/(check_interval:\s+value: )[\d.]+/, '$19');
      expect(changed('lb1', 'timers.yaml', edit)).to.deep.equal(['lb']);
      // A web machine that leaves gives the load balancers' checks time to notice.
      expect(changed('web1', 'timers.yaml', edit)).to.deep.equal(['web']);
      expect(changed('db1', 'timers.yaml', edit)).to.deep.equal([]);
    });

    it('a script, a template and a fixed file change their role; a shared script changes all', () => {
      expect(changed('web1', 'web/provision.sh', addLine)).to.deep.equal(['web']);
      expect(changed('web1', 'common/templates/hosts.ejs', addLine)).to.deep.equal(['common']);
      expect(changed('web1', 'web/files/app/public/index.php', addLine)).to.deep.equal(['web']);
      expect(changed('web1', 'lb/provision.sh', addLine)).to.deep.equal([]);
      const all = renderPayload(named(seven, 'web1'), facts(seven)).roles.map(({ role }) => role.name);
      expect(changed('web1', 'lib.sh', addLine)).to.deep.equal(all);
    });

    withModes.it('a file that becomes a program changes its role', () => {
      const file = join(copy, 'roles/web/files/app/public/index.php');
      const digest = () => digests(renderPayload(named(seven, 'web1'), facts(seven, copy))).web;
      const before = digest();
      chmodSync(file, 0o755);
      expect(digest()).to.not.equal(before);
    });

    it('a mistake in a template names its file and line', () => {
      const file = 'common/templates/hosts.ejs';
      expect(() => changed('web1', file, (text) => `first\n<%= nothing.here %>\n${text}`)).to.throw(
        /hosts\.ejs:2/,
      );
      cpSync(join(root, 'roles', file), join(copy, 'roles', file));
    });
  });

  withModes.it('the archive holds the shared scripts and the asked roles, for root alone', async () => {
    const payload = renderPayload(named(seven, 'web1'), facts(seven));
    const files = await unpack(await packPayload(payload, ['web']));
    expect([...files.keys()]).to.include.members([
      'apply.sh',
      'lib.sh',
      'pause.sh',
      'web/provision.sh',
      'web/app.json',
    ]);
    expect([...files.keys()].filter((path) => path.startsWith('common/'))).to.deep.equal([]);
    expect(files.get('web/app.json')?.text).to.include(String(secrets.appPassword ?? readService(root).host));
    for (const [path, { mode }] of files) expect(mode & 0o077, path).to.equal(0);
    expect(files.get('web/provision.sh')?.mode).to.equal(0o700);
    expect(files.get('web/app.json')?.mode).to.equal(0o600);
  });

  it('the same payload gives the same archive', async () => {
    const pack = () => packPayload(renderPayload(named(seven, 'lb1'), facts(seven)), ['lb']);
    expect((await pack()).equals(await pack())).to.equal(true);
  });

  withModes.it('written as files it is private, and leaves nothing of an older one', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'payload-'));
    writeFileSync(join(folder, 'old'), '');
    const payload = renderPayload(named(seven, 'web1'), facts(seven));
    await writePayload(payload, folder);
    expect(statSync(join(folder, 'web/app.json')).mode & 0o777).to.equal(0o600);
    expect(statSync(join(folder, 'web')).mode & 0o777).to.equal(0o700);
    expect(() => statSync(join(folder, 'old'))).to.throw('ENOENT');
    rmSync(folder, { recursive: true });
  });

  it('roles that the kit cannot apply are named once each', () => {
    const only = new Map([...roles].filter(([name]) => name === COMMON || name === 'lb'));
    const missing = missingRoles(only, seven);
    expect(missing).to.include.members(['web', 'database']).and.not.include('lb');
    expect(new Set(missing).size).to.equal(missing.length);
  });
});
