import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { parse } from 'yaml';
import { findTool } from '../../tasks/base/exec.ts';
import { ROOT } from '../../tasks/base/paths.ts';

const folder = join(ROOT, 'packer');
const read = (path: string) => readFileSync(join(folder, path), 'utf8');
const template = read('box.pkr.hcl');
const [, qemu = ''] = /^source "qemu" "lab" \{\n([\s\S]*?)^\}/m.exec(template) ?? [];
const setting = (name: string) => new RegExp(`^ *${name} += "(.*)"$`, 'm').exec(qemu)?.[1];

describe('Packer template', () => {
  it('gives a cloud image the user that it logs in as', () => {
    const seed = read('http/user-data');
    expect(seed.split('\n')[0], 'cloud-init ignores what does not begin so').to.equal('#cloud-config');
    const { users, ssh_pwauth } = parse(seed);
    expect(users).to.have.length(1);
    expect(users[0]).to.include({
      name: setting('ssh_username'),
      plain_text_passwd: setting('ssh_password'),
      lock_passwd: false,
      sudo: 'ALL=(ALL) NOPASSWD: ALL',
    });
    expect(ssh_pwauth).to.equal(true);
    expect(parse(read('http/meta-data'))['instance-id'], 'without it there is no seed').to.be.a('string').and
      .not.empty;
  });

  it('opens a login with a well-known password, and its seed, to this computer only', () => {
    expect(setting('http_bind_address')).to.equal('127.0.0.1');
    expect(setting('vnc_bind_address')).to.equal('127.0.0.1');
    expect([...qemu.matchAll(/hostfwd=tcp:([\d.]*):/g)].map((match) => match[1])).to.deep.equal([
      '127.0.0.1',
    ]);
  });

  it('locks that password, and leaves nothing of cloud-init', () => {
    const script = read('scripts/packages.sh');
    expect(script).to.match(new RegExp(`^usermod --password '!' ${setting('ssh_username')}$`, 'm'));
    expect(script).to.match(/^rm -rf [^\n]*\/etc\/cloud /m);
  });

  it('knows the number of the suite, which is in the name of its image', () => {
    const [, numbers = ''] = /\{ (bookworm = [^}]+) \}/.exec(template) ?? [];
    const suites = [...numbers.matchAll(/(\w+) = "\d+"/g)].map((match) => match[1]);
    expect(suites).to.include(parse(read('versions.yaml')).suite);
  });

  it('uploads files that are there', () => {
    const uploads = [...template.matchAll(/^ +sources? += (.*)$/gm)]
      .flatMap((line) => [...(line[1] ?? '').matchAll(/\$\{path\.root\}\/([^"]+)/g)])
      .map((match) => match[1] ?? '');
    expect(uploads).to.include.members(['packages.list', 'native/resolv.conf', 'files', 'box', 'scripts']);
    expect(uploads.filter((path) => !existsSync(join(folder, path)))).to.deep.equal([]);
  });

  describe('for Packer, where it is installed', () => {
    const env = { ...process.env, CHECKPOINT_DISABLE: '1' };
    const options = { env, encoding: 'utf8', stdio: 'pipe' } as const;
    let copy = '';
    before(function () {
      // Packer 1.10 and newer bring no plugins; the nightly run installs them and validates the template with those.
      const version = findTool('packer') ? execFileSync('packer', ['version'], options) : '';
      if (!/^Packer v1\.\d\./.test(version)) return this.skip();
      copy = mkdtempSync(join(tmpdir(), 'packer-'));
      cpSync(folder, copy, { recursive: true });
    });
    after(() => copy && rmSync(copy, { recursive: true }));

    /** What Packer says of the template, '' when it is valid. Checksums are given: it would fetch them. */
    const problems = (...variables: string[]): string => {
      const given = ['image_checksum=none', 'iso_checksum=none', ...variables].flatMap((text) => [
        '-var',
        text,
      ]);
      try {
        execFileSync('packer', ['validate', ...given, join(copy, 'box.pkr.hcl')], options);
        return '';
      } catch (error) {
        const { stdout, stderr } = error as { stdout: string; stderr: string };
        return stdout + stderr;
      }
    };

    it('is valid', () => expect(problems()).to.equal(''));

    it('is valid with a mirror, a proxy and images of its user', () =>
      expect(
        problems(
          'mirror=http://mirror.example.org/debian',
          'proxy=http://proxy.example.org:3128',
          'image_url=/srv/debian.qcow2',
          'iso_url=/srv/debian.iso',
        ),
      ).to.equal(''));

    it('takes an image of its user for a suite that it does not know', () => {
      const versions = join(copy, 'versions.yaml');
      writeFileSync(versions, readFileSync(versions, 'utf8').replace(/^suite: .*/m, 'suite: unheard-of'));
      expect(problems('image_url=/srv/debian.qcow2')).to.equal('');
    });
  });
});
