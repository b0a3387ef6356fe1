import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { ROOT } from '../../tasks/base/paths.ts';
import { renderVagrantfile, ruby, type VagrantfileContext } from '../../tasks/engines/vagrant/vagrantfile.ts';
import { overlap } from '../../tasks/host/networks.ts';
import { loadTopology } from '../../tasks/topology/load.ts';

/** Settings of vagrant-libvirt 0.11 (lib/vagrant-libvirt/config.rb) that a `v.NAME` of the template may be. */
const LIBVIRT = new Set(
  `driver default_prefix memory cpus cpu_mode cpu_model features disk_driver random graphics_type video_type memballoon_enabled
  kernel initrd cmd_line storage management_network_name management_network_address`.split(/\s+/),
);
/** The same for Vagrant's VirtualBox provider. */
const VIRTUALBOX = new Set('name memory cpus linked_clone check_guest_additions customize'.split(' '));
/** Options of a private network, both providers (vagrant-libvirt strips its prefix). */
const NETWORK = new Set(
  `ip netmask mac libvirt__network_name libvirt__dhcp_enabled libvirt__forward_mode libvirt__host_ip
  virtualbox__intnet`.split(/\s+/),
);
/** Options of vagrant-libvirt's disks. */
const STORAGE = new Set('size type bus device cache'.split(' '));

const topology = await loadTopology('seven', ROOT);

/** Boxes that Vagrant has by their names. */
const BOX = { libvirt: { name: 'b' }, virtualbox: { name: 'v' } };

function rendered(changes: Partial<VagrantfileContext> = {}): string {
  return renderVagrantfile({
    root: ROOT,
    lab: 'demo',
    topology,
    folder: '.lab/demo',
    sshPublicKey: 'ssh-ed25519 AAAAC3Nza lab-demo',
    driver: 'qemu',
    box: {
      libvirt: { name: 'ha-lab-0123', url: 'file:///cache/package.box' },
      virtualbox: { name: 'ha-lab-4567' },
    },
    payload: new Map([['web1', ['common', 'web']]]),
    ...changes,
  });
}

/** The part of the file that defines one machine. */
function machineOf(text: string, name: string): string {
  const found = new RegExp(`^ {2}config\\.vm\\.define '${name}' do[\\s\\S]*?^ {2}end$`, 'm').exec(text);
  if (!found) throw new Error(`${name} is not defined`);
  return found[0];
}

/** Names of the settings that the blocks of one provider set. */
function settings(text: string, provider: string): string[] {
  const blocks =
    text.match(new RegExp(`^( *)\\S+\\.vm\\.provider :${provider} do[\\s\\S]*?^\\1end$`, 'gm')) ?? [];
  return blocks.flatMap((block) => [...block.matchAll(/\bv\.([a-z_]+)/g)].map((match) => match[1] ?? ''));
}

describe('Vagrantfile: options', () => {
  it('sets only what vagrant-libvirt knows', () => {
    const text = rendered({ box: { ...BOX, boot: { kernel: '/k', initrd: '/i' } } });
    const used = settings(text, 'libvirt');
    expect(used).to.include.members(['driver', 'memory', 'cpus', 'storage', 'kernel', 'initrd', 'cmd_line']);
    expect(used.filter((name) => !LIBVIRT.has(name))).to.deep.equal([]);
  });

  it('sets only what the VirtualBox provider knows', () => {
    const used = settings(rendered(), 'virtualbox');
    expect(used).to.include.members(['name', 'memory', 'cpus', 'customize']);
    expect(used.filter((name) => !VIRTUALBOX.has(name))).to.deep.equal([]);
  });

  it('gives networks and disks only options that exist', () => {
    for (const text of [rendered(), rendered({ hostOnNetwork: false })]) {
      const networks = text.match(/machine\.vm\.network[\s\S]*?\n\n/g) ?? [];
      expect(networks).to.have.length(7);
      for (const network of networks) {
        const names = [...network.matchAll(/\b([a-z_]+): /g)].map((match) => match[1] ?? '');
        expect(names.filter((name) => !NETWORK.has(name))).to.deep.equal([]);
      }
      const disks = [...text.matchAll(/v\.storage :file, (.*)/g)];
      expect(disks).to.have.length(2);
      for (const disk of disks) {
        const names = [...(disk[1] ?? '').matchAll(/\b([a-z_]+): /g)].map((match) => match[1] ?? '');
        expect(names.filter((name) => !STORAGE.has(name))).to.deep.equal([]);
      }
    }
  });

  it('emulates a plain processor without KVM and passes the real one through with it', () => {
    expect(rendered()).to.match(/DRIVER = ENV\.fetch\("LAB_DRIVER", 'qemu'\)/);
    expect(rendered({ driver: 'kvm' })).to.match(/DRIVER = ENV\.fetch\("LAB_DRIVER", 'kvm'\)/);
    expect(rendered()).to.match(/if DRIVER == "kvm"\s+v\.cpu_mode = "host-passthrough"/);
  });

  it('bounds the emulator’s memory with well-formed elements, as vagrant-libvirt writes them', () => {
    const features = [...(/v\.features = \[(.*)\]/.exec(rendered())?.[1] ?? '').matchAll(/"([^"]*)"/g)];
    const xml = features.map((feature) => `<${feature[1]}/>`).join('');
    expect(xml).to.equal("<acpi/><apic/><tcg><tb-cache unit='MiB'>128</tb-cache></tcg><pae/>");
  });

  it('boots directly only when kernel and initramfs are known, with the key on the command line', () => {
    expect(rendered()).not.to.match(/v\.kernel|v\.initrd|v\.cmd_line/);
    const text = rendered({ box: { ...BOX, boot: { kernel: '/pool/vmlinuz', initrd: '/pool/initrd' } } });
    expect(text).to.include("v.kernel = '/pool/vmlinuz'");
    expect(text, 'a kernel that gives up starts again').to.match(/v\.cmd_line = .*panic=-1/);
    const key = /ssh\.authorized_keys\.root:([A-Za-z0-9+/=]+)/.exec(text)?.[1] ?? '';
    expect(Buffer.from(key, 'base64').toString()).to.equal('ssh-ed25519 AAAAC3Nza lab-demo\n');
  });
});

describe('Vagrantfile: machines and networks', () => {
  it('gives every machine its address, hardware address, memory and processors', () => {
    const text = rendered();
    for (const machine of topology.machines) {
      const block = machineOf(text, machine.name);
      expect(block).to.include(`ip: '${machine.address}', netmask: '255.255.255.0'`);
      expect(block).to.include(`mac: '${machine.mac.replaceAll(':', '').toUpperCase()}'`);
      expect(block.match(new RegExp(`v\\.memory = ${machine.memory}$`, 'gm'))).to.have.length(2);
      expect(block.match(/v\.cpus = 1$/gm)).to.have.length(2);
    }
  });

  it('keeps each lab on a network of its own, the computer at the address of the topology', () => {
    const block = machineOf(rendered(), 'lb1');
    expect(block).to.include("libvirt__network_name: 'ha-demo', libvirt__dhcp_enabled: false");
    expect(block).to.include(`libvirt__forward_mode: "none", libvirt__host_ip: '10.0.2.1'`);
    expect(block).to.include("virtualbox__intnet: 'ha-demo'");
    expect(rendered()).to.include("v.default_prefix = 'ha_demo_'");
  });

  it('takes no address for the computer when another lab has it', () => {
    const block = machineOf(rendered({ hostOnNetwork: false }), 'lb1');
    expect(block).to.include('libvirt__forward_mode: "veryisolated"').and.not.include('host_ip');
  });

  it('moves the providers’ own networks away from the lab’s, whatever that is', () => {
    for (const cidr of ['10.0.2.0/24', '10.0.0.0/8', '192.168.0.0/16', '172.16.0.0/12']) {
      const other = { ...topology, network: { ...topology.network, cidr } };
      const text = rendered({ topology: other });
      const own = [
        /management_network_address = '([^']+)'/.exec(text)?.[1],
        /"--natnet1", '([^']+)'/.exec(text)?.[1],
      ];
      for (const network of own) {
        if (network === undefined) throw new Error('a network is missing');
        expect(overlap(network, cidr), `${network} and ${cidr}`).to.equal(false);
      }
    }
  });

  it('gives second disks to the machines that have one, with both providers', () => {
    const text = rendered();
    expect(machineOf(text, 'db1')).to.include('v.storage :file, size: "2048M"');
    expect(machineOf(text, 'db1')).to.include('"createmedium", "disk", "--filename", disk, "--size", "2048"');
    expect(machineOf(text, 'db1')).to.include(`File.join(LAB, "engine", 'db1.vdi')`);
    expect(machineOf(text, 'web1')).not.to.match(/storage|createmedium/);
  });

  it('uses the memory that was limited instead of the topology’s', () => {
    const text = rendered({ memory: { web1: 200 } });
    expect(machineOf(text, 'web1').match(/v\.memory = 200$/gm)).to.have.length(2);
    expect(machineOf(text, 'web2')).to.include('v.memory = 512');
  });
});

describe('Vagrantfile: provisioners', () => {
  it('uploads the payload once and applies the roles in order', () => {
    const steps = [...machineOf(rendered(), 'web1').matchAll(/provision ['"]([^'"]+)['"], type: "(\w+)"/g)];
    expect(steps.map((step) => `${step[1]}:${step[2]}`)).to.deep.equal([
      'payload:file',
      'common:shell',
      'web:shell',
    ]);
    expect(machineOf(rendered(), 'web1')).to.match(/'web', type: "shell", inline: APPLY, args: \['web'\]$/m);
  });

  it('has none for a machine without payload', () => {
    expect(machineOf(rendered(), 'web2')).not.to.include('provision');
  });

  it('lets the lab’s key in before anything else', () => {
    const text = rendered();
    expect(text.indexOf('provision "authorize"')).to.be.within(0, text.indexOf('config.vm.define'));
  });
});

describe('Vagrantfile: text', () => {
  const folder = mkdtempSync(join(tmpdir(), 'lab-vagrantfile-'));
  after(() => rmSync(folder, { recursive: true, force: true }));

  it('writes strings in which Ruby finds nothing to evaluate', () => {
    expect(ruby("a'b\\c#{d}")).to.equal("'a\\'b\\\\c#{d}'");
  });

  it('is valid Ruby, also with names that need quoting', function () {
    if (spawnSync('ruby', ['--version']).error) this.skip();
    const file = join(folder, 'Vagrantfile');
    writeFileSync(
      file,
      rendered({ folder: "it's #{here}\\there", sshPublicKey: "ssh-ed25519 AAAA o'brien" }),
    );
    expect(execFileSync('ruby', ['-c', file], { encoding: 'utf8' })).to.include('Syntax OK');
  });

  it('passes vagrant’s own validation', function () {
    if (spawnSync('vagrant', ['--version']).error) this.skip();
    writeFileSync(join(folder, 'Vagrantfile'), rendered({ folder: '.', payload: new Map() }));
    const result = spawnSync('vagrant', ['validate', '--ignore-provider'], {
      cwd: folder,
      encoding: 'utf8',
      env: { ...process.env, VAGRANT_HOME: join(folder, 'home'), VAGRANT_CHECKPOINT_DISABLE: '1' },
    });
    expect(`${result.stdout}${result.stderr}`).to.include('validated successfully');
  });
});
