import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { ROOT } from '../../tasks/base/paths.ts';
import type { Facts } from '../../tasks/exercises/checks/probe.ts';
import { carriedIn, carriedOf, isCarried } from '../../tasks/exercises/guides/carried.ts';
import { parseGuide } from '../../tasks/exercises/guides/guide.ts';
import { readLabs } from '../../tasks/exercises/guides/load.ts';
import { CARRY, carryFiles, packScript, unpackFiles } from '../../tasks/exercises/session/carry.ts';
import { fakeSsh } from './helpers/fake-ssh.ts';
import { ofMachines, withFakeSsh } from './helpers/only.ts';

const labs = readLabs(ROOT);
const ofLab = (id: string) => {
  const lab = labs.find((lab) => lab.id === id);
  if (!lab) throw new Error(id);
  return carriedOf(lab);
};

describe('what a bundle carries of a student’s files', () => {
  it('is what the guide has written, by machine, with the services that read it', () => {
    const lb1 = ofLab('06').get('lb1');
    expect([...(lb1?.files ?? [])]).to.deep.equal(['/etc/systemd/system/mysqlrouter.service']);
    expect([...(lb1?.folders ?? [])]).to.deep.equal([
      '/etc/mysqlrouter',
      '/etc/keepalived',
      '/etc/nftables.d',
    ]);
    expect(lb1?.units).to.deep.equal(['mysqlrouter', 'keepalived', 'nftables']);
  });

  it('has what commands write as well', () => {
    expect([...(ofLab('08').get('lb2')?.folders ?? [])]).to.deep.equal(['/etc/redis']);
    expect(ofLab('08').get('lb2')?.units).to.deep.equal(['redis-sentinel']);
  });

  it('is of machines, not of the student’s computer, which leads files from one to another', () => {
    expect([...ofLab('04').keys()]).to.deep.equal(['lb1', 'lb2']);
    expect([...(ofLab('04').get('lb2')?.folders ?? [])]).to.deep.equal(['/etc/haproxy', '/etc/keepalived']);
  });

  it('lacks what the kit had installed before: that has the passwords of another lab', () => {
    const web1 = ofLab('08').get('web1');
    if (!web1) throw new Error('no web1');
    expect(isCarried(web1, '/etc/haproxy/session-route.cfg')).to.equal(false);
    expect(isCarried(web1, '/etc/haproxy/haproxy.cfg')).to.equal(true);
  });

  it('is nothing in labs that are measured, mended or written about', () => {
    for (const id of ['00', '09', '10', '11']) expect(ofLab(id).size, id).to.equal(0);
  });

  it('is something in all others, and never who may come in', () => {
    for (const id of ['01', '02', '03', '04', '05', '06', '07', '07b', '08']) {
      const machines = [...ofLab(id).values()];
      expect(machines.length, id).to.be.above(0);
      for (const { files, folders } of machines)
        for (const path of [...files, ...folders])
          expect(path, id).to.match(/^\/(etc|srv|var\/www|usr\/local|root)\/(?!ssh|\.ssh|lab\/|cron)/);
    }
  });

  it('leaves folders alone that a guide should not name', () => {
    const guide =
      '## 1. A\n```text web1 file=/etc/ssh/sshd_config\nx\n```\n```text web1 file=/etc/app/a.conf\nx\n```\n';
    const web1 = carriedIn(parseGuide(guide, 'guide.md').blocks).get('web1');
    expect([...(web1?.folders ?? [])]).to.deep.equal(['/etc/app']);
  });

  it('takes a path only as it is written, from the folder itself', () => {
    const carried = {
      files: new Set(['/etc/default/garb']),
      folders: new Set(['/etc/haproxy']),
      kits: new Set(['/etc/haproxy/kit.cfg']),
    };
    for (const path of ['/etc/default/garb', '/etc/haproxy/haproxy.cfg', '/etc/haproxy/.hidden'])
      expect(isCarried(carried, path), path).to.equal(true);
    for (const path of [
      '/etc/default/grub',
      '/etc/haproxy/../shadow',
      '/etc/haproxy/errors/400.http',
      '/etc/haproxy/',
      '/etc/haproxy/a b',
      '/etc/haproxy/a\nb',
      'etc/haproxy/haproxy.cfg',
      '/etc/haproxy//haproxy.cfg',
      '/etc/haproxy/..',
      '/etc/haproxy/kit.cfg',
    ])
      expect(isCarried(carried, path), path).to.equal(false);
  });

  ofMachines.it('are regular files of bounded size, without keys', async () => {
    const root = mkdtempSync(join(tmpdir(), 'carry-'));
    try {
      const folder = join(root, 'etc/app');
      mkdirSync(join(folder, 'below'), { recursive: true });
      writeFileSync(join(folder, 'a.conf'), 'listen 80\n');
      chmodSync(join(folder, 'a.conf'), 0o4640);
      writeFileSync(join(folder, 'authkey'), Buffer.from([0, 255, 1]));
      writeFileSync(join(folder, 'site.pem'), '-----BEGIN PRIVATE KEY-----\n');
      writeFileSync(join(folder, 'huge'), Buffer.alloc(CARRY.file + 1));
      writeFileSync(join(folder, 'below/c'), '');
      symlinkSync('/etc/passwd', join(folder, 'link'));
      const carried = {
        files: new Set(['/etc/none', '/etc/one']),
        folders: new Set(['/etc/app']),
        kits: new Set<string>(),
      };
      writeFileSync(join(root, 'etc/one'), 'one');
      const printed = execFileSync('bash', ['-c', packScript(carried, root)], {
        encoding: 'utf8',
        maxBuffer: 8 * 1024 * 1024,
      });
      const { files, left } = await unpackFiles(printed, carried, root);
      expect(Object.keys(files).sort()).to.deep.equal(['/etc/app/a.conf', '/etc/app/authkey', '/etc/one']);
      expect(files['/etc/app/a.conf']?.mode).to.equal('0640');
      expect(Buffer.from(files['/etc/app/authkey']?.data ?? '', 'base64')).to.deep.equal(
        Buffer.from([0, 255, 1]),
      );
      expect(left).to.deep.equal(['/etc/app/huge']);
      for (let number = 0; number < 12; number += 1)
        writeFileSync(join(folder, `many-${number}`), Buffer.alloc(CARRY.file - number));
      const more = await unpackFiles(
        execFileSync('bash', ['-c', packScript(carried, root)], {
          encoding: 'utf8',
          maxBuffer: 8 * 1024 * 1024,
        }),
        carried,
        root,
      );
      const sizes = Object.values(more.files).map(({ data }) => Buffer.from(data, 'base64').length);
      expect(sizes.reduce((total, size) => total + size, 0)).to.be.at.most(CARRY.machine);
      expect(more.left.length).to.be.above(3);
    } finally {
      rmSync(root, { recursive: true, force: true });
    }
  });

  withFakeSsh.it('comes from the machines that answered, and lacks those that do not tell', async () => {
    const ssh = fakeSsh(`case $machine in
      web1) printf '\\n--\\n/var/www/html/huge\\n' ;;
      client) echo nonsense ;;
      *) exit 255 ;;
    esac`);
    try {
      const names = ['web1', 'web2', 'client', 'db1'];
      const host = (Host: string) => ({
        ...{ Host, HostName: '10.0.2.1', Port: '22', User: 'root', IdentityFile: join(ssh.folder, 'key') },
      });
      const session = {
        engine: { sshHosts: async () => names.map(host) },
        environment: { record: {} },
      } as unknown as Parameters<typeof carryFiles>[0];
      const machine = (state: 'answered' | 'off') => ({ state, took: 1, identity: {}, answers: {} });
      const facts: Facts = {
        collected: '',
        machines: {
          web1: machine('answered'),
          web2: machine('off'),
          client: machine('answered'),
          db1: machine('answered'),
        },
      };
      await carryFiles(
        session,
        labs.filter(({ id }) => id === '01'),
        facts,
      );
      const { web1, web2, client, db1 } = facts.machines;
      expect(web1).to.include.keys('files').and.to.have.deep.property('left', ['/var/www/html/huge']);
      // Off, telling nonsense, and not of this lab.
      for (const other of [web2, client, db1]) expect(other).to.not.have.property('files');
      expect(
        ssh
          .calls()
          .map((call) => call.split(':')[0])
          .sort(),
      ).to.deep.equal(['client', 'web1']);
    } finally {
      ssh.remove();
    }
  });

  it('is not believed when a machine told only a part', async () => {
    const carried = { files: new Set<string>(), folders: new Set(['/etc/app']), kits: new Set<string>() };
    const wrong = await unpackFiles('AAAA', carried).catch((error: Error) => error.message);
    expect(wrong).to.match(/not whole/);
    expect((await unpackFiles('\n--\n', carried)).files).to.deep.equal({});
  });
});
