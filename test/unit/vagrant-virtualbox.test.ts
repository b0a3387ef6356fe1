import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { LabError } from '../../tasks/base/errors.ts';
import { findTool, type RunProgram, runProgram } from '../../tasks/base/exec.ts';
import { ROOT } from '../../tasks/base/paths.ts';
import type { EnvironmentContext } from '../../tasks/engines/engine.ts';
import { boxName, haveBox, mustBuildBox } from '../../tasks/engines/vagrant/box.ts';
import { VagrantEngine } from '../../tasks/engines/vagrant/engine.ts';
import { readBoxes } from '../../tasks/engines/vagrant/vagrant.ts';
import type { Box } from '../../tasks/engines/vagrant/vagrantfile.ts';
import { VirtualBoxDriver } from '../../tasks/engines/vagrant/virtualbox.ts';
import { loadTopology } from '../../tasks/topology/load.ts';
import { player } from './helpers/recorded.ts';

const { machines, ...topology } = await loadTopology('seven', ROOT);
const machine = (name: string) => {
  const found = machines.find((machine) => machine.name === name);
  if (!found) throw new Error(`no machine ${name}`);
  return found;
};

/** What a user reads of what is thrown. */
async function refusal(work: Promise<unknown>): Promise<string> {
  const error = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (error instanceof LabError) return error.render();
  throw error ?? new Error('nothing was thrown');
}

describe('vagrant-virtualbox, on what VBoxManage 7.2 printed', () => {
  /** The lab `lab`, whose db1 was imported from the box and has not run. */
  const driver = () => {
    const { run, asked } = player('virtualbox.txt');
    return { driver: new VirtualBoxDriver('lab', run), asked };
  };

  it('sees which machines there are, also beside those of other people', async () => {
    const states = await driver().driver.states();
    expect(Object.fromEntries(states)).to.deep.equal({ ha_lab_db1: 'off' });
  });

  it('gives a machine its memory and its cable before it starts it, and says what VirtualBox said when it does not', async () => {
    const { driver: virtualbox, asked } = driver();
    const shown = await refusal(virtualbox.start(machine('db1'), 384));
    expect(asked).to.deep.equal([
      'VBoxManage modifyvm ha_lab_db1 --memory 384',
      'VBoxManage modifyvm ha_lab_db1 --cableconnected2 on',
      'VBoxManage startvm ha_lab_db1 --type headless',
    ]);
    expect(shown)
      .to.include('`VBoxManage startvm` failed (exit code 1)')
      .and.include('has terminated unexpectedly');
  });

  it('faults of a machine that does not run are errors, a power button that nobody hears is none', async () => {
    const { driver: virtualbox } = driver();
    for (const fault of [
      virtualbox.powerOff(machine('db1')),
      virtualbox.freeze(machine('db1')),
      virtualbox.setCable(machine('db1'), false),
    ])
      expect(await refusal(fault)).to.include("Machine 'ha_lab_db1' is not currently running");
    await virtualbox.shutdown(machine('db1'));
    expect(await refusal(virtualbox.freeze(machine('web1')))).to.include(
      "Could not find a registered machine named 'ha_lab_web1'",
    );
  });

  it('takes a snapshot, goes back to it and removes it; one that is not there is no error', async () => {
    const { driver: virtualbox, asked } = driver();
    await virtualbox.deleteSnapshot(machine('db1'), 'before');
    await virtualbox.saveSnapshot(machine('db1'), 'before');
    await virtualbox.restoreSnapshot(machine('db1'), 'before', 'off');
    await virtualbox.deleteSnapshot(machine('db1'), 'before');
    expect(asked.filter((line) => !line.includes(' list '))).to.deep.equal(
      ['delete', 'take', 'restore', 'delete'].map((what) => `VBoxManage snapshot ha_lab_db1 ${what} before`),
    );
  });

  it('removes what is left of the lab and nothing else', async () => {
    const { driver: virtualbox, asked } = driver();
    await virtualbox.purge();
    expect(asked).to.deep.equal([
      'VBoxManage list --long vms',
      'VBoxManage unregistervm ha_lab_db1 --delete',
    ]);
  });

  it('is missing: says so, with the way out', async () => {
    const nothing: RunProgram = async () => ({
      ...{ code: undefined, stdout: '', stderr: '', missing: true, timedOut: false },
    });
    const shown = await refusal(new VirtualBoxDriver('lab', nothing).prepare());
    expect(shown).to.match(/^VBoxManage is not installed\.\nTo do: .*--engine uml/);
  });
});

describe('vagrant-virtualbox, on what vagrant printed', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'vagrant-'));
    mkdirSync(join(folder, 'engine'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  /** An engine of a lab with db1 alone, whose box is known. */
  function engine(file: string, box: Box) {
    const { run, asked } = player(file);
    const environment = {
      ...{ name: 'lab', folder, root: ROOT, topology: { ...topology, machines: [machine('db1')] } },
      ...{
        sshPublicKey: 'ssh-ed25519 AAAA lab',
        sshKeyFile: join(folder, 'id_ed25519'),
        powerSwitchKeyFile: '',
      },
    } as EnvironmentContext;
    return { engine: new VagrantEngine(environment, 'virtualbox', 'kvm', async () => box, run), asked };
  }
  const box = (name: string, url?: string): Box => ({
    libvirt: { name: 'none' },
    virtualbox: { name, ...(url ? { url } : {}) },
  });

  it('reads the list of boxes, of older and newer versions', () => {
    expect(readBoxes('debian/trixie64 (libvirt, 13.1)\nha-lab-0123 (virtualbox, 0)\n')).to.deep.equal([
      { name: 'debian/trixie64', provider: 'libvirt' },
      { name: 'ha-lab-0123', provider: 'virtualbox' },
    ]);
    expect(readBoxes('ha-lab-0123 (virtualbox, 0, (amd64))\r\n')).to.deep.equal([
      { name: 'ha-lab-0123', provider: 'virtualbox' },
    ]);
    expect(readBoxes('There are no installed boxes! Use `vagrant box add` to add some.\n')).to.deep.equal([]);
  });

  it('a box that was added by hand is as good as one in the cache; another provider’s is none', async () => {
    const { run } = player('vagrant-up-fails.txt');
    const host = (name: string) => ({ platform: 'darwin' as const, run, box: box(name) });
    expect(await haveBox('virtualbox', host('ha-lab-0123'))).to.equal(true);
    expect(
      await haveBox('libvirt', { ...host('x'), box: { ...box('x'), libvirt: { name: 'ha-lab-0123' } } }),
    ).to.equal(false);
    expect(
      await haveBox('virtualbox', { ...host('other'), box: box('other', 'file:///cache/virtualbox.box') }),
    ).to.equal(true);
  });

  it('a missing box is built on Linux; elsewhere it is said how one comes there', async () => {
    const { run } = player('vagrant-up-fails.txt');
    expect(await mustBuildBox('virtualbox', { platform: 'linux', run, box: box('other') })).to.equal(true);
    for (const platform of ['darwin', 'win32'] as const) {
      const shown = await refusal(mustBuildBox('virtualbox', { platform, run, box: box('other') }));
      expect(shown)
        .to.include('lab image build --box virtualbox')
        .and.include('lab image import')
        .and.include(`vagrant box add --name ${boxName('virtualbox')} virtualbox.box`);
    }
  });

  it('without a box nothing is begun: the advice names the box of this provider', async () => {
    const { engine: virtualbox, asked } = engine('vagrant-up-fails.txt', box('other'));
    expect(await refusal(virtualbox.prepare(() => undefined))).to.include('lab image build --box virtualbox');
    expect(asked).to.deep.equal(['vagrant box list --no-color --no-tty']);
  });

  it('a first start that VirtualBox refuses: what it says is shown, and no machine counts as made', async () => {
    const { engine: virtualbox, asked } = engine('vagrant-up-fails.txt', box('ha-lab-0123'));
    await virtualbox.prepare(() => undefined);
    const steps: string[] = [];
    const shown = await refusal(virtualbox.start(machine('db1'), (step) => steps.push(step)));
    expect(shown).to.match(/^`vagrant up` failed \(1\)\./);
    expect(shown)
      .to.include('has terminated unexpectedly')
      .and.match(/To do: .*lab up --engine uml/);
    expect(steps).to.include('Booting VM...');
    const state = JSON.parse(readFileSync(join(folder, 'engine/state.json'), 'utf8')) as {
      created: string[];
    };
    expect(state.created).to.deep.equal([]);
    expect(Object.fromEntries(await virtualbox.states())).to.deep.equal({ db1: 'off' });
    // What the linked clones of all labs share stays.
    await virtualbox.destroy();
    expect(asked.filter((line) => line.includes('unregistervm'))).to.deep.equal([]);
  });

  it('a Vagrant that does not know this VirtualBox: its reason is shown, and the lab can be removed all the same', async () => {
    const { engine: virtualbox, asked } = engine('vagrant-refuses.txt', box('ha-lab-0123'));
    await virtualbox.prepare(() => undefined);
    expect(await refusal(virtualbox.start(machine('db1'), () => undefined))).to.include(
      'not supported by this version of Vagrant',
    );
    await virtualbox.destroy();
    expect(asked.slice(-2)).to.deep.equal([
      'vagrant destroy --force --no-color --no-tty',
      'VBoxManage list --long vms',
    ]);
    expect(existsSync(join(folder, 'engine'))).to.equal(false);
  });
});

describe('programs of this computer', () => {
  let folder: string;
  const before = { PATH: process.env.PATH, VBOX_MSI_INSTALL_PATH: process.env.VBOX_MSI_INSTALL_PATH };
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'programs '));
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
    for (const [name, value] of Object.entries(before)) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
  });

  it('VBoxManage is found where its installer says that it is, without being in the PATH', () => {
    writeFileSync(join(folder, process.platform === 'win32' ? 'VBoxManage.exe' : 'VBoxManage'), '', {
      mode: 0o755,
    });
    process.env.PATH = '';
    delete process.env.VBOX_MSI_INSTALL_PATH;
    const usual = findTool('VBoxManage');
    process.env.VBOX_MSI_INSTALL_PATH = folder;
    expect(findTool('VBoxManage')).to.not.equal(usual);
    expect(findTool('VBoxManage')).to.include(folder);
  });

  it('run without a shell between: words with blanks and signs arrive as they are', async () => {
    const words = ['a b', '"quoted"', '$HOME', 'C:\\Program Files', '*', ''];
    const ended = await runProgram(process.execPath, [
      '-p',
      'JSON.stringify(process.argv.slice(1))',
      ...words,
    ]);
    expect(JSON.parse(ended.stdout)).to.deep.equal(words);
  });

  it('that are not there are missing, and never an exception', async () => {
    expect(await runProgram(join(folder, 'nothing'), [])).to.deep.equal({
      ...{ code: undefined, stdout: '', stderr: '', missing: true, timedOut: false },
    });
    expect(await runProgram(process.execPath, ['-e', 'process.exit(7)'])).to.include({
      code: 7,
      missing: false,
    });
  });
});
