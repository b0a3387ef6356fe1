import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { PassThrough } from 'node:stream';
import { setImmediate as soon } from 'node:timers/promises';
import { expect } from 'chai';
import { runProgram } from '../../tasks/base/exec.ts';
import { terminalArguments } from '../../tasks/studio/lab-way.ts';
import { typed, typedFor } from '../../tasks/studio/page/typing.ts';
import { Ring } from '../../tasks/studio/ring.ts';
import { ShellOutput, shellCommand, type Viewer } from '../../tasks/studio/shell.ts';

describe('studio: what is kept of a terminal', () => {
  it('is the latest bytes, by their place in all of them', () => {
    const ring = new Ring(8);
    ring.write(Buffer.from('abcde'));
    expect([ring.start, ring.end, String(ring.read(0, 99))]).to.deep.equal([0, 5, 'abcde']);
    ring.write(Buffer.from('fghij'));
    expect([ring.start, ring.end, String(ring.read(2, 99))]).to.deep.equal([2, 10, 'cdefghij']);
    expect(String(ring.read(6, 3))).to.equal('ghi');
    ring.write(Buffer.from('0123456789ABC'));
    expect([ring.start, ring.end, String(ring.read(15, 99))]).to.deep.equal([15, 23, '56789ABC']);
    expect(ring.read(23, 99).length).to.equal(0);
  });
});

describe('studio: the output of a terminal', () => {
  let child: { stdin: PassThrough; stdout: PassThrough; stderr: PassThrough };
  let output: ShellOutput;
  let known: number;
  beforeEach(() => {
    child = { stdin: new PassThrough(), stdout: new PassThrough(), stderr: new PassThrough() };
    known = 0;
    output = new ShellOutput(child as unknown as ChildProcessWithoutNullStreams, () => {
      known += 1;
    });
  });
  const said = async (text: string | Buffer) => {
    child.stdout.write(text);
    await soon();
  };
  const viewer = () => {
    const seen = { text: '', bytes: 0, from: [] as [number, number][] };
    const own: Viewer = {
      data: (bytes) => {
        seen.text += String(bytes);
        seen.bytes += bytes.length;
      },
      from: (at, until) => void seen.from.push([at, until]),
    };
    return { seen, own };
  };
  const DEVICE = '\x1b]7777;/dev/pts/3\x1b\\';

  it('says which terminal it is, in however many pieces, and nobody sees that', async () => {
    const { seen, own } = viewer();
    output.add(own, 0);
    await said('Welcome\r\n\x1b]7777;/dev/');
    expect([output.device, known]).to.deep.equal([undefined, 0]);
    await said('pts/3\x1b\\$ ');
    expect([output.device, known, seen.text]).to.deep.equal(['/dev/pts/3', 1, 'Welcome\r\n$ ']);
    await said('\x1b]7777;/dev/pts/9\x1b\\');
    expect(output.device).to.equal('/dev/pts/3');
  });

  it('a machine that names something else than a terminal names nothing', async () => {
    await said('\x1b]7777;/dev/pts/3; reboot\x1b\\'.padEnd(5000, '.'));
    expect([output.device, known]).to.deep.equal([undefined, 0]);
  });

  it('goes on where somebody left, and repeats nothing', async () => {
    const first = viewer();
    output.add(first.own, 0);
    await said(`${DEVICE}one\r\n`);
    output.remove(first.own);
    await said('two\r\n');
    const again = viewer();
    output.add(again.own, 5);
    expect([again.seen.text, again.seen.from]).to.deep.equal(['two\r\n', [[5, 10]]]);
    const anew = viewer();
    output.add(anew.own, 0);
    expect(anew.seen.text).to.equal('one\r\ntwo\r\n');
    // A place that is not there yet is of another server.
    const beyond = viewer();
    output.add(beyond.own, 999);
    expect(beyond.seen.from).to.deep.equal([[10, 10]]);
  });

  it('a flood waits for those who look; who does not read holds nobody up, and gets its end', async () => {
    const [quick, slow] = [viewer(), viewer()];
    output.add(quick.own, 0);
    await said(DEVICE);
    const flood = Buffer.from('y\r\n'.repeat(22_000));
    for (let count = 0; count < 4; count += 1) await said(flood);
    expect(child.stdout.isPaused()).to.equal(true);
    expect(quick.seen.bytes).to.be.within(128 * 1024, 192 * 1024);
    output.add(slow.own, 0);
    for (let count = 0; count < 30; count += 1) {
      await said(flood);
      output.got(quick.own, quick.seen.bytes);
      await soon();
    }
    expect(quick.seen.bytes).to.equal(34 * flood.length);
    expect(slow.seen.bytes).to.be.below(200 * 1024);
    output.got(slow.own, slow.seen.bytes);
    const [, gap] = slow.seen.from;
    expect(gap?.[0]).to.be.above(quick.seen.bytes - 256 * 1024);
    // It begins with a line, not in the middle of something.
    expect((gap?.[0] ?? 1) % 3).to.equal(0);
  });

  it('while nobody looks it stops before anything of it is lost', async () => {
    await said(DEVICE);
    for (let count = 0; count < 20; count += 1) await said(Buffer.alloc(65_536, 'x'));
    expect(child.stdout.isPaused()).to.equal(true);
    const { seen, own } = viewer();
    output.add(own, 0);
    expect(seen.from[0]?.[0]).to.equal(0);
  });

  it('what is typed arrives as it is; the size of a new one is of numbers', async () => {
    output.type('ls\r\x03');
    expect(String(child.stdin.read())).to.equal('ls\r\x03');
    expect(shellCommand(80, 24)).to.contain('stty cols 80 rows 24;');
  });
});

describe('studio: the way to a terminal', () => {
  it('shares no connection, bears a cable that is cut, and hears nothing of what is typed', async function () {
    const identity = { Host: 'web1', HostName: '10.0.2.21', User: 'root', IdentityFile: '/nowhere/key' };
    const { code, stdout, missing } = await runProgram('ssh', ['-G', ...terminalArguments(identity)]);
    if (missing) this.skip();
    expect(code).to.equal(0);
    const said = new Map(
      stdout.split('\n').map((line) => [line.split(' ')[0], line.split(' ').slice(1).join(' ')]),
    );
    expect(said.get('escapechar')).to.equal('none');
    expect(said.get('controlmaster')).to.equal('false');
    expect([undefined, 'none']).to.include(said.get('controlpath'));
    const seconds = Number(said.get('serveraliveinterval')) * Number(said.get('serveralivecountmax'));
    expect(seconds).to.be.at.least(600);
  });
});

describe('studio: what is put into a terminal', () => {
  it('has no controls but tab and line feed', () => {
    expect(typed('a\x1b[201~b\x9bc\x00\x07\x7fd\te\r\nf\rg')).to.equal('a[201~bcd\te\nf\ng');
  });

  it('for a block is its text without the last line’s end: Enter is the reader’s', () => {
    expect(typedFor('one\ntwo\n')).to.equal('one\ntwo');
    expect(typedFor('ls\x1b[201~\nrm -r /\n')).to.equal('ls[201~\nrm -r /');
  });

  it('for a file is the command that writes it, whatever stands in it', () => {
    expect(typedFor('a\nEOF\nb\n', '/etc/x.conf', '0600')).to.equal(
      "cat >/etc/x.conf <<'EOF_'\na\nEOF\nb\nEOF_\nchmod 0600 /etc/x.conf",
    );
    expect(typedFor('a\n', "/tmp/it's")).to.equal("cat >'/tmp/it'\\''s' <<'EOF'\na\nEOF");
  });
});
