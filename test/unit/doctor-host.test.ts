import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { type Ended, findTool, outputOf, runProgram } from '../../tasks/base/exec.ts';
import { bootSector } from '../../tasks/host/boot-sector.ts';
import { freeDisk, isDebianLike, parseOsRelease, readComputer } from '../../tasks/host/computer.ts';
import { judgeKernel, judgeSector, readableKernel } from '../../tasks/host/kvm.ts';
import { judgeNamespaces, type NamespaceSettings, probeNamespaces } from '../../tasks/host/namespace.ts';
import { overlap, overlapping, parseRoutes } from '../../tasks/host/networks.ts';
import { hasLibvirtPlugin } from '../../tasks/host/vagrant.ts';
import { allowedRanges, isAllowed, judgeVirtualBox } from '../../tasks/host/virtualbox.ts';

/** How a program ended that printed this. */
const ended = (stdout: string, code: number | undefined = 1, timedOut = false): Ended => ({
  ...{ code, stdout, stderr: '', missing: false, timedOut },
});

const root = fileURLToPath(new URL('../..', import.meta.url));

describe('probes of the host', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'probe-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  describe('commands', () => {
    it('end when their time is over, whatever they do', async () => {
      const start = performance.now();
      const script = 'trap "" TERM; echo begun; exec sleep 20';
      const ran = await runProgram('sh', ['-c', script], { seconds: 0.3 });
      expect(performance.now() - start).to.be.below(15_000);
      expect(ran).to.include({ timedOut: true, code: undefined });
    });

    it('end when their time is over, though what they started goes on', async () => {
      const start = performance.now();
      const ran = await runProgram('sh', ['-c', 'sleep 20 & echo $!; wait'], { seconds: 2 });
      expect(performance.now() - start).to.be.below(15_000);
      expect(ran).to.include({ timedOut: true, code: undefined });
      process.kill(Number(ran.stdout));
    });

    it('never throw', async () => {
      const missing = await runProgram(join(folder, 'nothing'), [], { seconds: 1 });
      expect(missing).to.include({ missing: true, timedOut: false, code: undefined });
      const failed = await runProgram('sh', ['-c', 'echo err >&2; echo out; exit 7'], { seconds: 60 });
      expect(failed).to.include({ missing: false, timedOut: false, code: 7 });
      expect(outputOf(failed)).to.equal('out\nerr\n');
    });

    it('are found by name, folders and plain files are not', () => {
      const before = process.env.PATH;
      mkdirSync(join(folder, 'kit-folder'));
      writeFileSync(join(folder, 'kit-text'), '');
      writeFileSync(join(folder, 'kit-tool'), '', { mode: 0o755 });
      process.env.PATH = `${folder}:${before}`;
      try {
        expect(findTool('kit-tool')).to.equal(join(folder, 'kit-tool'));
        expect(findTool('kit-text')).to.equal(undefined);
        expect(findTool('kit-folder')).to.equal(undefined);
      } finally {
        process.env.PATH = before;
      }
    });
  });

  describe('computer', () => {
    it('knows Debian and what is made from it', () => {
      const like = (text: string): boolean => isDebianLike(parseOsRelease(text));
      expect(like('ID=debian\nPRETTY_NAME="Debian GNU/Linux 13 (trixie)"')).to.equal(true);
      expect(like('ID=linuxmint\nID_LIKE="ubuntu debian"')).to.equal(true);
      expect(like('ID=fedora\nVERSION_ID=42')).to.equal(false);
      expect(parseOsRelease('PRETTY_NAME="Debian GNU/Linux 13 (trixie)"').PRETTY_NAME).to.equal(
        'Debian GNU/Linux 13 (trixie)',
      );
    });

    it('has memory, and disk even for a folder that does not exist yet', async () => {
      const { memory, cpus } = readComputer();
      expect(memory.available).to.be.within(1, memory.total);
      expect(cpus).to.be.above(0);
      expect(await freeDisk(join(folder, 'not', 'yet'))).to.be.above(0);
    });
  });

  describe('namespaces', () => {
    const USER: NamespaceSettings = {
      root: false,
      appArmorRestricts: undefined,
      usernsClone: undefined,
      maxUserns: '96365',
      tun: 'usable',
    };
    const GOOD = 'bridge ok\ntap ok\nmemory ok\nexecute ok\n';

    it('work only when every step did', () => {
      expect(judgeNamespaces(ended(GOOD, 0), USER)).to.deep.equal({ state: 'works' });
      expect(judgeNamespaces(ended('bridge ok\n', 0), USER).state).to.equal('refused');
      expect(judgeNamespaces(ended(GOOD.replace('tap ok', 'tap failed'), 0), USER).state).to.equal('refused');
    });

    const cases: [string, string, Partial<NamespaceSettings>, RegExp, RegExp][] = [
      [
        'Ubuntu’s AppArmor',
        'unshare: write failed /proc/self/uid_map: Operation not permitted',
        { appArmorRestricts: '1' },
        /apparmor_restrict_unprivileged_userns forbids .*uid_map/,
        /apparmor_restrict_unprivileged_userns=0' \| sudo tee/,
      ],
      [
        'Debian’s older switch',
        'unshare: unshare failed: Operation not permitted',
        { usernsClone: '0' },
        /unprivileged_userns_clone forbids/,
        /unprivileged_userns_clone=1/,
      ],
      [
        'no user namespaces allowed',
        'unshare: unshare failed: No space left on device',
        { maxUserns: '0' },
        /max_user_namespaces forbids/,
        /max_user_namespaces=15000/,
      ],
      [
        'no tun device',
        'bridge ok\ntap failed open: No such file or directory\nmemory ok',
        { tun: 'missing' },
        /\/dev\/net\/tun does not exist \(tap: open/,
        /modprobe tun/,
      ],
      [
        'a tun device for root alone',
        'bridge ok\ntap failed open: Permission denied\nmemory ok',
        { tun: 'forbidden' },
        /cannot be opened by this user/,
        /chmod 666 \/dev\/net\/tun/,
      ],
      [
        'a container',
        'unshare: unshare failed: Operation not permitted',
        { root: true },
        /refuses a private network .*Operation not permitted/,
        /--privileged/,
      ],
    ];
    for (const [title, output, settings, reason, fix] of cases)
      it(`are refused: ${title}`, () => {
        const facts = judgeNamespaces(ended(output), { ...USER, ...settings });
        expect(facts.state).to.equal('refused');
        expect(facts.reason?.en).to.match(reason);
        expect(facts.fix?.en).to.match(fix);
      });

    it('settings for ordinary users are no excuse for root', () => {
      const facts = judgeNamespaces(ended('unshare: failed'), {
        ...USER,
        root: true,
        appArmorRestricts: '1',
      });
      expect(facts.reason?.en).to.not.match(/apparmor/);
    });

    it('are really tried here', async function () {
      if (process.platform !== 'linux') return this.skip();
      const facts = await probeNamespaces(root);
      // Which answer depends on the computer; a refusal says why.
      expect(facts.state === 'works' || facts.reason !== undefined).to.equal(true);
    });
  });

  describe('KVM', () => {
    it('works when a kernel came as far as looking for its disk', () => {
      const panic = 'Linux version 6.12\nKernel panic - not syncing: VFS: Unable to mount root fs\nRebooting';
      expect(judgeKernel(ended(panic, 0)).works).to.equal(true);
      expect(
        judgeKernel(ended('Kernel panic - not syncing: IO-APIC + timer does not work', 0)).works,
      ).to.equal(false);
    });

    it('does not work when the kernel hangs or QEMU gives up, and says so', () => {
      expect(judgeKernel(ended('', undefined, true)).reason.en).to.match(
        /hangs on KVM \(15 s without a word\)/,
      );
      expect(judgeKernel(ended('Linux version 6.12\nclocksource: tsc', undefined, true)).reason.en).to.match(
        /last line: clocksource: tsc/,
      );
      const assertion =
        'qemu-system-x86_64: ../../target/i386/kvm/kvm.c:3183: kvm_buf_set_msrs: Assertion failed.\n';
      expect(judgeKernel(ended(assertion, undefined)).reason.en).to.equal(
        'KVM does not start: kvm_buf_set_msrs: Assertion failed.',
      );
    });

    it('boot sector: 512 bytes with the mark, ended by its own exit code only', () => {
      expect(bootSector()).to.have.length(512);
      expect(bootSector().readUInt16LE(510)).to.equal(0xaa55);
      expect(judgeSector(ended('', 33))).to.include({ works: true, tried: 'boot sector' });
      expect(judgeSector(ended('', 0)).works).to.equal(false);
      expect(judgeSector(ended('', undefined, true)).reason.en).to.match(/hangs/);
    });

    it('boot sector: really runs, in emulation', async function () {
      const qemu = findTool('qemu-system-x86_64');
      if (!qemu) return this.skip();
      const { bootProbe } = await import('../../tasks/host/kvm.ts');
      expect((await bootProbe('tcg', undefined)).works).to.equal(true);
    });

    it('boot sector: one that waits for ever is ended', async function () {
      const qemu = findTool('qemu-system-x86_64');
      if (!qemu) return this.skip();
      const image = join(folder, 'sector');
      writeFileSync(image, Buffer.concat([Buffer.from('ebfe', 'hex'), bootSector().subarray(2)]));
      const disk = `file=${image},format=raw,snapshot=on`;
      const args = ['-accel', 'tcg', '-nodefaults', '-display', 'none', '-drive', disk];
      const waits = await runProgram(qemu, args, { seconds: 1 });
      expect(judgeSector(waits).reason.en).to.equal('even a boot sector hangs on KVM');
    });

    it('finds a kernel beside a box in the cache', function () {
      if (readableKernel(folder)) return this.skip(); // This computer has one of its own.
      mkdirSync(join(folder, 'box', 'abc'), { recursive: true });
      writeFileSync(join(folder, 'box', 'abc', 'vmlinuz'), '');
      expect(readableKernel(folder)).to.equal(join(folder, 'box', 'abc', 'vmlinuz'));
    });
  });

  describe('networks', () => {
    const ROUTES = `Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\tMTU\tWindow\tIRTT
eth0\t00000000\t010200C0\t0003\t0\t0\t0\t00000000\t0\t0\t0
tun0\t0002000A\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0
tun0\t0000000A\t00000000\t0001\t0\t0\t0\t000000FF\t0\t0\t0
`;
    it('reads routes, but the default one', () => {
      expect(parseRoutes(ROUTES)).to.deep.equal([
        { device: 'tun0', cidr: '10.0.2.0/24' },
        { device: 'tun0', cidr: '10.0.0.0/8' },
      ]);
    });

    it('compares networks of any size', () => {
      expect(overlap('10.0.2.0/24', '10.0.0.0/8')).to.equal(true);
      expect(overlap('10.0.0.0/8', '10.0.2.7/24')).to.equal(true);
      expect(overlap('10.0.2.0/24', '10.0.3.0/24')).to.equal(false);
    });

    it('names each device in the way once, and not the lab’s own bridge', () => {
      const lab = { cidr: '10.0.2.0/24', host: '10.0.2.1' };
      const own = [
        { device: 'virbr1', cidr: '10.0.2.1/24', address: '10.0.2.1' },
        { device: 'virbr1', cidr: '10.0.2.0/24' },
      ];
      expect(overlapping(lab, own)).to.deep.equal([]);
      expect(overlapping(lab, [...own, ...parseRoutes(ROUTES)]).map(({ device }) => device)).to.deep.equal([
        'tun0',
      ]);
    });
  });

  describe('VirtualBox', () => {
    it('reads its version, and sees modules that are not loaded', () => {
      expect(judgeVirtualBox('7.0.20r163906\n', 0)).to.include({ usable: true, version: '7.0.20' });
      expect(judgeVirtualBox('6.1.50_Debianr161033\n', 0)).to.include({ usable: true, version: '6.1.50' });
      expect(judgeVirtualBox('5.2.44r139111\n', 0)).to.include({ usable: false, version: '5.2.44' });
      const warning =
        'WARNING: The vboxdrv kernel module is not loaded. Either there is no module\n7.0.20r163906\n';
      expect(judgeVirtualBox(warning, 0)).to.include({ usable: false, version: '7.0.20' });
      expect(judgeVirtualBox('', 1).usable).to.equal(false);
    });

    it('knows which ranges host-only networks may use', () => {
      expect(isAllowed('10.0.2.0/24', allowedRanges(undefined))).to.equal(false);
      expect(isAllowed('192.168.56.0/24', allowedRanges(undefined))).to.equal(true);
      const conf = '# ours\n* 10.0.0.0/8 192.168.0.0/16\n* 2001::/64\n';
      expect(allowedRanges(conf)).to.deep.equal(['10.0.0.0/8', '192.168.0.0/16']);
      expect(isAllowed('10.0.2.0/24', allowedRanges(conf))).to.equal(true);
      expect(isAllowed('10.0.0.0/7', allowedRanges(conf))).to.equal(false);
    });
  });

  it('sees Vagrant’s libvirt plugin, installed by Vagrant or by Debian', () => {
    expect(hasLibvirtPlugin(folder, join(folder, 'none'))).to.equal(false);
    writeFileSync(join(folder, 'plugins.json'), '{"version":"1","installed":{"vagrant-libvirt":{}}}');
    expect(hasLibvirtPlugin(folder, join(folder, 'none'))).to.equal(true);
    writeFileSync(join(folder, 'plugins.json'), '{"version":"1","installed":{}}');
    mkdirSync(join(folder, 'plugins.d'));
    expect(hasLibvirtPlugin(folder, join(folder, 'plugins.d'))).to.equal(false);
    writeFileSync(join(folder, 'plugins.d', 'vagrant-libvirt.json'), '');
    expect(hasLibvirtPlugin(folder, join(folder, 'plugins.d'))).to.equal(true);
  });
});
