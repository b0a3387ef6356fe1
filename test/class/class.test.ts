import { readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { roster, type Seen, TestCluster, whyNoCluster } from './cluster.ts';

const stub = join(import.meta.dirname, 'stub-lab.sh');
const why = whyNoCluster();
const report = (text: string) => console.log(`      ${text}`);
const load = () => Number(readFileSync('/proc/loadavg', 'utf8').split(' ')[0]);
/** ms that something may take here, when it may take `quiet` on a computer that has nothing else to do. */
const within = (quiet: number) => quiet * Math.max(1, load() / availableParallelism());
const running = (all: Seen[]) => all.every(({ condition }) => condition === 'running');

describe(`a class on a real Slurm of two servers${why ? ` (skipped: ${why})` : ''}`, () => {
  const cluster = why ? undefined : new TestCluster();
  const here = () => {
    if (!cluster) throw new Error('no cluster');
    return cluster;
  };
  const init = (name: string, ...more: string[]) =>
    here().mustLab(
      name,
      ...[
        'init',
        join(here().shared, name),
        '--cluster',
        '--program',
        stub,
        '--memory',
        '256',
        '--cores',
        '1',
      ],
      ...['--save-seconds', '5', '--grace-seconds', '30', ...more],
    );

  before(async function () {
    if (!cluster) return this.skip();
    await cluster.start('s1', 's2');
  });
  after(async () => {
    await cluster?.stop();
  });

  it('the cluster is judged from inside jobs: all that is missing is the image', async () => {
    await init('room');
    const { code, out } = await here().lab('room', 'doctor', '--json');
    const found = JSON.parse(out) as {
      cluster: Finding[];
      servers: { server: string; findings: Finding[] }[];
    };
    expect(code).to.equal(1);
    expect(found.servers.map(({ server }) => server)).to.deep.equal(['s1', 's2']);
    const wrong = [...found.cluster, ...found.servers.flatMap(({ findings }) => findings)]
      .filter(({ status }) => status === 'fail')
      .map(({ text }) => text.en);
    expect([...new Set(wrong)]).to.deep.equal(['Kernel and image are not in the cache on this server.']);
  });

  it('thirty students of a roster: submitted, placed and listed within 15 s (on a quiet computer), and not twice', async () => {
    writeFileSync(join(here().shared, 'roster.csv'), roster(30));
    const since = Date.now();
    const { given } = await here().mustLab<{ given: string[] }>(
      'room',
      'up',
      join(here().shared, 'roster.csv'),
      '--lab',
      '1',
    );
    expect(given).to.have.length(30);
    const submitted = Date.now() - since;
    await here().until('room', running, 60);
    const took = Date.now() - since;
    report(`30 labs: submitted ${submitted} ms, all run and are listed ${took} ms (load ${load()})`);
    expect(took).to.be.below(within(15_000));
    const servers = new Set((await here().status('room')).map(({ server }) => server));
    expect([...servers].sort()).to.deep.equal(['s1', 's2']);
    const again = await here().mustLab<{ given: string[]; there: string[] }>('room', 'up');
    expect(again).to.deep.include({ given: [] });
    expect(again.there).to.have.length(30);
  });

  it('a command reaches the lab of one student on its server', async () => {
    const { server } = (await here().status('room')).find(({ student }) => student === 's7') ?? {};
    const { out, code } = await here().lab('room', 'join', 's7', 'web1', '--', 'a', 'b');
    expect([code, out.trim().split('\n')]).to.deep.equal([0, [server, 'web1', 'a', 'b']]);
  });

  it('two students reach their own labs through the front, on whatever server', async () => {
    const { links } = await here().mustLab<{ links: { student: string; link: string }[] }>(
      'room',
      'links',
      '--host',
      'ctl',
    );
    expect(links).to.have.length(30);
    const front = here().lab('room', 'open', '--host', 'ctl', '--listen', '0.0.0.0');
    void front;
    const ask = async (path: string, body: unknown, ...more: string[]) => {
      const headers = ['-H', 'Origin: https://ctl:8443', '-H', 'Content-Type: application/json', ...more];
      const { out } = await here().on(
        'ctl',
        'curl',
        '-sk',
        '-w',
        ' %{time_total}',
        ...headers,
        '-d',
        JSON.stringify(body),
        `https://ctl:8443${path}`,
      );
      const [, text = '', seconds = ''] = /^(.*) ([\d.]+)$/s.exec(out) ?? [];
      return {
        said: text.startsWith('{') ? (JSON.parse(text) as Record<string, string>) : undefined,
        ms: Number(seconds) * 1000,
      };
    };
    const servers = new Map((await here().status('room')).map(({ student, server }) => [student, server]));
    const on = (server: string) => links.find(({ student }) => servers.get(student) === server);
    for (const { student, link } of [on('s1'), on('s2')].flatMap((one) => one ?? [])) {
      const code = link.split('#code=')[1];
      let token: string | undefined;
      for (let left = 40; left > 0 && !token; left -= 1) {
        token = (await ask('/login', { code })).said?.token;
        if (!token) await new Promise((resolve) => setTimeout(resolve, 500));
      }
      const bearer = ['-H', `Authorization: Bearer ${token}`];
      expect((await ask('/ask', {}, ...bearer)).said, student).to.deep.equal({
        who: student,
        server: servers.get(student),
      });
      const times: number[] = [];
      for (let count = 0; count < 20; count += 1) times.push((await ask('/ask', {}, ...bearer)).ms);
      times.sort((a, b) => a - b);
      report(
        `there and back through the front, with TLS anew each time: ${times[10]?.toFixed(0)} ms median, ${times[18]?.toFixed(0)} ms p95`,
      );
      expect((await ask('/labs', {}, ...bearer)).said).to.equal(undefined);
    }
    expect((await ask('/ask', {}, '-H', 'Authorization: Bearer x')).said).to.equal(undefined);
  });

  it('a server without power: its labs run elsewhere from what they had saved', async () => {
    await here().until('room', (all) => all.every(({ saved }) => saved !== undefined), 60);
    const before = (await here().status('room'))
      .filter(({ server }) => server === 's1')
      .map(({ student }) => student);
    expect(before.length).to.be.above(5);
    const since = Date.now();
    await here().must('kill', 's1');
    const works = new Map(before.map((student) => [student, here().saved('room', student)]));
    const watch = here().lab('room', 'status', '--watch', '--json');
    void watch;
    await here().until('room', (all) => running(all) && all.every(({ server }) => server === 's2'), 90);
    report(`${before.length} labs of a lost server run elsewhere after ${Date.now() - since} ms`);
    await here().until(
      'room',
      (all) => all.every(({ student, restarts }) => !before.includes(student) || restarts === 1),
      20,
    );
    await new Promise((resolve) => setTimeout(resolve, 8000));
    for (const student of before) {
      const now = here().saved('room', student);
      expect(here().savedNames('room', student).at(-1), student).to.match(/^000000001-000000001-/);
      expect(now.slice(0, works.get(student)?.length), student).to.deep.equal(works.get(student));
    }
  });

  it('the server comes back by itself', async () => {
    await here().must('boot', 's1');
    const since = Date.now();
    for (;;) {
      const { out } = await here().lab('room', 'init', join(here().shared, 'room'), '--cluster', '--json');
      const { servers } = JSON.parse(out) as { servers: { name: string; usable: boolean }[] };
      if (servers.every(({ usable }) => usable)) break;
      if (Date.now() - since > 60_000) throw new Error(out);
    }
  });

  it('a reset lab begins anew; what it was is set aside, and an earlier job cannot bring it back', async () => {
    const old = here().saved('room', 's3');
    expect(old.length).to.be.above(5);
    await here().mustLab('room', 'reset', 's3', '--yes');
    await here().until('room', running, 60);
    expect(
      here()
        .saved('room', 's3', 'before-reset')
        .slice(0, old.length - 1),
    ).to.deep.equal(old.slice(0, -1));
    await new Promise((resolve) => setTimeout(resolve, 7000));
    const now = here().saved('room', 's3');
    expect(now.length).to.be.below(old.length);
    expect(now[0]).to.equal('student s3 lab 01');
  });

  it('drained: the labs of a server save themselves and run on the other one; nothing is lost', async () => {
    const there = (await here().status('room'))
      .filter(({ server }) => server === 's2')
      .map(({ student }) => student);
    const since = Date.now();
    const { moved, left } = await here().mustLab<{ moved: string[]; left: string[] }>('room', 'drain', 's2');
    expect(left).to.deep.equal([]);
    expect([...moved].sort()).to.deep.equal([...there].sort());
    await here().until('room', (all) => running(all) && all.every(({ server }) => server === 's1'), 60);
    report(`${moved.length} labs moved off a server in ${Date.now() - since} ms`);
    for (const student of moved) expect(here().savedNames('room', student).length, student).to.be.above(0);
    await here().mustLab('room', 'drain', 's2', '--undo');
  });

  it('a server that was cut off, and still sees the folder, keeps nothing: its labs run elsewhere', async () => {
    await here().must('cable', 's1', 'down');
    const watch = here().lab('room', 'status', '--watch', '--json');
    void watch;
    await here().until('room', (all) => running(all) && all.every(({ server }) => server === 's2'), 120);
    const restarted = new Map(
      (await here().status('room')).map(({ student, restarts }) => [student, restarts]),
    );
    // Those of the server that was cut off have noticed, and what is kept is of those that run now.
    await new Promise((resolve) => setTimeout(resolve, 12_000));
    const { out } = await inNode(here(), 's1', 'pgrep', '-cf', 'job[.]sh');
    expect(Number(out)).to.equal(0);
    for (const [student, restarts] of restarted)
      expect(here().savedNames('room', student).at(-1)?.split('-')[1], student).to.equal(
        String(restarts).padStart(9, '0'),
      );
    await here().must('cable', 's1', 'up');
  });

  it('the controller is killed and comes back: labs go on', async () => {
    const before = await here().status('room');
    await here().must('restart');
    await new Promise((resolve) => setTimeout(resolve, 2000));
    const after = await here().status('room');
    expect(after.map(({ student, server }) => [student, server])).to.deep.equal(
      before.map(({ student, server }) => [student, server]),
    );
    expect(running(after)).to.equal(true);
  });

  it('down keeps what was saved, up goes on from there; down without --keep removes it', async () => {
    const before = here().saved('room', 's5').length;
    const { ended, cut } = await here().mustLab<{ ended: string[]; cut: string[] }>('room', 'down', '--keep');
    expect([ended.length, cut]).to.deep.equal([30, []]);
    expect((await here().status('room')).every(({ condition }) => condition === 'ended')).to.equal(true);
    const kept = here().saved('room', 's5');
    expect(kept.length).to.be.at.least(before);
    await here().mustLab('room', 'up');
    await here().until('room', running, 60);
    await here().mustLab('room', 'down', '--keep');
    expect(here().saved('room', 's5').slice(0, kept.length)).to.deep.equal(kept);
    await here().mustLab('room', 'down', '--yes');
    expect(here().savedNames('room', 's5')).to.deep.equal([]);
  });

  it('three hundred students: submitted, placed and listed within 90 s (on a quiet computer)', async () => {
    await init('many', '--save-seconds', '600');
    writeFileSync(join(here().shared, 'many.csv'), roster(300));
    const since = Date.now();
    await here().mustLab('many', 'up', join(here().shared, 'many.csv'));
    const submitted = Date.now() - since;
    await here().until('many', running, 120);
    const took = Date.now() - since;
    report(`300 labs: submitted ${submitted} ms, all run and are listed ${took} ms (load ${load()})`);
    expect(took).to.be.below(within(90_000));
  });

  it('the wall with three hundred labs: at most 2 % of a core, and 2 kB a second for a lab', async () => {
    const { wall } = await here().mustLab<{ wall: string }>('many', 'links', '--host', 'ctl');
    const front = await here().front('many', '--port', '8444');
    const ask = async (path: string, body: unknown, token = '') => {
      const headers = [
        'Origin: https://ctl:8444',
        'Content-Type: application/json',
        `Authorization: Bearer ${token}`,
      ];
      const { out } = await here().on(
        'ctl',
        'curl',
        '-sk',
        ...headers.flatMap((header) => ['-H', header]),
        ...['-d', JSON.stringify(body), `https://ctl:8444${path}`],
      );
      return out;
    };
    const { token } = JSON.parse(await ask('/login', { code: wall.split('#code=')[1] })) as { token: string };
    const looks = 20;
    const [since, before] = [Date.now(), here().costOf(front)];
    let bytes = 0;
    for (let look = 0; look < looks; look += 1) {
      const said = await ask('/labs', {}, token);
      expect((JSON.parse(said) as { labs: Seen[] }).labs).to.have.length(300);
      bytes += said.length;
      // As the page of the wall does.
      await new Promise((resolve) => setTimeout(resolve, 3000));
    }
    const ms = Date.now() - since;
    const share = ((here().costOf(front) - before) / ms) * 100;
    const rate = (bytes / ms) * (1000 / 300);
    report(
      `the wall with 300 labs: ${share.toFixed(1)} % of a core, ${rate.toFixed(0)} bytes a second for a lab (load ${load()})`,
    );
    process.kill(here().processOf(front), 'SIGTERM');
    expect(rate).to.be.below(2000);
    expect(share).to.be.below(2 * Math.max(1, load() / availableParallelism() / 4));
  });
});

interface Finding {
  status: string;
  text: { en: string };
}

/** A command on a node, as root. */
async function inNode(cluster: TestCluster, node: string, ...words: string[]): Promise<{ out: string }> {
  return { out: await cluster.must('in', node, ...words).catch(() => '0') };
}
