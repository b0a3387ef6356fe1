import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { environmentFolder, ownTopologyFile, ROOT } from '../../tasks/base/paths.ts';
import type { EnvironmentStatus } from '../../tasks/inspect/status.ts';
import type { EnvironmentTimers } from '../../tasks/roles/timers.ts';
import { needed } from './budget/parts.ts';
import { lab } from './run.ts';
import type { Sample } from './sampler.ts';

const NAME = 'e2e-scale';
const TOPOLOGY = join(ROOT, 'test', 'e2e', 'topologies', 'scale.yaml');
const UPLOADS = readFileSync(join(import.meta.dirname, 'uploads.py')).toString('base64');

interface Uploads {
  requests: number;
  failed: number;
  errors: Record<string, number>;
  lost: number;
  served_by: Record<string, number>;
}

const run = (...args: string[]) => lab([args[0] ?? '', '--name', NAME, ...args.slice(1)]);
const on = (machine: string, command: string) => run('ssh', machine, '--', command);

async function done(...args: string[]): Promise<string> {
  const result = await run(...args);
  expect(result.code, result.output).to.equal(0);
  return result.stdout;
}

const status = async (): Promise<EnvironmentStatus & { healthy: boolean; timers: EnvironmentTimers }> =>
  JSON.parse((await run('status', '--json')).stdout);

const up = async (): Promise<{ machines: { started: boolean; applied: unknown[] }[] }> =>
  JSON.parse(await done('up', '--yes', '--json'));

/** The names of the servers that a load balancer holds for healthy. */
async function serving(): Promise<string[]> {
  const { stdout } = await on('lb1', 'echo show stat | socat stdio /run/haproxy/admin.sock');
  return [...stdout.matchAll(/^web,(web\d+),.*,UP,/gm)].map(([, name = '']) => name);
}

/** The same once it is what is expected, or after 15 s: right after a snapshot is restored a check that was on its way has failed. */
async function servingSoon(expected: string[]): Promise<string[]> {
  const until = Date.now() + 15_000;
  for (;;) {
    const found = await serving();
    if (found.join() === expected.join() || Date.now() > until) return found;
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
}

/** Pages every 50 ms and uploads every 100 ms from the client, while `work` happens. */
async function underLoad(
  seconds: number,
  work: () => Promise<unknown>,
): Promise<{ pages: Sample; files: Uploads }> {
  const { logins } = JSON.parse(await done('creds', '--json')) as {
    logins: { id: string; password: string }[];
  };
  const password = logins.find((login) => login.id === 'application')?.password ?? '';
  const pages = on('client', `lab-sample https://lab.test/ --seconds ${seconds}`);
  const files = on(
    'client',
    `echo ${UPLOADS} | base64 -d > /tmp/uploads.py; echo ${password} | python3 /tmp/uploads.py https://lab.test/ student ${seconds} 0.1`,
  );
  await new Promise((resolve) => setTimeout(resolve, 2000));
  await work();
  const results = await Promise.all([pages, files]);
  for (const result of results) expect(result.code, result.output).to.equal(0);
  return { pages: JSON.parse(results[0].stdout), files: JSON.parse(results[1].stdout) };
}

describe('scaling the web machines', () => {
  before(() => run('destroy', '--yes'));
  after(() => run('destroy', '--yes'));

  needed(
    it('begins with a lab of four machines', async () => {
      await done('up', '--yes', '--engine', 'uml', '--app', 'sample', '--topology', TOPOLOGY);
    }),
  );

  it('one more and one less while a client reads and writes: no request fails', async () => {
    const times: Record<string, number> = {};
    let both: string[] = [];
    // Machines take as long to come as the computer is slow (79 s with the slow timers, 12 with the fast ones).
    const seconds = Math.ceil(45 * (1 + 0.4 * ((await status()).timers.factor - 1)));
    const { pages, files } = await underLoad(seconds, async () => {
      const more = await run('scale', 'web=2');
      expect(more.code, more.output).to.equal(0);
      both = await serving();
      await new Promise((resolve) => setTimeout(resolve, 3000));
      const less = await run('scale', 'web=1', '--yes');
      expect(less.code, less.output).to.equal(0);
      Object.assign(times, { more: more.seconds, less: less.seconds });
    });
    console.log(
      `      up to 2 in ${times.more} s, back in ${times.less} s; pages ${pages.requests} (${pages.failed} failed), uploads ${files.requests} (${files.failed} failed)`,
    );
    expect(both).to.deep.equal(['web1', 'web2']);
    // Otherwise nothing was shown: the other machine served, and load went on to the end.
    expect(pages.served_by.web2).to.be.above(0);
    expect(files.served_by.web2).to.be.above(0);
    expect((times.more ?? 0) + (times.less ?? 0), 'within the load').to.be.below(seconds - 7);
    expect(pages.outages).to.deep.equal([]);
    expect(files.errors).to.deep.equal({});
    expect([pages.failed, files.failed, files.lost]).to.deep.equal([0, 0, 0]);
  });

  it('the machine is gone from everywhere, and the lab has its first topology again', async () => {
    expect(existsSync(ownTopologyFile(NAME))).to.equal(false);
    expect(readFileSync(join(environmentFolder(NAME), 'secrets.json'), 'utf8')).to.not.include('"web2"');
    for (const machine of ['lb1', 'web1', 'db1']) {
      const found = await on(
        machine,
        'grep -rlE "web2|10.0.2.22" /etc/hosts /etc/haproxy /etc/exports.d /etc/nftables.conf',
      );
      expect(found.stdout, machine).to.equal('');
    }
    expect(await serving()).to.deep.equal(['web1']);
    expect((await run('ssh-config')).stdout).to.not.include('web2');
  });

  it('the size is kept: by lab up, which changes nothing, and by snapshots', async () => {
    await done('snapshot', 'save', 'one');
    await done('scale', 'web=2', '--json');
    const again = await up();
    expect(again.machines).to.have.length(5);
    for (const { started, applied } of again.machines)
      expect({ started, applied }).to.deep.equal({ started: false, applied: [] });
    expect((await status()).healthy).to.equal(true);
    expect((await on('db1', 'exportfs')).stdout).to.include('10.0.2.22');

    await done('snapshot', 'restore', 'one');
    await up();
    const restored = await status();
    expect(restored.machines.map(({ name }) => name)).to.not.include('web2');
    expect(restored.healthy).to.equal(true);
    expect(await servingSoon(['web1'])).to.deep.equal(['web1']);
  });

  it('refuses to have none, and asks before there is only one', async () => {
    expect((await run('scale', 'web=0')).output).to.match(/Without any web machine/);
    await done('scale', 'web=2');
    const asked = await run('scale', 'web=1');
    expect([asked.code, asked.output]).to.satisfy(
      ([code, text]: [number, string]) => code === 1 && /--yes/.test(text),
    );
    expect(await serving()).to.deep.equal(['web1', 'web2']);
  });

  it('applies a role again, and says that nothing changed', async () => {
    const { machines } = JSON.parse(await done('apply', 'lb', '--json'));
    expect(machines).to.deep.equal([{ machine: 'lb1', result: 'unchanged', changes: 0 }]);
    await on('web1', 'rm /etc/lab/app.json');
    const web = JSON.parse(await done('apply', 'web', 'web1', '--json'));
    expect(web.machines).to.have.length(1);
    expect(web.machines[0]).to.include({ machine: 'web1', result: 'changed' });
  });
});
