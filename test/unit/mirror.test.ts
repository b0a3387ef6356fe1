import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { imageSources, sourceSeries } from '../../tasks/artifacts/apt.ts';
import { carriedOptions, findMirror, parseDeb822, parseList } from '../../tasks/artifacts/mirror.ts';
import { readVersions } from '../../tasks/artifacts/versions.ts';

describe('Debian mirror', () => {
  const versions = readVersions();
  const fallback = { archive: versions.mirror, security: versions.security_mirror };
  let etc = '';
  beforeEach(() => {
    etc = mkdtempSync(join(tmpdir(), 'apt-'));
    mkdirSync(join(etc, 'sources.list.d'));
  });
  afterEach(() => rmSync(etc, { recursive: true, force: true }));
  const write = (name: string, text: string) => writeFileSync(join(etc, name), text);
  const found = () => findMirror(versions, undefined, etc);

  it('one-line sources: options, comments and source packages', () => {
    const text = [
      '# deb http://commented.example/debian trixie main',
      'deb [arch=amd64 signed-by=/k.gpg] http://one.example/debian trixie main contrib',
      'deb-src http://source.example/debian trixie main',
      '  deb http://two.example/debian sid main',
    ].join('\n');
    expect(parseList(text)).to.deep.equal([
      { uri: 'http://one.example/debian', suites: ['trixie'] },
      { uri: 'http://two.example/debian', suites: ['sid'] },
    ]);
  });

  it('deb822 sources: several suites and addresses, disabled and source stanzas, comments', () => {
    const text = [
      'Types: deb deb-src\nURIs: http://a.example/debian http://b.example/debian\nSuites: trixie trixie-updates',
      '# a remark\nTypes: deb\n#URIs: http://old.example/debian\nuris: http://c.example/debian\nSuites: sid',
      'Types: deb\nEnabled: no\nURIs: http://off.example/debian\nSuites: trixie',
      'Types: deb-src\nURIs: http://source.example/debian\nSuites: trixie',
    ].join('\n\n');
    expect(parseDeb822(text)).to.deep.equal([
      { uri: 'http://a.example/debian', suites: ['trixie', 'trixie-updates'] },
      { uri: 'http://b.example/debian', suites: ['trixie', 'trixie-updates'] },
      { uri: 'http://c.example/debian', suites: ['sid'] },
    ]);
  });

  it('takes archive and security archive of sources.list', () => {
    write(
      'sources.list',
      'deb http://one.example/security bookworm-security main\ndeb http://one.example/debian/ bookworm main\n',
    );
    expect(found()).to.deep.equal({
      archive: 'http://one.example/debian',
      security: 'http://one.example/security',
    });
  });

  it('takes those of sources.list.d, and the default for what is not named', () => {
    write('sources.list.d/debian.sources', 'Types: deb\nURIs: https://two.example/debian\nSuites: trixie\n');
    write('sources.list.d/a.list.save', 'deb https://no.example/ trixie main\n');
    expect(found()).to.deep.equal({ ...fallback, archive: 'https://two.example/debian' });
  });

  it('finds no Debian mirror on Ubuntu, in other archives, on a disc or where there is no APT', () => {
    write(
      'sources.list',
      [
        'deb http://archive.ubuntu.com/ubuntu noble main',
        'deb http://security.ubuntu.com/ubuntu noble-security main',
        'deb https://packages.example/tool stable-extra main',
        'deb cdrom:[Debian]/ trixie main',
      ].join('\n'),
    );
    expect(found()).to.deep.equal(fallback);
    expect(findMirror(versions, undefined, join(etc, 'none'))).to.deep.equal(fallback);
  });

  it('a mirror that is wished for goes first; its security archive is beside it', () => {
    write('sources.list', 'deb http://one.example/debian trixie main\n');
    expect(findMirror(versions, 'http://wish.example/debian//', etc)).to.deep.equal({
      archive: 'http://wish.example/debian',
      security: 'http://wish.example/debian-security',
    });
  });

  it('one that is not called debian has the default security archive, never itself', () => {
    expect(findMirror(versions, 'http://wish.example/', etc)).to.deep.equal({
      archive: 'http://wish.example',
      security: versions.security_mirror,
    });
  });

  it('carries proxies and retries over, and nothing else', () => {
    const carried = [
      'Acquire::http::Proxy "http://proxy.example:3128/";',
      'Acquire::https::Proxy::deb.example "DIRECT";',
      'Acquire::http::Proxy-Auto-Detect "/usr/bin/detect";',
      'Acquire::Check-Valid-Until "false";',
      'Acquire::Retries "5";',
    ];
    const left = [
      'Acquire::http::Proxy "";',
      'Acquire::Languages "fr";',
      'APT::Get::AllowUnauthenticated "true";',
      'Acquire::AllowInsecureRepositories "true";',
      'Dir::Etc "etc/apt";',
    ];
    expect(carriedOptions([...left, ...carried, ''].join('\n'))).to.deep.equal(carried);
  });

  it('the machines’ packages come from that mirror, and security updates from its security archive', () => {
    const lines = imageSources(versions, { archive: 'http://a.example', security: 'http://s.example' });
    expect(lines).to.include(`deb http://a.example ${versions.suite} main`);
    expect(lines).to.include(`deb http://a.example ${versions.router_suite} main`);
    expect(lines.filter((line) => line.includes('-security'))).to.deep.equal([
      `deb http://s.example ${versions.suite}-security main`,
    ]);
  });
});

describe('kernel series', () => {
  it('newest first, by number and not by letter, none too old, packages of other names left out', () => {
    const names = [
      'linux-source-6.9',
      'linux-source-6.16',
      'linux-source-7.2',
      'linux-source-7.10',
      'linux-source-7.2',
      'linux-source',
      'linux-source-7.3-rt',
    ];
    expect(sourceSeries(names.join('\n'), '6.16')).to.deep.equal(['7.10', '7.2', '6.16']);
  });

  it('is empty where there is none', () => {
    expect(sourceSeries('', '6.16')).to.deep.equal([]);
  });
});
