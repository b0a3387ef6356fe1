import { createHook } from 'node:async_hooks';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { LabError } from '../../tasks/base/errors.ts';
import { setLanguage } from '../../tasks/base/text.ts';
import { renderDiagnosis } from '../../tasks/cli/commands/doctor.ts';
import { judgeEngines } from '../../tasks/engines/choose.ts';
import { type DoctorContext, diagnose, type NamedFinding } from '../../tasks/host/doctor/check.ts';
import { CHECKS, quickChecks, requireNoFailure, versionIn } from '../../tasks/host/doctor/index.ts';
import { type InstallHost, installPackages } from '../../tasks/host/doctor/install.ts';
import {
  missingFor,
  missingPackages,
  packagesOf,
  REQUIREMENTS,
  type Shelf,
} from '../../tasks/host/doctor/requirements.ts';
import type { EngineFacts } from '../../tasks/host/facts.ts';
import { loadTopology } from '../../tasks/topology/load.ts';
import type { Topology } from '../../tasks/topology/model.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** A computer that has every tool of the table but some. */
const shelf = (missing: string[] = [], asRoot = false): Shelf => ({
  root: asRoot,
  hasTool: (name) => !missing.includes(name),
  hasFile: (path) => !missing.includes(path),
});

async function rejection(promise: Promise<unknown>): Promise<string> {
  const error = await promise.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (error instanceof LabError) return error.render();
  throw error ?? new Error('nothing was thrown');
}

describe('doctor', () => {
  let seven: Topology;
  before(async () => {
    setLanguage('en');
    seven = await loadTopology('seven', root);
  });

  /** A computer on which all is well, with some facts changed. */
  function context(changes: Partial<DoctorContext> = {}): DoctorContext {
    return {
      engine: 'uml',
      topology: seven,
      computer: {
        platform: 'linux',
        arch: 'x64',
        root: false,
        system: 'Debian GNU/Linux 13 (trixie)',
        debianLike: true,
        wsl: false,
        cpus: 2,
        memory: { total: 16_000, available: 12_000 },
      },
      disk: { labs: 50_000, cache: 50_000 },
      folders: { labs: '/lab', cache: '/cache' },
      networks: [{ device: 'eth0', cidr: '192.0.2.7/24', address: '192.0.2.7' }],
      shelf: shelf(),
      builds: { image: true, kernel: true },
      subordinateIds: true,
      facts: { namespaces: { state: 'works' } },
      versions: new Map([['ip', '6.1.0']]),
      ...changes,
    };
  }
  const computer = (changes: Partial<DoctorContext['computer']>): Partial<DoctorContext> => ({
    computer: { ...context().computer, ...changes },
  });
  const results = (changes: Partial<DoctorContext> = {}): NamedFinding[] =>
    diagnose(CHECKS, context(changes));
  const find = (id: string, changes: Partial<DoctorContext>): NamedFinding => {
    const found = results(changes).find((result) => result.id === id);
    if (!found) throw new Error(`no check ${id}`);
    return found;
  };

  it('finds nothing wrong with a good computer, and looks only at what its engine needs', () => {
    const all = results();
    expect(all.map(({ id }) => id)).to.deep.equal([
      'system',
      'processor',
      'memory',
      'disk',
      'folders',
      'namespaces',
      'tools-uml',
      'tools-image',
      'tools-nextcloud',
      'tools-kernel',
      'subordinate-ids',
    ]);
    expect(all.every(({ status, fix }) => status === 'ok' && !fix)).to.equal(true);
  });

  it('gives every warning and failure a full sentence to act on', () => {
    const bad = results({
      ...computer({ arch: 'arm64', debianLike: false, memory: { total: 2000, available: 1000 } }),
      disk: { labs: 10, cache: 10 },
      folders: { labs: '/my lab', cache: '/cache' },
      shelf: shelf(['socat', 'mmdebstrap', 'flex', 'bzip2']),
      subordinateIds: false,
      facts: {
        namespaces: { state: 'refused' },
        vagrant: true,
        kvm: { works: false, tried: 'kernel', reason: { en: 'hangs', fr: 'bloque' } },
      },
    });
    expect(bad.filter(({ status }) => status === 'ok')).to.deep.equal([]);
    for (const { id, fix } of bad) {
      expect(fix?.en, id).to.match(/^[A-Z]|^lab up/);
      expect(fix?.fr, id).to.not.equal(fix?.en);
    }
  });

  const cases: [string, string, Partial<DoctorContext>, string, RegExp][] = [
    [
      'memory below the machines’',
      'memory',
      computer({ memory: { total: 4000, available: 3000 } }),
      'warn',
      /3000 MiB free of 4000; .* 3456 in all/,
    ],
    [
      'memory far too small',
      'memory',
      computer({ memory: { total: 4000, available: 2000 } }),
      'fail',
      /2000 MiB/,
    ],
    [
      'little disk for the lab',
      'disk',
      { disk: { labs: 2000, cache: 50_000 } },
      'warn',
      /2000 MiB free in \/lab/,
    ],
    ['no disk for the lab', 'disk', { disk: { labs: 900, cache: 50_000 } }, 'fail', /900 MiB/],
    ['no disk for the image', 'disk', { disk: { labs: 50_000, cache: 3000 } }, 'fail', /3000 in \/cache/],
    [
      'no disk for an image that is built',
      'disk',
      { disk: { labs: 50_000, cache: 3000 }, builds: { image: false, kernel: false } },
      'ok',
      /3000 in \/cache/,
    ],
    [
      'a space in the kit’s folder',
      'folders',
      { folders: { labs: '/home/x/My Labs', cache: '/cache' } },
      'fail',
      /“\/home\/x\/My Labs”/,
    ],
    [
      'a comma in the cache’s folder',
      'folders',
      { folders: { labs: '/lab', cache: '/a,b' } },
      'fail',
      /“\/a,b”/,
    ],
    [
      'a colon in the cache’s folder',
      'folders',
      { folders: { labs: '/lab', cache: '/a:b' } },
      'fail',
      /“\/a:b”/,
    ],
    [
      'missing tools on Debian',
      'tools-kernel',
      { shelf: shelf(['flex', '/usr/include/libelf.h']) },
      'warn',
      /missing: flex, libelf\.h/,
    ],
    [
      'missing tools elsewhere',
      'tools-uml',
      { ...computer({ debianLike: false }), shelf: shelf(['socat']) },
      'fail',
      /missing: socat/,
    ],
    [
      'missing tools for a VirtualBox box',
      'tools-box-virtualbox',
      { engine: 'vagrant-virtualbox', shelf: shelf(['grub-mkimage']) },
      'warn',
      /missing: grub-mkimage/,
    ],
    [
      'no VirtualBox box where none can be built',
      'box',
      { engine: 'vagrant-virtualbox', ...computer({ platform: 'darwin', debianLike: false }) },
      'fail',
      /neither in the cache nor known to Vagrant/,
    ],
    ['no subordinate ids', 'subordinate-ids', { subordinateIds: false }, 'fail', /subuid/],
    ['not Debian', 'system', computer({ debianLike: false, system: 'Fedora Linux 42' }), 'warn', /Fedora/],
    ['one processor', 'processor', computer({ cpus: 1 }), 'warn', /one processor/],
    [
      'a network in the way of libvirt',
      'networks',
      { engine: 'vagrant-libvirt', networks: [{ device: 'tun0', cidr: '10.0.0.0/8' }] },
      'fail',
      /10\.0\.2\.0\/24 overlaps tun0 10\.0\.0\.0\/8/,
    ],
    [
      'the lab’s own bridge',
      'networks',
      {
        engine: 'vagrant-libvirt',
        networks: [
          { device: 'virbr1', cidr: '10.0.2.1/24', address: '10.0.2.1' },
          { device: 'virbr1', cidr: '10.0.2.0/24' },
        ],
      },
      'ok',
      /no network/,
    ],
  ];
  for (const [title, id, changes, status, found] of cases)
    it(title, () => {
      const result = find(id, changes);
      expect(result.status).to.equal(status);
      expect(result.found.en).to.match(found);
    });

  it('does not look at the host’s networks for uml', () => {
    const ids = results({ networks: [{ device: 'tun0', cidr: '10.0.0.0/8' }] }).map(({ id }) => id);
    expect(ids).to.not.include('networks');
  });

  it('names the command that installs missing tools', () => {
    expect(find('tools-uml', { shelf: shelf(['socat', 'ip']) }).fix?.en).to.include(
      'sudo apt-get update && sudo apt-get install --no-install-recommends iproute2 socat',
    );
  });

  describe('quick part', () => {
    it('starts next to no program, as it comes before every lab up', async () => {
      let started = 0;
      const starts = createHook({
        init: (_id, type) => {
          if (type === 'PROCESSWRAP') started += 1;
        },
      }).enable();
      const quick = await quickChecks('uml', seven);
      starts.disable();
      expect(started).to.be.at.most(1);
      expect(quick.map(({ id }) => id)).to.include.members(['memory', 'disk']);
    });

    it('stops lab up on failures alone, with their fixes', () => {
      const memory = find('memory', computer({ memory: { total: 4000, available: 3000 } }));
      expect(requireNoFailure([memory]).map(({ id }) => id)).to.deep.equal(['memory']);
      const bad = results({ disk: { labs: 10, cache: 50_000 } });
      expect(() => requireNoFailure(bad)).to.throw(LabError);
      try {
        requireNoFailure(bad);
      } catch (error) {
        expect((error as LabError).render()).to.match(/Disk: 10 MiB free[\s\S]*lab image prune/);
      }
    });
  });

  describe('rendering', () => {
    const facts: EngineFacts = {
      platform: 'linux',
      arch: 'x64',
      namespaces: { state: 'works' },
      vagrant: false,
      libvirtPlugin: false,
      libvirt: undefined,
      kvm: undefined,
      virtualbox: {
        installed: false,
        version: undefined,
        usable: false,
        reason: { en: 'not installed', fr: 'absent' },
      },
    };

    it('shows a sign a line, fixes below, the engine last', () => {
      const lines = renderDiagnosis({
        checks: results({ shelf: shelf(['socat']), subordinateIds: false }),
        engines: judgeEngines(facts),
        choice: { engine: 'uml', why: { en: 'because', fr: 'parce que' } },
        impossible: undefined,
      });
      expect(lines).to.include('✓ Processor: x86-64, 2 processors');
      expect(lines).to.include('! Tools that run the lab: missing: socat');
      expect(lines.find((line) => line.includes('/etc/subuid or'))).to.match(/^✗ /);
      expect(lines[lines.findIndex((line) => line.startsWith('!')) + 1]).to.match(/^ {4}→ lab up installs/);
      expect(lines).to.include('! vagrant-virtualbox: not installed');
      expect(lines).to.include('Engine: uml. because.');
      expect(lines.at(-1)).to.equal('1 of 11 checks failed: follow the arrows above.');
    });

    it('marks engines as failed, with what to do, only when none can run', () => {
      const lines = renderDiagnosis({
        checks: [],
        engines: judgeEngines({ ...facts, namespaces: { state: 'refused' } }),
        choice: undefined,
        impossible: { en: 'None can run.', fr: 'Aucun.' },
      });
      expect(lines.filter((line) => line.startsWith('✗'))).to.have.length(3);
      expect(lines.join('\n')).to.match(/✗ vagrant-virtualbox: not installed\n {4}→ Install VirtualBox/);
      expect(lines.at(-1)).to.equal('None can run.');
    });
  });
});

describe('requirements', () => {
  it('list each tool once', () => {
    const names = REQUIREMENTS.map(({ tool }) => tool);
    expect(new Set(names).size).to.equal(names.length);
  });

  it('give the packages missing for an engine, each once', () => {
    const all: Shelf = { root: false, hasTool: () => false, hasFile: () => false };
    const packages = missingPackages('uml', {}, all);
    expect(new Set(packages).size).to.equal(packages.length);
    expect(packages).to.include.members([
      'socat',
      'mmdebstrap',
      'uidmap',
      'libelf-dev',
      'libc6-dev',
      'debian-archive-keyring',
    ]);
    expect(packages).to.not.include('vagrant');
    expect(missingPackages('uml', {}, { ...all, root: true })).to.not.include('uidmap');
    expect(missingPackages('uml', { image: false, kernel: false }, all)).to.deep.equal([
      'iproute2',
      'util-linux',
      'socat',
      'openssh-client',
    ]);
    expect(missingPackages('vagrant-libvirt', { image: false }, all)).to.deep.equal(
      packagesOf(['vagrant-libvirt']),
    );
    expect(missingPackages('uml', {}, shelf())).to.deep.equal([]);
  });

  it('tell a missing header from a missing tool', () => {
    expect(
      missingFor(['kernel'], shelf(['/usr/include/stdlib.h'])).map(({ debianPackage }) => debianPackage),
    ).to.deep.equal(['libc6-dev']);
  });

  it('read versions out of what tools say', () => {
    expect(versionIn('ip utility, iproute2-6.1.0, libbpf 1.1.0')).to.equal('6.1.0');
    expect(versionIn('OpenSSH_9.2p1 Debian-2+deb12u7, OpenSSL 3.0.17')).to.equal('9.2p1');
    expect(versionIn('Vagrant 2.3.4')).to.equal('2.3.4');
    expect(versionIn('Packer v1.11.2')).to.equal('1.11.2');
    expect(versionIn('nothing')).to.equal(undefined);
  });
});

describe('installing packages', () => {
  before(() => setLanguage('en'));

  /** A computer that notes the commands it is given. */
  function host(changes: Partial<InstallHost> = {}): InstallHost & { ran: string[] } {
    const ran: string[] = [];
    return {
      ran,
      root: true,
      terminal: true,
      hasTool: () => true,
      ask: async () => '',
      run: async (command, args) => {
        ran.push([command, ...args].join(' '));
        return 0;
      },
      ...changes,
    };
  }

  it('does nothing for an empty list', async () => {
    const quiet = host();
    await installPackages([], {}, quiet);
    expect(quiet.ran).to.deep.equal([]);
  });

  it('updates first, then installs; through sudo when not root', async () => {
    const user = host({ root: false });
    await installPackages(['socat', 'bc'], { yes: true }, user);
    expect(user.ran[0]).to.match(/^sudo apt-get .*update$/);
    expect(user.ran[1]).to.match(
      /^sudo env DEBIAN_FRONTEND=noninteractive apt-get .*install --yes --no-install-recommends socat bc$/,
    );
    const admin = host();
    await installPackages(['socat'], {}, admin);
    expect(admin.ran.map((line) => line.split(' ')[0])).to.deep.equal(['apt-get', 'env']);
  });

  it('asks, and takes no for an answer', async () => {
    let asked = '';
    const refusing = host({
      ask: async (question) => {
        asked = question;
        return 'n';
      },
    });
    const shown = await rejection(installPackages(['socat'], {}, refusing));
    expect(asked).to.match(/missing: socat[\s\S]*apt-get install --no-install-recommends socat \? \[Y\/n\]/);
    expect(shown).to.match(/A Debian package is missing: socat\.\nTo do: run: apt-get update/);
    expect(refusing.ran).to.deep.equal([]);
  });

  it('does not ask where nobody can answer: it says the exact command', async () => {
    const script = host({ root: false, terminal: false });
    expect(await rejection(installPackages(['socat', 'bc'], {}, script))).to.match(
      /Debian packages are missing: socat, bc\.\nTo do: run this, or give --yes: sudo apt-get update && sudo apt-get install --no-install-recommends socat bc$/,
    );
    expect(script.ran).to.deep.equal([]);
  });

  it('says so where there is no sudo, no apt-get, or APT fails', async () => {
    const without = (tool: string) => host({ root: false, hasTool: (name) => name !== tool });
    expect(await rejection(installPackages(['bc'], { yes: true }, without('sudo')))).to.match(
      /as root, run: apt-get/,
    );
    expect(await rejection(installPackages(['bc'], { yes: true }, without('apt-get')))).to.match(
      /own package manager/,
    );
    const failing = host({ run: async () => 100 });
    expect(await rejection(installPackages(['bc'], { yes: true }, failing))).to.match(/code 100/);
  });
});
