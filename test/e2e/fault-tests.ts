import { expect } from 'chai';
import { poll } from '../../tasks/base/poll.ts';
import { INSIDE } from '../../tasks/engines/engine.ts';
import { openEngine } from '../../tasks/environment/open-engine.ts';
import { existingEnvironment } from '../../tasks/environment/record.ts';
import { networkProblems } from '../../tasks/inspect/network.ts';
import type { EnvironmentStatus } from '../../tasks/inspect/status.ts';
import { machineNamed } from '../../tasks/topology/model.ts';
import { lab } from './run.ts';
import { sampleDuring, sampleOrLost } from './sampler.ts';
import { sharedLab } from './shared.ts';

/** How often a switch is cut at most until no request fails. */
const TRIES = 3;

/** Tests of what the front, a web machine and a disk survive, on a complete lab that runs; they leave it complete. */
export function faultTests(name: string): void {
  const { on, up, upJson, status, problems, holder } = sharedLab(name);

  it('answers again when the load balancer that holds the address loses its power', async () => {
    const victim = await holder();
    const sample = await sampleDuring(name, () => lab(['halt', '--name', name, '--force', victim]));
    console.log(`      ${victim} without power: ${sample.failed} failed, no answer for ${sample.silence} s`);
    // Without this the test would also pass if the machine had kept its power. Between two requests there is silence too.
    expect(sample.silence, 'the fault was felt').to.be.greaterThan(Math.max(0.3, 1.5 * sample.interval));
    expect(
      sample.outages.every((outage) => outage.end !== null),
      'served again',
    ).to.equal(true);
    expect(await holder()).to.not.equal(victim);
    expect((await upJson()).machines.find((machine) => machine.machine === victim)?.started).to.equal(true);
    expect(await problems()).to.deep.equal([]);
  });

  it('goes on serving when a web machine loses its power', async () => {
    const sample = await sampleDuring(name, () => lab(['halt', '--name', name, '--force', 'web1']), 30);
    console.log(`      web1 without power: ${sample.failed} failed, no answer for ${sample.silence} s`);
    expect(sample.outages.every((outage) => outage.end !== null)).to.equal(true);
    expect(sample.served_by.web2).to.be.greaterThan(sample.served_by.web1 ?? 0);
    await upJson();
  });

  it('moves the address when a cable is cut, and takes the machine back', async () => {
    const found = await existingEnvironment(name);
    const engine = await openEngine(found);
    const victim = await holder();
    await engine.cutCable(machineNamed(found.topology, victim));
    const sample = await sampleDuring(name, async () => undefined, 5);
    expect(Object.keys(sample.served_by), 'somebody else serves').to.not.have.length(0);
    expect(await holder()).to.not.equal(victim);
    await engine.restoreCable(machineNamed(found.topology, victim));
    await upJson();
    expect(await problems()).to.deep.equal([]);
  });

  it('goes on with either switch, and without the cable between them: no request fails, no address moves', async () => {
    const found = await existingEnvironment(name);
    const engine = await openEngine(found);
    const byAddress = ({ floating }: EnvironmentStatus) =>
      floating.map(({ address, holders }) => [address, ...holders]);
    const before = byAddress(await status());
    /** Who holds what, once every address has a holder: a machine that is slow to answer has none for as long. One status alone may take half a minute. */
    const stillHeld = async (what: string) => {
      const last = await poll(status, ({ floating }) => floating.every(({ holders }) => holders.length > 0), {
        every: 1,
        seconds: 120,
      });
      const without = last.floating.filter(({ holders }) => holders.length === 0);
      if (without.length > 0)
        console.log(
          `      ${what}: nobody holds ${without.map((one) => one.address).join(', ')}: ${JSON.stringify(last)}`,
        );
      return byAddress(last);
    };
    const cuts = {
      'switch a': (on: boolean) => engine.setSwitch?.('a', on),
      'switch b': (on: boolean) => engine.setSwitch?.('b', on),
      link: (on: boolean) => engine.setLink?.(on),
    };
    for (const [what, cut] of Object.entries(cuts)) {
      // A computer that stands still for a moment loses requests, too, but not each time.
      for (let left = TRIES - 1; left >= 0; left -= 1) {
        const sample = await sampleOrLost(name, async () => cut(false), 6);
        if (sample) console.log(`      ${what}: ${sample.failed} failed, no answer for ${sample.silence} s`);
        // The engine says so, or nothing was cut at all.
        expect(
          networkProblems((await engine.networkState?.()) ?? { off: [], linkCut: false, cut: [] }),
        ).to.have.length(1);
        expect(await stillHeld(what), what).to.deep.equal(before);
        await cut(true);
        // Each machine goes back to its first card a second after it has its carrier again.
        await new Promise((resolve) => setTimeout(resolve, 2500));
        if (sample?.failed === 0) break;
        expect(
          left,
          sample
            ? `${what}: ${sample.failed} requests failed, each time`
            : `${what}: nothing could be measured`,
        ).to.be.greaterThan(0);
      }
    }
    expect(await problems()).to.deep.equal([]);
  });

  it('has a power switch that knows both storage machines, and does nothing for others', async () => {
    const { host } = (await existingEnvironment(name)).topology.network;
    const ask = (action: string, plug: string) =>
      on('db1', `fence_lab_power -a ${host} -u ${INSIDE.uml.powerSwitch} -o ${action} -n ${plug}`);
    for (const [machine, other] of [
      ['db1', 'db2'],
      ['db2', 'db1'],
    ] as const) {
      expect((await ask('status', machine)).code, machine).to.equal(0);
      // Each must have the other one's: that is the one it may lose.
      const devices = (await on(machine, 'stonith_admin --list-registered')).stdout.split(/\s+/);
      expect(devices, machine).to.include(`power-switch-${other}`);
    }
    const refused = await ask('off', 'web1');
    expect(refused.code).to.equal(1);
    expect(refused.output).to.match(/says refused/);
    expect((await on('web1', 'true')).code).to.equal(0);
  });

  it('mends a part of the storage that ended behind the back of the cluster', async () => {
    const storage = (await status()).floating.find((floating) => floating.name === 'storage');
    const [serving = ''] = storage?.holders ?? [];
    const put = (file: string) => on('web1', `runuser -u www-data -- sh -c 'echo x >/srv/shared/${file}'`);
    await on(serving, 'systemctl stop nfs-server');
    // Pacemaker's own look comes after minutes: who sees it sooner is storage-watch. A write waits meanwhile, it does not fail.
    const begun = Date.now();
    expect((await put('mended')).code).to.equal(0);
    const seconds = (Date.now() - begun) / 1000;
    console.log(`      NFS server stopped on ${serving}: a write waited for ${seconds.toFixed(1)} s`);
    expect(seconds).to.be.below(120);
    await on('web1', 'rm -f /srv/shared/mended');
    expect(
      (await on(serving, 'journalctl -u storage-watch -o cat | grep -c "reported as failed"')).stdout,
    ).to.match(/^[1-9]/);
    await upJson();
  });

  it('moves the storage when Pacemaker is stopped on the machine that serves it, and resets nobody', async () => {
    const storage = async () =>
      (await status()).floating.find((floating) => floating.name === 'storage')?.holders ?? [];
    const boots = () =>
      Promise.all(
        ['db1', 'db2'].map(
          async (machine) => (await on(machine, 'cat /proc/sys/kernel/random/boot_id')).stdout,
        ),
      );
    const before = await boots();
    const [serving = ''] = await storage();
    // It waits until Pacemaker has let go of everything here; the other machine may still be taking over.
    expect((await on(serving, 'systemctl stop pacemaker')).code).to.equal(0);
    const other = ['db1', 'db2'].filter((machine) => machine !== serving);
    expect(
      await poll(storage, (holders) => holders.join() === other.join(), { every: 1, seconds: 60 }),
    ).to.deep.equal(other);
    // systemd's own stop of the server comes after Pacemaker's.
    const ended =
      'timeout 20 sh -c \'until [ "$(systemctl is-active nfs-server)" = inactive ]; do sleep 0.2; done\'';
    expect((await on(serving, ended)).code).to.equal(0);
    await upJson();
    expect(await boots()).to.deep.equal(before);
    expect(await problems()).to.deep.equal([]);
  });

  it('restarts a machine that reboots itself', async () => {
    const boot = (await on('web2', 'cat /proc/sys/kernel/random/boot_id')).stdout;
    await on('web2', 'systemctl --no-block reboot');
    let now = boot;
    for (let tries = 0; tries < 60 && (now === boot || now === ''); tries += 1) {
      await new Promise((resolve) => setTimeout(resolve, 1000));
      now = (await on('web2', 'cat /proc/sys/kernel/random/boot_id')).stdout;
    }
    expect(now).to.not.equal(boot);
    expect(now).to.not.equal('');
    await upJson();
  });

  it('freezes and thaws a machine', async () => {
    const found = await existingEnvironment(name);
    const engine = await openEngine(found);
    const web2 = machineNamed(found.topology, 'web2');
    await engine.freeze(web2);
    expect((await status()).machines.find((machine) => machine.name === 'web2')?.power).to.equal('frozen');
    await engine.thaw(web2);
    expect((await on('web2', 'echo awake')).stdout).to.contain('awake');
    await upJson();
  });

  it('says in one sentence that the disk of a machine is full, and continues afterwards', async () => {
    const found = await existingEnvironment(name);
    const engine = await openEngine(found);
    const web1 = machineNamed(found.topology, 'web1');
    await on('web1', 'rm -rf /var/lib/lab/applied/web /srv/www/sample; sync');
    await engine.limitDisk(web1, 0);
    const full = await up();
    expect(full.code).to.equal(1);
    expect(full.output).to.match(/The disk of web1 is full\./);
    await engine.limitDisk(web1, undefined);
    expect((await up()).code).to.equal(0);
  });
}
