import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { ROOT } from '../../tasks/base/paths.ts';
import type { EnvironmentStatus } from '../../tasks/inspect/status.ts';
import { needed } from './budget/parts.ts';
import { lab } from './run.ts';

const NAME = 'e2e-nextcloud';
/** A release archive of Nextcloud; without one nothing here can be shown. */
const ARCHIVE = process.env.LAB_NEXTCLOUD;
const DAV = 'https://10.0.2.10/remote.php/dav/files';

const on = (machine: string, command: string) => lab(['ssh', '--name', NAME, machine, '--', command]);
const secret = (name: string): string =>
  (JSON.parse(readFileSync(join(ROOT, '.lab', NAME, 'secrets.json'), 'utf8')) as Record<string, string>)[
    name
  ] ?? '';

async function output(machine: string, command: string): Promise<string> {
  const result = await on(machine, command);
  expect(result.code, `${command}\n${result.output}`).to.equal(0);
  return result.stdout;
}

async function up(extra: string[] = []): Promise<{ machines: { machine: string; applied: unknown[] }[] }> {
  const result = await lab(['up', '--name', NAME, '--yes', '--json', ...extra]);
  expect(result.code, result.output).to.equal(0);
  console.log(`      up in ${result.seconds.toFixed(1)} s`);
  return JSON.parse(result.stdout);
}

/** A request to one web machine, as a load balancer would send it. */
async function ask(web: string, path: string, cookies: Map<string, string>, more = ''): Promise<string> {
  const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ');
  const headers = `-H 'Host: lab.test' -H 'X-Forwarded-Proto: https' -H 'Cookie: ${cookie}'`;
  const answer = await output('lb1', `curl -si -m 60 ${headers} ${more} 'http://${web}${path}'`);
  for (const [, name = '', value = ''] of answer.matchAll(/^set-cookie: ([^=]+)=([^;\r]*)/gim)) {
    if (value === 'deleted') cookies.delete(name);
    else cookies.set(name, value);
  }
  return answer;
}

if (!ARCHIVE) console.log('LAB_NEXTCLOUD names no release archive: nothing about Nextcloud is tested.');

(ARCHIVE ? describe : describe.skip)('a lab with Nextcloud', () => {
  before(() => lab(['destroy', '--name', NAME, '--yes']));
  after(() => lab(['destroy', '--name', NAME, '--yes']));

  const student = () => `-u student:${secret('appPassword')}`;
  const admin = () => `-u admin:${secret('nextcloudAdminPassword')}`;

  needed(
    it('comes up with one command, and says what runs', async () => {
      await up(['--engine', 'uml', '--nextcloud', ARCHIVE ?? '']);
      const status = (await lab(['status', '--name', NAME])).stdout;
      expect(status).to.match(/^Application: Nextcloud 34\./m);
    }),
  );

  it('occ knows it as installed, on each web machine, with the same configuration', async () => {
    const texts: string[] = [];
    for (const web of ['web1', 'web2']) {
      expect(await output(web, 'occ status'))
        .to.include('installed: true')
        .and.include('needsDbUpgrade: false');
      texts.push(await output(web, 'sha256sum /etc/lab/nextcloud/config.php'));
    }
    expect(texts[0]).to.equal(texts[1]);
  });

  it('the load balancers’ health check touches database, sessions, storage and Nextcloud', async () => {
    const health = JSON.parse(await output('lb1', 'curl -s http://web1/health')) as {
      parts: Record<string, { state: string }>;
    };
    expect(Object.keys(health.parts)).to.include.members(['database', 'sessions', 'storage', 'nextcloud']);
    for (const [name, { state }] of Object.entries(health.parts)) expect(state, name).to.equal('works');
  });

  it('a file put through one web machine is read through the other', async () => {
    const text = `written at ${Date.now()}`;
    const code = "-s -o /dev/null -w '%{http_code}'";
    const from = (web: string) => `-H 'Host: lab.test' http://${web}/remote.php/dav/files/student`;
    expect(
      await output('lb1', `printf %s '${text}' | curl ${code} ${student()} -T - ${from('web1')}/note.txt`),
    ).to.equal('201');
    expect(await output('lb1', `curl -s ${student()} ${from('web2')}/note.txt`)).to.equal(text);
  });

  it('WebDAV through the front address: folders, large files, moves, and what others may not see', async () => {
    const code = "-s -o /dev/null -w '%{http_code}'";
    const dav = async (method: string, path: string, more = '') =>
      output('client', `curl -k ${code} ${student()} -X ${method} ${more} ${DAV}/student/${path}`);
    expect(await dav('MKCOL', 'folder')).to.equal('201');
    await output('client', 'head -c 20000000 /dev/urandom > /tmp/large');
    expect(
      await output('client', `curl -k ${code} ${student()} -T /tmp/large ${DAV}/student/folder/large`),
    ).to.equal('201');
    expect(await dav('MOVE', 'folder/large', `-H 'Destination: ${DAV}/student/folder/moved'`)).to.equal(
      '201',
    );
    const back = await output(
      'client',
      `sha256sum < /tmp/large; curl -sk ${student()} ${DAV}/student/folder/moved | sha256sum`,
    );
    expect(new Set(back.trim().split('\n')).size).to.equal(1);
    expect(await output('client', `curl -k ${code} ${admin()} ${DAV}/student/folder/moved`)).to.equal('404');
    expect(await output('client', `curl -k ${code} -u student:wrong -X PROPFIND ${DAV}/student/`)).to.equal(
      '401',
    );
  });

  it('the login form of one web machine, and its session on the other', async () => {
    const cookies = new Map<string, string>();
    const form = await ask('web1', '/login', cookies);
    const token = /data-requesttoken="([^"]+)"/.exec(form)?.[1] ?? '';
    expect(token).to.not.equal('');
    const fields = `-H 'Origin: https://lab.test' --data-urlencode user=student --data-urlencode password=${secret('appPassword')} --data-urlencode 'requesttoken=${token}'`;
    expect(await ask('web1', '/login', cookies, fields)).to.match(/^location: https:\/\/lab\.test\/apps\//im);
    for (const web of ['web2', 'web1']) {
      const user = await ask(web, '/ocs/v2.php/cloud/user?format=json', cookies, "-H 'OCS-APIRequest: true'");
      expect(user, web).to.include('"id":"student"');
    }
    const stranger = await ask(
      'web2',
      '/ocs/v2.php/cloud/user?format=json',
      new Map(),
      "-H 'OCS-APIRequest: true'",
    );
    expect(stranger).to.match(/^HTTP\/1.1 401/);
  });

  it('addresses are those that the visitor asked for', async () => {
    const location = (host: string) =>
      output('client', `curl -sk -o /dev/null -w '%{redirect_url}' https://${host}/.well-known/caldav`);
    for (const host of ['lab.test', '10.0.2.10'])
      expect(await location(host)).to.equal(`https://${host}/remote.php/dav/`);
    const headers = await output('client', 'curl -sk -o /dev/null -D - https://lab.test/login');
    expect(headers).to.match(/^strict-transport-security: max-age=1\d{7}/im);
    expect(
      await output('client', "curl -sk -o /dev/null -w '%{http_code}' https://lab.test/lib/base.php"),
    ).to.equal('404');
  });

  it('background jobs run on both web machines', async () => {
    for (const web of ['web1', 'web2']) {
      await output(web, 'systemctl is-active nextcloud-cron.timer && systemctl start nextcloud-cron.service');
    }
  });

  it('changes nothing the second time', async () => {
    expect((await up()).machines.flatMap((machine) => machine.applied)).to.deep.equal([]);
  });

  it('keeps its application', async () => {
    const other = await lab(['up', '--name', NAME, '--app', 'sample']);
    expect(other.code).to.equal(1);
    expect(other.output).to.include('keeps its application');
  });

  it('all machines without power at once, and on again: everything is there, and nothing is installed again', async () => {
    const before = await output('web1', 'occ config:app:get core installedat');
    const text = `written at ${Date.now()}`;
    const kept = `${student()} ${DAV}/student/kept.txt`;
    await output('client', `printf %s '${text}' | curl -sk --fail-with-body -T - ${kept}`);
    await lab(['halt', '--name', NAME, '--force']);
    await up();
    expect(await output('web2', 'occ config:app:get core installedat')).to.equal(before);
    expect(await output('client', `curl -sk ${kept}`)).to.equal(text);
    const found = JSON.parse(
      (await lab(['status', '--name', NAME, '--json'])).stdout,
    ) as EnvironmentStatus & {
      healthy: boolean;
    };
    expect(found.healthy).to.equal(true);
  });
});
