import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { noticed, WATCH, watchedOf } from '../../labs/01-infrastructure/watch.ts';
import { ANSWERED } from '../../labs/02-web/ready.ts';
import { bytesOf } from '../../labs/05-galera/memory.ts';
import { givesWay, limitsOf } from '../../labs/08-sessions/memory.ts';
import {
  ARRIVED,
  inPieces,
  LARGE,
  REQUESTS,
  requestsOf,
  transferOf,
} from '../../labs/12-nextcloud/pieces.ts';
import { STOPS } from '../../labs/apache.ts';
import { ROOT } from '../../tasks/base/paths.ts';
import type { Answer } from '../../tasks/exercises/checks/probe.ts';
import { earnedByPaste, recipesTable } from '../../tasks/exercises/guides/recipes.ts';
import { labs } from './helpers/facts.ts';
import { type Asked, unmetOf } from './helpers/unmet.ts';

const ok = (out: string): Answer => ({ code: 0, out });
const served = (status: number, body = '', time = 0.01): Answer =>
  ok(JSON.stringify([{ ...{ status, time, exit: 0, error: '', headers: {} }, body }]));

describe('what a paste earns', () => {
  it('docs/grading.md has it, in both languages, as the labs say (npm run docs)', () => {
    for (const [language, file] of [
      ['en', 'docs/grading.md'],
      ['fr', 'docs/grading.fr.md'],
    ] as const)
      expect(readFileSync(join(ROOT, file), 'utf8')).to.include(
        `<!-- generated: recipes -->\n${recipesTable(labs, language)}\n<!-- end -->`,
      );
  });

  it('in every lab with machines a step is the student’s own turn, and no paste earns all points', () => {
    for (const lab of labs) {
      const { possible, pasted, without } = earnedByPaste(lab);
      expect(pasted, lab.id).to.be.below(possible);
      // Lab 00 is written by the student, and lab 11 mended.
      if (lab.id === '00' || lab.id === '11') continue;
      const turns = lab.steps.filter(
        ({ title }) => title.en.startsWith('Your turn') && title.fr.startsWith('À vous'),
      );
      expect(
        turns.map(({ id }) => id),
        lab.id,
      ).to.deep.equal(without);
      expect(turns, lab.id).to.have.length(1);
    }
  });
});

/** Steps without a recipe: what they ask for, on facts as they would be. */
describe('your turn', () => {
  describe('01.5: who notices', () => {
    const good = '2\nweb1 up\nweb2 up\n\n1003 web1 lost\n1020 web1 back\n';
    const found = (said: string, { stops = '1000\n', web1 = 200 } = {}) =>
      unmetOf('01', 5, (_, probe) => {
        if (probe.kind === 'http') return served(probe.url.includes('web1') ? web1 : 200);
        return ok(probe.kind === 'command' && probe.command === STOPS.command ? stops : said);
      });

    it('passes when it is fresh and true, and a loss was noticed soon enough', async () => {
      expect(await found(good)).to.equal(undefined);
      // Whoever notices the loss tells it now.
      expect(await found(good.replace('web1 up', 'web1 lost'), { web1: 0 })).to.equal(undefined);
      expect(await found(good.replace('web1 up', 'web1   lost '), { web1: 503 })).to.equal(undefined);
      expect(await found(good, { stops: '400\n1000\n5000\n' }), 'later stops do no harm').to.equal(undefined);
    });

    it('fails when nobody looks, or not at what visitors see', async () => {
      for (const [said, more] of [
        ['', {}],
        ['\n1003 web1 lost\n1020 web1 back\n', {}],
        [good.replace(/^2/, '60'), {}],
        [good.replace('web2 up', 'web2 lost'), {}],
        [good.replace('web2 up\n', ''), {}],
        [good, { web1: 0 }],
      ] as const)
        expect(await found(said, more), said).to.match(/watch.* fresh/);
    });

    it('fails when a loss was noticed too late, before it happened, or never, or its return was not', async () => {
      for (const [from, to] of [
        ['1003', '1063'],
        ['1003', '990'],
        ['lost', 'up'],
        ['1020 web1 back\n', ''],
        ['back', 'lost'],
        ['1003 web1', '1003 web2'],
      ] as const)
        expect(await found(good.replace(from, to)), to).to.match(/noticed soon/);
      expect(await found(good, { stops: '' })).to.match(/noticed soon/);
    });

    it('whole seconds are forgiven', () => {
      const at = (time: number) =>
        noticed(watchedOf(`1\n\n${time}.4 web1 lost\n2000 web1 back\n`), 'web1', [1000], 10);
      expect([999, 1011].map(at)).to.deep.equal([true, true]);
      expect([998, 1012].map(at)).to.deep.equal([false, false]);
      expect(WATCH.command).to.include('EPOCHSECONDS');
    });
  });

  describe('02.5: alive, or ready', () => {
    const page = (sessions: string, database: string) =>
      `{"ready": false, "parts": {"database" : "${database}","sessions":"${sessions}"}}`;
    const away = { there: false, status: 503, body: page('works', 'failed'), time: 1.1, log: '200\n503\n' };
    const found = (changes: Partial<typeof away> = {}) =>
      unmetOf('02', 5, (machine, probe) => {
        const { there, status, body, time, log } = machine === 'web2' ? { ...away, ...changes } : away;
        if (probe.kind === 'command')
          return ok(probe.command === ANSWERED.command ? log : there ? 'there\n' : 'away\n');
        const now = probe.kind === 'http' && probe.url.includes('web2') ? { ...away, ...changes } : away;
        return machine === 'lb1' ? served(now.status, now.body, now.time) : served(status, body, time);
      });

    it('passes when it says what there is, in time', async () => {
      expect(await found()).to.equal(undefined);
      expect(await found({ there: true, status: 200, body: page('works', 'works') })).to.equal(undefined);
    });

    it('fails when it says what is not, nothing of a part, or too late', async () => {
      for (const changes of [
        { there: true },
        { status: 200, body: page('works', 'works') },
        { status: 200 },
        { body: page('failed', 'failed') },
        { body: '{"parts":{"database":"failed"}}' },
        { status: 404, body: '' },
        { time: 3.1 },
      ])
        expect(await found(changes), JSON.stringify(changes)).to.match(/ready of web2 says in time/);
    });

    it('fails when it was never seen to say yes, or no', async () => {
      for (const log of ['503\n', '200\n404\n', ''])
        expect(await found({ log }), log).to.match(/has said yes/);
    });
  });

  describe('03.5: which load balancer it was', () => {
    type Headers = Record<string, string>;
    const found = async (headers: Headers, config: string, own: Headers = headers): Promise<boolean> => {
      const response = { status: 200, time: 0, exit: 0, error: '', headers, body: '' };
      const redirection = { ...response, status: 307, headers: own };
      const unmet = await unmetOf('03', 5, (_, probe) =>
        ok(
          probe.kind === 'http'
            ? JSON.stringify([probe.url.startsWith('https:') ? response : redirection])
            : `644 root:root\n${config}`,
        ),
      );
      return unmet === undefined;
    };
    const header = { 'x-load-balancer': 'lb1' };

    it('passes by any rule that reads the name', async () => {
      for (const rule of ['set-header X-Load-Balancer %[hostname]', 'add-header X-Load-Balancer "%H"'])
        expect(await found(header, `    # lb1\n    http-after-response ${rule} # lb1, lb2`), rule).to.equal(
          true,
        );
    });

    it('fails where answers that HAProxy gives itself do not have it', async () => {
      const rule = '    http-response set-header X-Load-Balancer %[hostname]';
      expect(await found(header, rule, { location: 'https://lb1/' })).to.equal(false);
    });

    it('fails without the header, with another name, and where the file holds the name', async () => {
      expect(await found({}, '')).to.equal(false);
      expect(await found({ 'x-load-balancer': 'haproxy' }, '')).to.equal(false);
      for (const rule of [
        'X-Load-Balancer lb1',
        'X-Load-Balancer "lb1"',
        'x-load-balancer  lb1',
        'X-Load-Balancer %[str(lb1)]',
      ])
        expect(await found(header, `    http-response set-header ${rule}`), rule).to.equal(false);
    });
  });

  describe('04.5: both load balancers restart', () => {
    const good = { requests: 1200, failed: 2, lb1: '100\n9850\n', lb2: '100\n9990\n20000\n' };
    const found = (changes: Partial<typeof good> = {}) =>
      unmetOf('04', 5, (machine, probe) => {
        const { requests, failed, lb1, lb2 } = { ...good, ...changes };
        if (probe.kind !== 'command') return undefined;
        if (machine === 'client')
          return requests > 0
            ? ok(`10000\n${JSON.stringify({ requests, failed, machines: ['?'] })}\n`)
            : undefined;
        return ok(machine === 'lb1' ? lb1 : lb2);
      });

    it('passes when hardly a request failed, also after later restarts', async () => {
      expect(await found()).to.equal(undefined);
    });

    it('fails when visitors noticed it, or hardly asked', async () => {
      for (const changes of [{ failed: 3 }, { requests: 599 }, { requests: 0 }])
        expect(await found(changes), JSON.stringify(changes)).to.match(/a visitor hardly noticed/);
    });

    it('fails when one of them was not restarted in that time', async () => {
      for (const changes of [{ lb1: '100\n' }, { lb2: '9600\n10010\n' }, { lb2: '' }])
        expect(await found(changes), JSON.stringify(changes)).to.match(/lb\d was started anew/);
    });
  });

  describe('05.5: how much is remembered', () => {
    it('the last size counts, in any unit', () => {
      expect(bytesOf('a = 1; gcache.size = 300M; b = 2')).to.equal(300 * 1024 ** 2);
      expect(bytesOf('--wsrep_provider_options=gcache.size=1G;gcache.size=5')).to.equal(5);
      for (const options of ['', 'gcache.page_size = 128M', 'gcache.size='])
        expect(bytesOf(options), options).to.equal(undefined);
    });
  });

  describe('06.5: reports must not disturb', () => {
    const reading =
      'GRANT USAGE ON *.* TO `report`@`10.0.2.11` REQUIRE SSL\nGRANT SELECT ON `demo`.* TO `report`@`10.0.2.11`\n';
    const by = (...servers: string[]) => servers.map((name) => `server ${name}\n${reading}`).join('');
    const good = { 3306: by('db1', 'db1', 'db1', 'db1'), 3307: by('db1', 'db2', 'db1', 'db2') };
    const found = (changes: Partial<typeof good> = {}) =>
      unmetOf('06', 5, (_, probe) => {
        const command = probe.kind === 'command' ? probe.command : '';
        const now = command.includes('-h 10.0.2.12 ') ? { ...good, ...changes } : good;
        return ok(now[command.includes('-P 3307 ') ? 3307 : 3306]);
      });

    it('passes when readers are spread and writers are not, whichever database writes', async () => {
      expect(await found()).to.equal(undefined);
      expect(await found({ 3306: by('db2', 'db2', 'db2', 'db2') })).to.equal(undefined);
    });

    it('fails on either router when they are not spread, not let in, or may do more than read', async () => {
      for (const out of [
        by('db1', 'db1', 'db1', 'db1'),
        '',
        good[3307].replace('GRANT SELECT ON', 'GRANT SELECT, INSERT ON'),
        good[3307].replace('GRANT USAGE ON', 'GRANT ALL PRIVILEGES ON'),
        good[3307].replace(/\n$/, ' WITH GRANT OPTION\n'),
      ])
        expect(await found({ 3307: out }), out).to.match(/3307 of lb2 spreads/);
    });

    it('fails when writers are spread as well, or no longer let in', async () => {
      for (const out of [good[3307], '']) expect(await found({ 3306: out })).to.match(/3306 of lb2 still/);
    });
  });

  describe('07.5: a split brain that mends itself', () => {
    const net = (...lines: string[]) =>
      `resource shared {\n    net {\n${lines.map((line) => `        ${line};\n`).join('')}    }\n}\n`;
    // As the kernel tells it, defaults left out, and as the file is read.
    const runs = net(
      'timeout         \t20',
      'after-sb-0pri   \tdiscard-zero-changes',
      'after-sb-1pri   \tconsensus',
    );
    const written = runs.replaceAll('\t', '').replace('shared', '"shared"');
    const found = (kernel: string, file: string, on = 'db2') =>
      unmetOf('07', 5, (machine) => ok(machine === on ? `${kernel}--\n${file}` : `${runs}--\n${written}`));

    it('passes where nothing acknowledged is lost, the default for two primaries said or not', async () => {
      expect(await found(runs, written)).to.equal(undefined);
      const said = runs.replace('consensus;', 'consensus;\n        after-sb-2pri   disconnect;');
      expect(await found(said, said)).to.equal(undefined);
    });

    it('fails on either machine when it is not set, throws writes away, or does not outlive a start', async () => {
      for (const on of ['db1', 'db2'])
        for (const [from, to] of [
          [/after-sb.*;/g, 'x y;'],
          ['discard-zero-changes', 'discard-younger-primary'],
          ['discard-zero-changes', 'disconnect'],
          ['consensus', 'discard-secondary'],
          ['consensus', 'violently-as0p'],
          ['consensus;', 'consensus; \n after-sb-2pri violently-as0p;'],
          [/^resource.*/m, 'No such resource'],
        ] as const) {
          expect(await found(runs.replace(from, to), written, on), `${on} ${to}`).to.match(
            new RegExp(`^${on} settles`),
          );
          expect(await found(runs, written.replace(from, to), on), `${on} ${to}`).to.match(
            new RegExp(`^${on} settles`),
          );
        }
      expect(await found('', '')).to.match(/^db2 settles/);
    });
  });

  describe('07b.4: a home, but no homesickness', () => {
    const good = 'left 0\nstart db2\naway db1\nback db1\n';
    const found = (out: string) => unmetOf('07b', 4, () => ok(out));

    it('passes by what follows from the configuration', async () => {
      expect(await found(good)).to.equal(undefined);
    });

    it('fails without a home, without a way out, with homesickness, and with what was forgotten', async () => {
      for (const [from, to] of [
        ['start db2', 'start db1'],
        ['start db2', 'start '],
        ['away db1', 'away '],
        ['away db1', 'away db2'],
        ['back db1', 'back db2'],
        ['left 0', 'left 1'],
        [good, ''],
      ] as const)
        expect(await found(good.replace(from, to)), to).to.match(/starts the storage at its home/);
    });
  });

  describe('08.5: what a full Redis does', () => {
    const said = (now: string, next: string) => limitsOf(`${now}\n\n${next}\n`).map(givesWay);
    const now = 'maxmemory\n50331648\nmaxmemory-policy\nvolatile-lru';

    it('it has a limit, and lets what was not used go', () => {
      expect(limitsOf(`${now}\n\nmaxmemory 48mb\nmaxmemory-policy allkeys-lfu\n`)).to.deep.equal([
        { memory: 48 * 1024 ** 2, policy: 'volatile-lru' },
        { memory: 48 * 1024 ** 2, policy: 'allkeys-lfu' },
      ]);
      expect(said(now, 'maxmemory "48m"\nmaxmemory-policy "allkeys-lru"')).to.deep.equal([true, true]);
    });

    it('no limit, none written, and a Redis that refuses are found', () => {
      expect(said(now.replace('50331648', '0'), 'maxmemory 48mb')).to.deep.equal([false, false]);
      expect(said(now, '')).to.deep.equal([true, false]);
      for (const policy of ['noeviction', 'volatile-ttl', 'allkeys-random'])
        expect(said(now.replace('volatile-lru', policy), ''), policy).to.deep.equal([false, false]);
      expect(said('', '')).to.deep.equal([false, false]);
    });
  });

  describe('09.5: two at once', () => {
    const note = (...lines: string[]) => `1000\n${lines.join('\n')}\n`;
    const good = [
      'machines lb1 db2',
      ...['page serves', 'login serves', 'row stops', 'files serves'],
      'because two of the three votes of Galera are gone',
    ];
    const measured = { 'page.new': 'serves', session: 'serves', row: 'stops', upload: 'serves' };
    const drill = (begun: number, outcomes: object = measured, more: object = {}) => ({
      ...{ begun: new Date(begun * 1000).toISOString(), fault: 'several', machine: 'db2', with: ['lb1'] },
      outcomes: Object.entries(outcomes).map(([kind, measured]) => ({ kind, measured })),
      ...more,
    });
    const found = (lines: string[], drills: object[] = [drill(1001)]) =>
      unmetOf('09', 5, (_, probe) => ok(probe.kind === 'kit' ? JSON.stringify(drills) : note(...lines)));
    const but = (from: string, to: string) => good.map((line) => line.replace(from, to));

    it('passes when a later drill of the same two found what was foretold', async () => {
      expect(await found(good)).to.equal(undefined);
      expect(await found(good, [drill(1001, { ...measured, row: 'serves' }), drill(2000)])).to.equal(
        undefined,
      );
      expect(await found(but('machines lb1 db2', 'machines: db2, lb1'))).to.equal(undefined);
    });

    it('fails when it is not whole, not of two machines, all of one kind, or without a reason', async () => {
      for (const lines of [
        [],
        but('row stops', ''),
        but('row stops', 'row perhaps'),
        but('row stops', 'row serves'),
        but('lb1 db2', 'lb2 db2'),
        but('lb1 db2', 'lb1'),
        but('lb1 db2', 'lb1 client'),
        but('lb1 db2', 'lb1 db9'),
        but('lb1 db2', 'lb1 lb1'),
        but('two of the three votes of Galera are gone', 'I know'),
      ])
        expect(await found(lines), lines.join()).to.match(/foretells/);
    });

    it('fails when no drill found it, or only one of before, or of other machines', async () => {
      for (const drills of [
        [],
        [drill(999)],
        [drill(1001, { ...measured, row: 'serves' })],
        [drill(1001, { ...measured, session: null })],
        [drill(1001, measured, { with: ['lb1', 'web1'] })],
        [drill(1001, measured, { with: ['web1'] })],
        [drill(1001, measured, { fault: 'power' })],
      ])
        expect(await found(good, drills), JSON.stringify(drills)).to.match(/found the same/);
    });
  });

  describe('10.5: one visitor who wants it all', () => {
    const found = (greedy: string, statuses: number[] = [200]) =>
      unmetOf('10', 5, (machine, probe) => {
        if (machine === 'db1')
          return ok(JSON.stringify(statuses.map((status) => JSON.parse(served(status).out)[0])));
        // The first load balancer does it well.
        const first = probe.kind === 'command' && probe.command.includes(':10.0.2.11 ');
        return ok(first ? '     40 200\n     20 429\n' : greedy);
      });

    it('passes when the greedy one is refused and the other one served', async () => {
      expect(await found('     40 200\n     20 429\n')).to.equal(undefined);
      // Asked again a moment later: he still wants too much.
      expect(await found('     60 429\n')).to.equal(undefined);
    });

    it('fails on either load balancer without a limit, with another answer, and when it hits everybody', async () => {
      for (const greedy of ['     60 200\n', '     40 200\n     20 503\n', '      1 000\n', ''])
        expect(await found(greedy), greedy).to.match(/too much of lb2/);
      expect(await found('     60 429\n', [200, 429])).to.match(/answers 200/);
    });
  });

  describe('12.7: a large file, whatever fails', () => {
    const [size, sum] = [26_214_401, 'a'.repeat(64)];
    const TO = 'https://lab.test/remote.php/dav/files/admin/large.bin';
    const line = (at: number, method: string, path: string, status = 201, bytes = 368, to = TO) =>
      `${at} ${method} /remote.php/dav/uploads/admin/${path} ${status} ${bytes} ${to}`;
    const put = (at: number, piece: number, bytes = 6_291_871, status = 201) =>
      line(at, 'PUT', `id-1/${piece}`, status, bytes);
    /** As Apache wrote it down: the third piece was sent again after web1 had been stopped. */
    const web1 = [line(1000, 'MKCOL', 'id-1'), put(1002, 2), put(1010, 3, 6_291_871, 503)];
    const web2 = [
      put(1001, 1),
      put(1012, 3),
      put(1013, 4),
      put(1014, 5, 1_048_992),
      line(1015, 'MOVE', 'id-1/.file'),
    ];
    const good = {
      web1,
      web2,
      stops: '1004\n',
      large: `${size}\n${sum}\n`,
      there: `${sum}\n`,
      tried: 'whole\n',
    };
    const found = (changes: Partial<typeof good> = {}, asked: Asked = () => undefined) => {
      const now = { ...good, ...changes };
      return unmetOf('12', 7, (machine, probe) => {
        const own = asked(machine, probe);
        if (own) return own;
        if (probe.kind === 'trial') return ok(now.tried);
        if (probe.kind !== 'command') return undefined;
        if (probe.command === LARGE.command) return ok(now.large);
        if (probe.command === ARRIVED.command) return ok(now.there);
        if (probe.command === STOPS.command) return ok(machine === 'web1' ? now.stops : '');
        if (probe.command === REQUESTS.command)
          return ok((machine === 'web1' ? now.web1 : now.web2).join('\n'));
        return ok('');
      });
    };

    it('passes when it came in pieces, was disturbed, and is whole', async () => {
      expect(await found()).to.equal(undefined);
      // The answer to the first MOVE was lost; Nextcloud had put the file together all the same.
      const late = [...web2, line(1019, 'MOVE', 'id-1/.file', 404)];
      expect(await found({ web2: late, stops: '1016\n' })).to.equal(undefined);
      // Other transfers before and after, one of them of a program that calls each folder alike.
      const before = [line(500, 'MKCOL', 'id-1'), put(501, 6), line(502, 'MOVE', 'id-1/.file')];
      const after = line(2000, 'MOVE', 'other/.file', 201, 368, TO.replace('large', 'small'));
      expect(await found({ web1: [...before, ...web1, after] })).to.equal(undefined);
    });

    it('fails without a program', async () => {
      const without: Asked = (_, probe) =>
        probe.kind === 'command' && probe.command.startsWith('test -x') ? { code: 1, out: '' } : undefined;
      expect(await found({}, without)).to.match(/is a program/);
    });

    it('fails when what is there differs, is missing, or is too small', async () => {
      for (const changes of [
        { there: `${'b'.repeat(64)}\n` },
        { there: '' },
        { large: `1000\n${sum}\n` },
        { large: '' },
        { large: `${size}\n\n`, there: '\n' },
      ])
        expect(await found(changes), JSON.stringify(changes)).to.match(/to the letter/);
    });

    it('fails when it came in one go, in pieces of another size, or not all of it in pieces', async () => {
      for (const changes of [
        // One PUT to files/ leaves no line.
        { web1: [], web2: [] },
        { web2: web2.slice(0, -1) },
        { web1: [put(1002, 2, 6_291_456 + 70_000), put(1003, 3)] },
        { web1: [put(1002, 2, 6_291_455)] },
        { web2: web2.map((text) => text.replace('1048992', '400')) },
        { web1: [...web1, put(1004, 6, 400)] },
        { web2: web2.filter((text) => !text.includes('/4 ')) },
        { web2: web2.map((text) => text.replace('/4 201', '/4 503')) },
        { web2: [put(1001, 1, size), line(1015, 'MOVE', 'id-1/.file')], web1: [] },
        {
          web2: [
            ...web2.slice(0, -1),
            line(1015, 'MOVE', 'id-1/.file', 201, 368, TO.replace('large', 'small')),
          ],
        },
      ])
        expect(await found(changes), JSON.stringify(changes)).to.match(/in pieces of 6/);
    });

    it('the same piece sent twice counts once', () => {
      const twice = transferOf([...web1, ...web2, put(1003, 2)].join('\n'), 'large.bin');
      expect(twice?.pieces).to.have.length(5);
      expect(twice && inPieces(twice, 6, size)).to.equal(true);
      expect(twice && inPieces(twice, 6, size + 7e6)).to.equal(false);
    });

    it('fails when nothing was lost meanwhile', async () => {
      for (const stops of ['', '900\n', '998\n1017\n'])
        expect(await found({ stops }), stops).to.match(/stopped between the first piece/);
    });

    it('fails when something is left, and when a file does not outlive a fault', async () => {
      expect(await found({ there: `${sum}\nuploads/id-1\nuploads/id-1/3\n` })).to.match(/nothing is left/);
      for (const tried of ['different\n', 'failed, code 1\n', ''])
        expect(await found({ tried })).to.match(/dies with a piece/);
      const noFault: Asked = (_, probe) =>
        probe.kind === 'trial' && probe.fault === '12/storage-off'
          ? { code: 1, out: '', err: 'no' }
          : undefined;
      expect(await found({}, noFault)).to.match(/while the machine that holds the storage/);
    });

    it('lines that are none are left out', () => {
      expect(requestsOf(`${web1[0]}\n\nx\n1000 PUT /other 201 5 -\n`)).to.have.length(1);
    });
  });
});
