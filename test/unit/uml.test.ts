import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { LabError } from '../../tasks/base/errors.ts';
import {
  childrenOf,
  processTree,
  refOf,
  resumeTree,
  signalTree,
  stateOf,
  waitGone,
} from '../../tasks/base/process.ts';
import { cardsOf } from '../../tasks/engines/uml/cards.ts';
import { commandLine, machineId } from '../../tasks/engines/uml/command-line.ts';
import { SnapshotStore } from '../../tasks/engines/uml/snapshots.ts';
import { allowedCpus } from '../../tasks/host/processors.ts';
import { loadTopology } from '../../tasks/topology/load.ts';
import type { Machine, Topology } from '../../tasks/topology/model.ts';
import { onLinux } from './helpers/only.ts';

const root = join(import.meta.dirname, '../..');
const KEY = `ssh-ed25519 ${'A'.repeat(68)} lab-unit`;
/** COMMAND_LINE_SIZE of the kernel for User Mode Linux, with the final zero. */
const KERNEL_LIMIT = 4096;

describe('command line of a User Mode Linux machine', () => {
  let topology: Topology;
  let seven: Topology;
  before(async () => {
    topology = await loadTopology('spread', root);
    seven = await loadTopology('seven', root);
  });
  const line = (machine: Machine, prefix = '/lab', memory = machine.memory, of = topology) =>
    commandLine(
      'unit',
      machine,
      of,
      {
        kernel: `${prefix}/linux`,
        base: `${prefix}/base.ext4`,
        cow: `${prefix}/${machine.name}.cow`,
        disk: machine.disk ? `${prefix}/${machine.name}.disk` : undefined,
      },
      cardsOf(machine, of),
      { memory, link: { check: 100, back: 1000 }, sshPublicKey: KEY },
    );
  /** Value of a parameter; undefined when it is absent. */
  const value = (words: string[], name: string) =>
    words.find((word) => word.startsWith(`${name}=`))?.slice(name.length + 1);

  it('fits the kernel’s limit with room for long paths, and no word has a space that would split it', () => {
    const prefix = `/home/${'long/'.repeat(80)}`;
    for (const of of [topology, seven])
      for (const machine of of.machines) {
        const words = line(machine, prefix, machine.memory, of);
        expect(words.join(' ').length, machine.name).to.be.below(KERNEL_LIMIT);
        expect(
          words.filter((word) => /\s/.test(word)),
          machine.name,
        ).to.deep.equal([]);
      }
  });

  it('leaves a machine nothing of the computer’s files to mount', () => {
    for (const machine of topology.machines) {
      const root = value(line(machine), 'hostfs') ?? '/';
      // What is mounted is looked up below it, also through `..`: a path through a file leads nowhere.
      expect(statSync(root).isDirectory(), machine.name).to.equal(false);
    }
  });

  it('gives each machine its name, address, hardware address and memory', () => {
    const { host, netmask } = topology.network;
    for (const machine of topology.machines) {
      const words = line(machine);
      expect(value(words, 'systemd.hostname')).to.equal(machine.name);
      expect(value(words, 'umid')).to.equal(machine.name);
      expect(value(words, 'ip')).to.equal(`${machine.address}::${host}:${netmask}:${machine.name}:vec0:none`);
      expect(words.find((word) => word.startsWith('vec0:')))
        .to.include(`ifname=${cardsOf(machine, topology)[0]?.tap},`)
        .and.include(machine.mac);
      expect(value(words, 'mem')).to.equal(`${machine.memory}M`);
    }
  });

  it('takes another memory limit', () => {
    expect(topology.machines[0] && value(line(topology.machines[0], '/lab', 99), 'mem')).to.equal('99M');
  });

  it('has a second disk exactly where the topology gives one', () => {
    const withDisk = topology.machines.filter((machine) => value(line(machine), 'ubd1'));
    expect(withDisk.map(({ name }) => name)).to.deep.equal(
      topology.machines.filter(({ disk }) => disk).map(({ name }) => name),
    );
    expect(withDisk).to.not.have.length(0);
  });

  it('writes to the machine’s own file over the shared image, and never reboots in place', () => {
    const [machine] = topology.machines;
    if (!machine) throw new Error('no machine');
    const words = line(machine);
    expect(value(words, 'ubd0')).to.equal(`/lab/${machine.name}.cow,/lab/base.ext4`);
    expect(words[0]).to.equal('/lab/linux');
    expect(words).to.include('noreboot');
  });

  it('lets the lab’s key in as root: one line, as authorized_keys has it', () => {
    const [machine] = topology.machines;
    if (!machine) throw new Error('no machine');
    const credential = value(line(machine), 'systemd.set_credential_binary') ?? '';
    const [name, text = ''] = credential.split(':');
    expect(name).to.equal('ssh.authorized_keys.root');
    expect(Buffer.from(text, 'base64').toString()).to.equal(`${KEY}\n`);
  });

  it('machine ids: always the same, different for every machine and lab', () => {
    const ids = ['a/x', 'a/y', 'b/x'].map((name) =>
      machineId(...(name.split('/') as [string, string]), 'ssh-ed25519 A'),
    );
    expect(new Set(ids).size).to.equal(3);
    expect(ids[0])
      .to.match(/^[0-9a-f]{32}$/)
      .and.equal(machineId('a', 'x', 'ssh-ed25519 A'));
  });

  it('names of cables fit an interface’s name', () => {
    const names = topology.machines.flatMap((machine) => cardsOf(machine, topology).map(({ tap }) => tap));
    expect(new Set(names).size).to.equal(topology.machines.length);
    for (const name of names) expect(name).to.match(/^tap[0-9a-f]{8}$/);
    // A machine keeps its cable when others come and go.
    const [, second] = topology.machines;
    expect(second && cardsOf({ ...second }, topology)[0]?.tap).to.equal(names[1]);
  });

  it('two switches: a card on each, both in a bond that has the address; one: not a word of it', () => {
    const { host, netmask } = seven.network;
    const taps = seven.machines.flatMap((machine) => cardsOf(machine, seven).map(({ tap }) => tap));
    const macs = seven.machines.flatMap((machine) => cardsOf(machine, seven).map(({ mac }) => mac));
    expect([new Set(taps).size, new Set(macs).size]).to.deep.equal([14, 14]);
    for (const tap of taps) expect(tap.length).to.be.below(16);
    for (const machine of seven.machines) {
      const words = line(machine, '/lab', machine.memory, seven);
      const address = `${machine.address}::${host}:${netmask}:${machine.name}:bond0:none`;
      expect(value(words, 'ip')).to.equal(address);
      expect(value(words, 'bonding.miimon')).to.equal('100');
      for (const { nic, tap, mac } of cardsOf(machine, seven))
        expect(words.find((word) => word.startsWith(`${nic}:`)))
          .to.include(`ifname=${tap},`)
          .and.include(`mac=${mac}`);
      const credential = words.find((word) => word.includes('systemd.extra-unit.bond.service:')) ?? '';
      const unit = Buffer.from(credential.split(':')[1] ?? '', 'base64').toString();
      expect(unit.match(/^ExecStart=.*$/gm)).to.deep.equal([
        'ExecStart=ip link set vec0 master bond0',
        'ExecStart=ip link set vec1 master bond0',
      ]);
    }
    for (const machine of topology.machines)
      expect(line(machine).filter((word) => /bond|vec1/.test(word))).to.deep.equal([]);
  });
});

describe('processors', () => {
  const cases: [string, number[]][] = [
    ['0', [0]],
    ['0-3', [0, 1, 2, 3]],
    ['0-1,4,6-7', [0, 1, 4, 6, 7]],
    ['10-11', [10, 11]],
  ];
  for (const [list, cpus] of cases)
    it(`reads ${list}`, () => {
      expect(allowedCpus(`Cpus_allowed:\tff\nCpus_allowed_list:\t${list}\nMems_allowed:\t1\n`)).to.deep.equal(
        cpus,
      );
    });

  it('takes the first where the list is missing', () => {
    expect(allowedCpus('Name:\tx\n')).to.deep.equal([0]);
  });
});

onLinux('/proc').describe('processes', () => {
  let child: ChildProcess;
  const pid = () => child.pid ?? 0;
  const started = () => refOf(pid())?.started ?? '';
  beforeEach(() => {
    // A name with a space and a parenthesis, which /proc shows as it is.
    child = spawn('bash', ['-c', 'printf "a) S 1" >/proc/self/comm; setsid sleep 5 & wait'], {
      detached: true,
      stdio: 'ignore',
    });
  });
  afterEach(() => {
    signalTree(processTree(self()), 'SIGKILL');
  });

  it('a live process runs; its number with another start time is gone', () => {
    const ref = refOf(pid());
    expect(ref?.started).to.match(/^\d+$/);
    expect(stateOf({ pid: pid(), started: started() })).to.equal('running');
    expect(stateOf({ pid: pid(), started: '1' })).to.equal('gone');
  });

  it('a number that no process has is gone, and there is no reference to it', () => {
    const none = 2 ** 22 + 1;
    expect([refOf(none), stateOf({ pid: none, started: '1' }), childrenOf(none)]).to.deep.equal([
      undefined,
      'gone',
      [],
    ]);
  });

  /** Waits until a condition holds, a second at most; says whether it does. */
  const soon = async (condition: () => boolean): Promise<boolean> => {
    for (let tries = 0; tries < 200 && !condition(); tries += 1)
      await new Promise((resolve) => setTimeout(resolve, 5));
    return condition();
  };
  /** The process with its child, which is in a session of its own as a User Mode Linux kernel is. */
  const tree = async () => {
    await soon(() => childrenOf(pid()).some((value) => processTree(self()).groups.includes(value)));
    return processTree(self());
  };
  const self = () => ({ pid: pid(), started: started() });

  it('the tree of a process holds what it started, also in another session, and nothing else', async () => {
    const { members, groups } = await tree();
    expect(members.map((member) => member.pid)).to.deep.equal([pid(), ...childrenOf(pid())]);
    expect(groups[0]).to.equal(pid());
    expect(groups).to.have.length(2);
    expect(groups).to.not.include(process.pid);
  });

  it('a process that only has the number has no tree', () => {
    expect(processTree({ pid: pid(), started: '1' })).to.deep.equal({ members: [], groups: [] });
  });

  it('all of a tree are stopped and continued', async () => {
    const all = await tree();
    const are = (state: string) => all.members.every((member) => stateOf(member) === state);
    signalTree(all, 'SIGSTOP');
    expect(await soon(() => are('stopped'))).to.equal(true);
    signalTree(all, 'SIGCONT');
    expect(await soon(() => are('running'))).to.equal(true);
  });

  it('one of a tree that stops itself again while it is woken goes on too', async () => {
    const all = await tree();
    signalTree(all, 'SIGSTOP');
    const woken = resumeTree(all);
    setTimeout(() => process.kill(pid(), 'SIGSTOP'), 60);
    await woken;
    expect(all.members.map((member) => stateOf(member))).to.not.include('stopped');
  });

  it('waits until the last of a tree is gone, and says when it is not', async () => {
    const all = await tree();
    expect(await waitGone(all, 0.05)).to.equal(false);
    process.kill(pid(), 'SIGKILL');
    expect(await waitGone(all, 0.05)).to.equal(false);
    signalTree(all, 'SIGKILL');
    expect(await waitGone(all, 2)).to.equal(true);
    expect(() => signalTree(all, 'SIGKILL')).to.not.throw();
  });
});

onLinux('User Mode Linux').describe('snapshots of uml disks', () => {
  let folder = '';
  let store: SnapshotStore;
  const disk = (name: string) => join(folder, 'disks', name);
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'snapshots-'));
    mkdirSync(join(folder, 'disks'));
    writeFileSync(disk('web1.cow'), 'one');
    store = new SnapshotStore(join(folder, 'snapshots'), join(folder, 'disks'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));
  const silent = () => undefined;

  it('puts the disks back as they were: changed, removed and new ones', async () => {
    writeFileSync(disk('web2.cow'), 'two');
    await store.save('a', ['web1'], silent);
    writeFileSync(disk('web1.cow'), 'changed');
    rmSync(disk('web2.cow'));
    writeFileSync(disk('later.cow'), '');
    expect(await store.running('a')).to.deep.equal(['web1']);
    await store.restore('a', silent);
    expect(readdirSync(join(folder, 'disks')).sort()).to.deep.equal(['web1.cow', 'web2.cow']);
    expect(readFileSync(disk('web1.cow'), 'utf8')).to.equal('one');
  });

  it('can be restored more than once, and saved again under the same name', async () => {
    await store.save('a', ['web1'], silent);
    writeFileSync(disk('web1.cow'), 'changed');
    await store.restore('a', silent);
    await store.restore('a', silent);
    expect(readFileSync(disk('web1.cow'), 'utf8')).to.equal('one');
    writeFileSync(disk('web1.cow'), 'later');
    await store.save('a', [], silent);
    await store.restore('a', silent);
    expect([readFileSync(disk('web1.cow'), 'utf8'), await store.running('a')]).to.deep.equal(['later', []]);
  });

  it('lists in the order they were taken, without memory, and without one that was interrupted', async () => {
    expect(await store.list()).to.deep.equal([]);
    await store.save('z', [], silent);
    await new Promise((resolve) => setTimeout(resolve, 5));
    await store.save('a', [], silent);
    mkdirSync(join(folder, 'snapshots', 'half.part'));
    const all = await store.list();
    expect(all.map(({ name, memory }) => [name, memory])).to.deep.equal([
      ['z', false],
      ['a', false],
    ]);
  });

  it('one that does not exist is a user’s mistake, and leaves the disks alone', async () => {
    for (const work of [store.restore('no', silent), store.delete('no'), store.running('no')]) {
      const error = await work.catch((thrown: unknown) => thrown);
      expect(error).to.be.instanceOf(LabError);
    }
    expect(readFileSync(disk('web1.cow'), 'utf8')).to.equal('one');
  });

  it('is gone once deleted', async () => {
    await store.save('a', [], silent);
    await store.delete('a');
    expect(await store.list()).to.deep.equal([]);
  });
});
