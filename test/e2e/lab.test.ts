import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { ROOT } from '../../tasks/base/paths.ts';
import type { LoadRun } from '../../tasks/measure/load/model.ts';
import { always } from './budget/parts.ts';
import { dataTests } from './data-tests.ts';
import { drillTests } from './drill-tests.ts';
import { exposureTests } from './exposure-tests.ts';
import { faultTests } from './fault-tests.ts';
import { restTests } from './rest-tests.ts';
import { lab } from './run.ts';
import { sampleDuring } from './sampler.ts';
import { sharedLab } from './shared.ts';
import { studioTests } from './studio-tests.ts';

const NAME = 'e2e';
const { on, upJson, status, problems, holder } = sharedLab(NAME);
const MACHINES = ['client', 'lb1', 'lb2', 'web1', 'web2', 'db1', 'db2'];

/** Processes of the host whose command line names this lab's folder. */
function processesOf(name: string): string[] {
  const folder = join(ROOT, '.lab', name);
  return readdirSync('/proc').flatMap((pid) => {
    if (!/^\d+$/.test(pid) || Number(pid) === process.pid) return [];
    try {
      const line = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
      return line.includes(`${folder}/`) ? [line.slice(0, 120)] : [];
    } catch {
      return [];
    }
  });
}

/**
 * In the order of what they protect. One lab is shared: each test leaves it as it found it, complete and with every service, so
 * that any of them but the first can be left out; what destroys it is the last.
 */
describe('a lab of seven machines', () => {
  before(async () => {
    await lab(['destroy', '--name', NAME, '--yes']);
    // Not part of the first test, whose time says how fast the computer is.
    const built = await lab(['image', 'build', '--yes'], { show: true });
    expect(built.code, built.output).to.equal(0);
  });

  after(async () => {
    await lab(['destroy', '--name', NAME, '--yes']);
  });

  always(
    it('comes up with one command and serves the page through the floating address', async () => {
      const result = await lab(['up', '--name', NAME, '--yes', '--engine', 'uml', '--app', 'sample'], {
        show: true,
      });
      expect(result.code, result.output).to.equal(0);
      expect(result.stdout).to.contain(`https://10.0.2.10/`);
      console.log(`      up in ${result.seconds.toFixed(1)} s`);
    }),
  );

  it('is seven machines that answer, each under its own name and address', async () => {
    const names = await Promise.all(
      MACHINES.map(async (machine) => (await on(machine, 'hostname; hostname -I')).stdout.split('\n')),
    );
    expect(names.map((lines) => lines[0])).to.deep.equal(MACHINES);
    expect(names[3]?.[1]).to.contain('10.0.2.21');
  });

  it('is healthy by its own word, with one holder of the front address', async () => {
    expect(await problems()).to.deep.equal([]);
    expect((await status()).healthy).to.equal(true);
    expect(['lb1', 'lb2']).to.include(await holder());
  });

  it('balances over both web machines', async () => {
    const sample = await sampleDuring(NAME, async () => undefined, 4);
    expect(Object.keys(sample.served_by).sort()).to.deep.equal(['web1', 'web2']);
    expect(sample.failed).to.equal(0);
  });

  it('changes nothing the second time', async () => {
    const result = await upJson();
    expect(result.machines.flatMap((machine) => machine.applied)).to.deep.equal([]);
    expect(result.machines.some((machine) => machine.started)).to.equal(false);
  });

  restTests(NAME);

  dataTests(NAME);

  drillTests(NAME);

  faultTests(NAME);

  studioTests(NAME);

  exposureTests(NAME);

  it('lets the visitor in at the front door only', async () => {
    expect((await on('client', 'curl -s -m 3 -o /dev/null http://web1/')).code).to.not.equal(0);
    expect((await on('lb1', 'curl -s -m 3 -o /dev/null http://web1/')).code).to.equal(0);
    const redirect = await on(
      'client',
      "curl -s -o /dev/null -w '%{http_code} %{redirect_url}' http://lab.test/",
    );
    expect(redirect.stdout).to.match(/^30[1278] https:\/\/lab\.test\//);
  });

  it('shuts down in order and comes back', async () => {
    expect((await lab(['halt', '--name', NAME])).code).to.equal(0);
    expect((await status()).machines.every((machine) => machine.power === 'off')).to.equal(true);
    await upJson();
    expect(await problems()).to.deep.equal([]);
  });

  it('applies every role again without changing anything', async () => {
    for (const machine of ['lb1', 'web1']) {
      const role = machine.slice(0, -1);
      const result = await on(machine, `bash /var/lib/lab/payload/apply.sh ${role}`);
      expect(result.stdout.trim().split('\n'), result.output).to.deep.equal(['result: unchanged']);
      expect((await on(machine, `rm /var/lib/lab/applied/${role}`)).code).to.equal(1);
    }
    // Applied without a digest, so the next `up` applies them once more and notes it.
    const again = await upJson();
    expect(again.machines.flatMap((machine) => machine.applied)).to.deep.include({ role: 'lb', changes: 0 });
  });

  it('repairs a service that was stopped', async () => {
    await on('web1', 'systemctl stop apache2');
    expect((await status()).healthy).to.equal(false);
    const result = await upJson();
    expect(result.machines.find((machine) => machine.machine === 'web1')?.applied).to.have.length(1);
    expect(await problems()).to.deep.equal([]);
  });

  it('sustains a small load, and tells how busy each machine was', async () => {
    const load = await lab([
      'load',
      '--name',
      NAME,
      '--rate',
      '4',
      '--for',
      '5s',
      '--kind',
      'mixed',
      '--json',
    ]);
    const { runs } = JSON.parse(load.stdout) as { runs: LoadRun[] };
    const streams = runs[0]?.generated.streams ?? [];
    expect(streams.map(({ name, failed }) => `${name} ${failed}`)).to.deep.equal(['page 0', 'upload 0']);
    for (const { latency } of streams) expect(latency?.p99).to.be.above(0);
    expect(runs[0]?.machines.map(({ machine }) => machine)).to.deep.equal(MACHINES);
    // Of about 20 that were sent; those on their way when HAProxy is asked are not counted.
    expect(runs[0]?.servers.reduce((sum, { requests }) => sum + requests, 0)).to.be.at.least(10);
    // What was uploaded is gone again.
    expect((await on('web1', 'ls /srv/shared | grep -c ^load- || true')).stdout.trim()).to.equal('0');
  });

  it('returns to a snapshot', async () => {
    await on('web1', 'echo before > /root/state');
    expect((await lab(['snapshot', 'save', '--name', NAME, 'first'])).code).to.equal(0);
    await on('web1', 'echo after > /root/state; sync');
    expect((await lab(['snapshot', 'restore', '--name', NAME, 'first'])).code).to.equal(0);
    await upJson();
    expect((await on('web1', 'cat /root/state')).stdout.trim()).to.equal('before');
    expect((await lab(['snapshot', 'list', '--name', NAME])).stdout).to.contain('first');
    expect((await lab(['snapshot', 'delete', '--name', NAME, 'first'])).code).to.equal(0);
  });

  it('lives beside a second lab with the same addresses; a killed `up` continues', async () => {
    const second = ['--name', 'e2e-second'];
    const topology = join(ROOT, 'test', 'e2e', 'topologies', 'pair.yaml');
    const upSecond = ['up', ...second, '--yes', '--engine', 'uml', '--app', 'sample', '--topology', topology];
    try {
      const killed = await lab(upSecond, { killWhen: /Engine|Moteur/ });
      expect(killed.code).to.equal(137);
      const again = await lab(['up', ...second, '--yes']);
      expect(again.code, again.output).to.equal(0);
      const here = await on('web1', 'cat /etc/machine-id');
      const there = await sharedLab('e2e-second').on('web1', 'cat /etc/machine-id');
      expect(there.stdout).to.have.length(33).and.not.equal(here.stdout);
    } finally {
      await lab(['destroy', ...second, '--yes']);
    }
    expect(processesOf('e2e-second')).to.deep.equal([]);
    expect(await problems()).to.deep.equal([]);
  });

  it('installs a package with apt where there is no network', async () => {
    const result = await on(
      'db1',
      'apt-get -y purge haproxy >/dev/null && apt-get -y install haproxy && haproxy -v',
    );
    expect(result.code, result.output).to.equal(0);
    expect(result.stdout).to.contain('HAProxy version');
    await on('db1', 'systemctl disable --now haproxy');
  });

  it('is reached with plain ssh and the generated configuration', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'lab-e2e-'));
    writeFileSync(join(folder, 'config'), (await lab(['ssh-config', '--name', NAME])).stdout);
    const output = execFileSync('ssh', ['-F', join(folder, 'config'), 'db2', 'hostname'], {
      encoding: 'utf8',
    });
    expect(output.trim()).to.equal('db2');
  });

  it('leaves nothing behind when it is destroyed', async () => {
    expect((await lab(['destroy', '--name', NAME, '--yes'])).code).to.equal(0);
    expect(processesOf(NAME)).to.deep.equal([]);
    expect(readdirSync(join(ROOT, '.lab'))).to.not.include(NAME);
    expect(spawnSync('ip', ['-brief', 'address'], { encoding: 'utf8' }).stdout).to.not.contain('10.0.2.');
  });
});
