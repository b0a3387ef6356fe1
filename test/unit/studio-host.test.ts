import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { poll } from '../../tasks/base/poll.ts';
import { parseGuide } from '../../tasks/exercises/guides/guide.ts';
import { readLabs } from '../../tasks/exercises/guides/load.ts';
import { hostLines, ofLab } from '../../tasks/studio/host-lines.ts';
import { HostRun } from '../../tasks/studio/host-run.ts';
import type { Output } from '../../tasks/studio/page/protocol.ts';
import { onPosix } from './helpers/only.ts';

const root = join(import.meta.dirname, '../..');

describe('studio: blocks for the student’s computer', () => {
  it('are commands of the kit, with what those of guides are given', () => {
    const words = (text: string) => hostLines(text)?.map((line) => line.words.join(' '));
    expect(words('npx lab check 4\n')).to.deep.equal(['check 4']);
    expect(words('npx lab check 9.1\nnpx lab break --random\n')).to.deep.equal([
      'check 9.1',
      'break --random',
    ]);
    expect(
      words('npx lab drill --holder front --fault kill --service haproxy || echo "exit code $?"'),
    ).to.deep.equal(['drill --holder front --fault kill --service haproxy']);
    expect(words('npx lab halt db2\nnpx lab up db2')).to.deep.equal(['halt db2', 'up db2']);
    expect(words('npx lab load --find-limit --rate 12 --for 8s --web 1,2,3')).to.have.length(1);
    const [line] = hostLines(`npx lab report --json | npx lab ssh client -- 'cat >/tmp/drill.json'`) ?? [];
    expect(line).to.deep.equal({
      ...{ words: ['report', '--json'], mayFail: false },
      into: ['ssh', 'client', '--', 'cat >/tmp/drill.json'],
    });
    expect(ofLab(line?.into ?? [], 'mine', 'en').join(' ')).to.equal(
      'ssh --name mine --lang en client -- cat >/tmp/drill.json',
    );
    const led = hostLines(
      `npx lab ssh lb1 -- cat /etc/x/front.pem | npx lab ssh lb2 -- 'umask 077; cat >/etc/x/front.pem'`,
    );
    expect(led).to.deep.equal([
      {
        ...{ words: ['ssh', 'lb1', '--', 'cat', '/etc/x/front.pem'], mayFail: false },
        into: ['ssh', 'lb2', '--', 'umask 077; cat >/etc/x/front.pem'],
      },
    ]);
  });

  it('are nothing else: no other command, option or value, no shell', () => {
    for (const text of [
      ...['', 'ls', 'npx other check 4', 'npx lab', 'npx lab destroy --yes', 'npx lab ssh web1 -- reboot'],
      ...['npx lab halt', 'npx lab up', 'npx lab up --yes', 'npx lab halt db2 --yes'],
      ...['npx lab check 4 5', 'npx lab check 4 --bundle x.lab', 'npx lab check --name other'],
      ...[
        'npx lab check 4; reboot',
        'npx lab check $(reboot)',
        'npx lab check 4 && reboot',
        'npx lab check 4 > x',
      ],
      ...['npx lab check 4 || reboot', 'npx lab check 4 || echo "$(reboot`"', 'npx lab check 4 | sh'],
      ...[
        'npx lab drill --holder ../x',
        'npx lab drill --out x',
        'npx lab scale web=3 --yes',
        'npx lab constructor',
      ],
      ...['npx lab dossier show --html ../x.html', 'npx lab dossier show --html /tmp/x.html'],
      `npx lab report --json | npx lab ssh client -- 'cat >/etc/passwd'`,
      `npx lab report --json | npx lab ssh client -- 'cat >/tmp/x.json; reboot'`,
      `npx lab report --json | npx lab ssh client -- 'cat >/tmp/x.json' | sh`,
      'npx lab check 4\nbash bench/share.sh 15 web1',
      'npx lab ssh lb1 -- cat /etc/x/front.key',
      `npx lab ssh lb1 -- cat /etc/x; reboot | npx lab ssh lb2 -- 'cat >/etc/x'`,
      `npx lab ssh lb1 -- cat $(x) | npx lab ssh lb2 -- 'cat >/etc/x'`,
      `npx lab ssh lb1 -- cat /etc/x | npx lab ssh lb2 -- 'umask 077; cat >/etc/x; reboot'`,
      `npx lab ssh lb1 -- cat /etc/x | npx lab ssh lb2 -- 'bash'`,
      'npx lab ssh lb1 -- cat /etc/x | sh',
    ])
      expect(hostLines(text), text).to.equal(undefined);
  });

  it('of every guide that asks for nothing but the kit can be run', () => {
    for (const lab of readLabs(root)) {
      const file = join(lab.folder, 'guide.en.md');
      const blocks = parseGuide(
        readFileSync(file, 'utf8').replaceAll(/\{\{vary[^}]*\}\}/g, '12'),
        file,
      ).blocks;
      for (const { on, text, line } of blocks) {
        if (!on.includes('host')) continue;
        // Programs of the computer, and what a machine prints, but for a file that is led to another one.
        const foreign = /^(bash|sleep|for) |\$\(|^npx lab ssh (?!\S+ -- cat \S+ \|)/m.test(text);
        expect(hostLines(text) === undefined, `${file}:${line}`).to.equal(foreign);
      }
    }
  });
});

onPosix('a program that hears SIGINT').describe('studio: a block that runs', () => {
  let folder: string;
  let told: Output[];
  let run: HostRun;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'host-'));
    told = [];
    // In the place of the kit.
    writeFileSync(
      join(folder, 'kit.mjs'),
      `const [command, ...rest] = process.argv.slice(2);
if (command === 'load') { process.on('SIGINT', () => { console.error('Interrupted.'); process.exit(130); }); setInterval(() => {}, 1000); console.log('loading'); }
else if (command === 'ssh') { let text = ''; process.stdin.on('data', (data) => { text += data; }).on('end', () => console.log(rest.join(' ') + ' got ' + text.trim())); }
else if (command === 'report') console.log('{"a":1}');
else if (command === 'break') for (let line = 0; line < 1000; line += 1) console.log('  line ' + line);
else { console.log('\\x1b[31m  red\\x1b[0m\\x01' + rest.join(' ')); process.exit(rest.includes('4') ? 1 : 0); }
`,
    );
    run = new HostRun({ name: 'mine', root }, (output) => void told.push(output), [
      process.execPath,
      join(folder, 'kit.mjs'),
    ]);
  });
  afterEach(async () => {
    await run.end();
    rmSync(folder, { recursive: true });
  });
  const ended = async (text: string) => {
    expect(run.begin('04', text, hostLines(text) ?? [], 'en')).to.equal(true);
    return poll(
      () => told.at(-1),
      (output) => output?.running === false,
      { every: 0.02, seconds: 60 },
    );
  };

  it('says what its commands print, as text that gives no orders, and how it ended', async () => {
    const output = await ended('npx lab check 4\nnpx lab check 5\n');
    // A command that fails is the last one.
    expect(output?.lines).to.deep.equal(['$ npx lab check 4', '  red --name mine --lang en 4']);
    expect([output?.code, output?.lab]).to.deep.equal([1, '04']);
    const both = await ended('npx lab check 4 || true\nnpx lab check 5\n');
    expect(both?.lines).to.deep.equal([
      ...['$ npx lab check 4', '  red --name mine --lang en 4', 'exit code 1'],
      ...['$ npx lab check 5', '  red --name mine --lang en 5'],
    ]);
    expect(both?.code).to.equal(0);
  });

  it('gives what one command prints to another one where the guide does', async () => {
    const output = await ended(`npx lab report --json | npx lab ssh client -- 'cat >/tmp/drill.json'`);
    expect(output?.lines.at(-1)).to.equal('--name mine --lang en client -- cat >/tmp/drill.json got {"a":1}');
    expect(output?.code).to.equal(0);
  });

  it('keeps the latest lines, and says how many came before', async () => {
    const output = await ended('npx lab break --random');
    expect([output?.lines.length, output?.left, output?.lines.at(-1)]).to.deep.equal([
      400,
      601,
      '  line 999',
    ]);
  });

  it('is one at a time, and ends as with Ctrl-C', async () => {
    const text = 'npx lab load --rate 5\nnpx lab check 5\n';
    expect(run.begin('10', text, hostLines(text) ?? [], 'en')).to.equal(true);
    await poll(() => told.at(-1)?.lines.includes('loading'), Boolean, { every: 0.02, seconds: 60 });
    expect(run.begin('10', text, hostLines(text) ?? [], 'en')).to.equal(false);
    run.stop();
    const output = await poll(
      () => told.at(-1),
      (one) => one?.running === false,
      { every: 0.02, seconds: 60 },
    );
    expect([output?.code, output?.lines.at(-1)]).to.deep.equal([130, 'Interrupted.']);
  });
});
