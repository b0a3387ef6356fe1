import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, openSync, readFileSync, readSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { currentDigest } from '../../tasks/artifacts/cache.ts';
import { ROOT } from '../../tasks/base/paths.ts';
import { buildPurposes, NEEDED_BUILDS } from '../../tasks/environment/preparation.ts';
import { missingFor, packagesOf } from '../../tasks/host/doctor/requirements.ts';
import { onLinux } from './helpers/only.ts';

const packer = join(ROOT, 'packer');
const ovf = readFileSync(join(packer, 'virtualbox/box.ovf'), 'utf8');
const MIB = 2 ** 20;

describe('VirtualBox box', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'box-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('describes hardware that VirtualBox gives without drivers of its own, with its only disk on it', () => {
    expect(ovf)
      .to.match(/<rasd:ResourceSubType>AHCI</)
      .and.match(/<Adapter slot="0" [^>]*type="82540EM">/);
    expect(ovf).to.not.match(/virtio/i);
    const [disk, ...others] = [...ovf.matchAll(/vbox:uuid="([^"]+)"/g)].map((match) => match[1]);
    expect(others).to.deep.equal([]);
    expect([...ovf.matchAll(/<Image uuid="\{([^}]+)\}"/g)].map((match) => match[1])).to.deep.equal([disk]);
  });

  it('names its controller as the Vagrantfile does, which attaches second disks to it', () => {
    const controller = /<StorageController name="([^"]+)" [^>]*PortCount="(\d+)"/.exec(ovf);
    const vagrantfile = readFileSync(join(ROOT, 'Vagrantfile.ejs'), 'utf8');
    expect(vagrantfile.match(/"--storagectl", "([^"]+)"/)?.[1]).to.equal(controller?.[1]);
    expect(Number(controller?.[2])).to.equal(2);
  });

  it('is made anew when the libvirt box is, whose disk it has; that one does not depend on it', () => {
    const inputs = join(folder, 'packer');
    for (const path of ['box', 'virtualbox']) mkdirSync(join(inputs, path), { recursive: true });
    writeFileSync(join(inputs, 'box/a'), '');
    writeFileSync(join(inputs, 'virtualbox/a'), '');
    const digests = () => (['box', 'box-virtualbox'] as const).map((kind) => currentDigest(kind, folder));
    const [box, virtualbox] = digests();
    writeFileSync(join(inputs, 'virtualbox/a'), 'changed');
    const [same, other] = digests();
    expect([same === box, other === virtualbox]).to.deep.equal([true, false]);
    writeFileSync(join(inputs, 'box/a'), 'changed');
    expect(digests().every((digest) => ![box, virtualbox, other].includes(digest))).to.equal(true);
  });

  it('takes the tools of the image as long as there is no libvirt box, and never Packer', () => {
    const packages = (built: boolean) =>
      packagesOf(buildPurposes(NEEDED_BUILDS['vagrant-virtualbox'], () => built));
    expect(packages(false)).to.include.members([
      'mmdebstrap',
      'qemu-utils',
      'grub-pc-bin',
      'fdisk',
      'e2fsprogs',
    ]);
    expect(packages(true)).to.include('grub-pc-bin').and.not.include('mmdebstrap');
    const libvirt = packagesOf(buildPurposes(NEEDED_BUILDS['vagrant-libvirt'], () => false));
    expect(libvirt)
      .to.include.members(['mmdebstrap', 'qemu-utils', 'e2fsprogs'])
      .and.not.include('grub-pc-bin');
    expect([...packages(false), ...libvirt]).to.not.include('packer');
  });

  it('git gives its inputs with the same line ends on every system, so that its name is the same', function () {
    try {
      execFileSync('git', ['rev-parse'], { cwd: ROOT, stdio: 'ignore' });
    } catch {
      this.skip();
    }
    const said = execFileSync('git', ['check-attr', 'eol', 'packer/packages.list'], {
      cwd: ROOT,
      encoding: 'utf8',
    });
    expect(said.trim()).to.match(/: eol: lf$/);
  });

  onLinux('boxes are built there').it(
    'is a disk that starts, with the key of Vagrant in it and an OVF of its sizes',
    function (this: Mocha.Context) {
      if (missingFor(['box-virtualbox']).length > 0) return this.skip();
      const path = `${process.env.PATH}:/usr/sbin:/sbin`;
      const run = (program: string, ...args: string[]) =>
        execFileSync(program, args, { cwd: folder, env: { ...process.env, PATH: path }, stdio: 'pipe' });
      // A small system in place of the libvirt box's.
      const root = join(folder, 'root');
      for (const path of ['boot', 'etc', 'home/vagrant/.ssh'])
        mkdirSync(join(root, path), { recursive: true });
      for (const name of ['vmlinuz-6.1', 'vmlinuz-6.12', 'initrd.img-6.12'])
        writeFileSync(join(root, 'boot', name), name);
      writeFileSync(
        join(root, 'etc/passwd'),
        'root:x:0:0::/root:/bin/sh\nvagrant:x:1001:1002::/home/vagrant:/bin/sh\n',
      );
      run('mke2fs', '-q', '-t', 'ext4', '-L', 'root', '-d', root, 'image', '16M');
      run('qemu-img', 'convert', '-O', 'qcow2', 'image', 'box.img');
      run('tar', '-cf', 'package.box', 'box.img');

      run(
        'bash',
        join(packer, 'native/build-virtualbox-box.sh'),
        join(folder, 'package.box'),
        join(folder, 'out.box'),
      );
      run('tar', '-xf', 'out.box');
      expect(run('tar', '-tf', 'out.box').toString().trim().split('\n').sort()).to.deep.equal([
        'Vagrantfile',
        'box.ovf',
        'box.vmdk',
        'metadata.json',
      ]);
      expect(JSON.parse(readFileSync(join(folder, 'metadata.json'), 'utf8'))).to.deep.equal({
        provider: 'virtualbox',
      });
      const described = readFileSync(join(folder, 'box.ovf'), 'utf8');
      expect(described)
        .to.include(`ovf:capacity="${17 * MIB}"`)
        .and.not.match(/@[A-Z]+@/);
      expect(readFileSync(join(folder, 'box.vmdk')).length).to.equal(
        Number(/ovf:size="(\d+)"/.exec(described)?.[1]),
      );

      run('qemu-img', 'convert', '-f', 'vmdk', '-O', 'raw', 'box.vmdk', 'disk');
      const sectors = Buffer.alloc(MIB);
      readSync(openSync(join(folder, 'disk'), 'r'), sectors, 0, MIB, 0);
      expect(sectors.readUInt16LE(510), 'a boot sector').to.equal(0xaa55);
      expect(sectors[446], 'an active partition').to.equal(0x80);
      expect(sectors.readUInt32LE(446 + 8), 'that begins behind the boot loader').to.equal(2048);
      expect(sectors.readUInt32LE(446 + 12), 'and is all of the file system').to.equal((16 * MIB) / 512);
      expect(sectors.includes('GRUB'), 'a boot loader').to.equal(true);
      expect(
        sectors.subarray(512, 1024).some((byte) => byte !== 0),
        'and what it loads',
      ).to.equal(true);
      const ask = (request: string) => run('debugfs', '-R', request, `disk?offset=${MIB}`).toString();
      expect(ask('cat /home/vagrant/.ssh/authorized_keys')).to.equal(
        readFileSync(join(packer, 'box/vagrant.pub'), 'utf8'),
      );
      expect(ask('stat /home/vagrant/.ssh/authorized_keys')).to.match(
        /Mode: +0600[\s\S]*User: +1001 +Group: +1002/,
      );
    },
  );
});
