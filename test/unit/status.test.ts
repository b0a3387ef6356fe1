import { expect } from 'chai';
import type { Application } from '../../tasks/artifacts/application/application.ts';
import { setLanguage } from '../../tasks/base/text.ts';
import { renderStatus } from '../../tasks/cli/commands/status.ts';
import { isHealthy, problemsOf, waitHealthy } from '../../tasks/inspect/health.ts';
import { waitFront } from '../../tasks/inspect/settle.ts';
import type { EnvironmentStatus, MachineStatus } from '../../tasks/inspect/status.ts';
import { fakeClock } from './helpers/clock.ts';

const SAMPLE: Application = { app: 'sample', why: { en: 'asked for', fr: 'demandée' } };

const machine = (name: string, changes: Partial<MachineStatus> = {}): MachineStatus => ({
  name,
  address: '192.0.2.11',
  roles: ['lb', 'router'],
  power: 'running',
  answers: true,
  services: { haproxy: 'active', keepalived: 'active' },
  holds: [],
  memoryUsed: 87,
  ...changes,
});

const floating = (changes: Partial<EnvironmentStatus['floating'][number]> = {}) => ({
  name: 'front',
  address: '192.0.2.10',
  holders: ['lb1'],
  available: true,
  ...changes,
});

const lab = (machines: MachineStatus[], addresses = [floating()]): EnvironmentStatus => ({
  lab: 'lab',
  engine: 'uml',
  topology: 'seven',
  app: 'sample',
  machines,
  floating: addresses,
});

describe('status', () => {
  afterEach(() => setLanguage('en'));
  /** The line of a machine or an address. */
  const lineOf = (status: EnvironmentStatus, name: string) =>
    renderStatus(status, isHealthy(status), SAMPLE)
      .split('\n')
      .find((line) => line.startsWith(`${name} `));

  it('in English: two tables whose columns stand below each other', () => {
    setLanguage('en');
    const lines = renderStatus(
      lab([machine('lb1'), machine('client', { roles: ['client'] })]),
      true,
      SAMPLE,
    ).split('\n');
    expect(lines).to.deep.equal([
      'Lab lab (uml, seven)',
      "Application: the kit's sample application (asked for)",
      '',
      'MACHINE  ADDRESS     STATE  MEMORY  ROLES',
      'lb1      192.0.2.11  ok     87 MiB  lb, router',
      'client   192.0.2.11  ok     87 MiB  client',
      '',
      'FLOATING  ADDRESS     HELD BY',
      'front     192.0.2.10  lb1',
      '',
      'Everything that is provisioned is healthy.',
    ]);
  });

  it('in French', () => {
    setLanguage('fr');
    const status = lab(
      [machine('lb1'), machine('lb2', { power: 'off', answers: false, memoryUsed: undefined })],
      [floating({ holders: [] })],
    );
    const text = renderStatus(status, isHealthy(status), SAMPLE);
    expect(text)
      .to.match(/MACHINE +ADRESSE +ÉTAT +MÉMOIRE +RÔLES/)
      .and.match(/lb1 .* 87 Mio/);
    expect(text)
      .to.match(/lb2 .* éteinte/)
      .and.match(/front .* personne/);
    expect(text).to.include('FLOTTANTE').and.include("Quelque chose n'est pas comme il faut.");
    expect(text).to.not.match(/healthy|nobody|MEMORY/);
  });

  const states: [string, Partial<MachineStatus>, string][] = [
    ['off', { power: 'off', answers: false }, 'off'],
    ['frozen', { power: 'frozen', answers: false }, 'frozen'],
    ['absent', { power: 'absent', answers: false }, 'not created'],
    ['mute', { answers: false, services: {} }, 'does not answer'],
    ['with a failed service', { services: { haproxy: 'failed', keepalived: 'active' } }, 'haproxy failed'],
    [
      'with two services down',
      { services: { haproxy: 'failed', keepalived: 'inactive' } },
      'haproxy failed, keepalived inactive',
    ],
  ];
  for (const [what, changes, shown] of states)
    it(`a machine ${what} is not healthy, and the table says why`, () => {
      setLanguage('en');
      const status = lab([machine('lb1'), machine('lb2', changes)]);
      expect(isHealthy(status)).to.equal(false);
      expect(lineOf(status, 'lb2')).to.match(new RegExp(`  ${shown}  `));
      expect(lineOf(status, 'lb1')).to.include('  ok  ');
    });

  it('a floating address has one holder: neither none nor two', () => {
    setLanguage('en');
    const held = (...holders: string[]) => lab([machine('lb1')], [floating({ holders })]);
    expect([held('lb1'), held(), held('lb1', 'lb2')].map(isHealthy)).to.deep.equal([true, false, false]);
    expect(lineOf(held('lb1', 'lb2'), 'front')).to.include('lb1, lb2');
    expect(lineOf(held(), 'front')).to.include('nobody');
  });

  it('an address whose role the kit does not have yet is no illness, and said', () => {
    const status = lab([machine('lb1')], [floating({ holders: [], available: false })]);
    expect(isHealthy(status)).to.equal(true);
    expect(lineOf(status, 'front')).to.include('not provisioned');
  });

  it('says in a sentence each what is not as it should be', () => {
    const status = lab(
      [
        machine('lb1', { services: { haproxy: 'failed', keepalived: 'active' } }),
        machine('lb2', { power: 'off', answers: false }),
        machine('web1', { answers: false, services: {} }),
      ],
      [floating({ holders: [] }), floating({ address: '192.0.2.40', holders: ['db1', 'db2'] })],
    );
    expect(problemsOf(status).map((text) => text.en)).to.deep.equal([
      'haproxy on lb1 is failed',
      'lb2 is off',
      'web1 does not answer',
      'nobody holds 192.0.2.10',
      '192.0.2.40 is held by db1 and db2',
    ]);
  });

  const nobody = lab([machine('lb1')], [floating({ holders: [] })]);
  const ill = lab([machine('lb1', { services: { haproxy: 'failed' } })]);
  const limits = { stall: 90, end: 900 };

  it('waits until what settles has settled', async () => {
    const states = [nobody, lab([machine('lb1')])];
    let asked = 0;
    await waitHealthy(async () => states[asked++] ?? lab([]), limits, fakeClock());
    expect(asked).to.equal(2);
  });

  it('waits no longer than its limit when nothing changes, and says what is missing', async () => {
    setLanguage('en');
    const clock = fakeClock();
    const told: string[] = [];
    const tell = (_: number, problems: { en: string }[]) =>
      told.push(problems.map((problem) => problem.en).join());
    const error = await waitHealthy(async () => ill, { ...limits, tell }, clock).then(
      () => undefined,
      (reason: Error) => reason,
    );
    expect(error?.message)
      .to.include('haproxy on lb1 is failed')
      .and.match(/but 9\d s later/);
    expect(clock.time).to.be.within(90, 95);
    expect(told[0]).to.equal('haproxy on lb1 is failed');
  });

  it('goes on while what is missing changes, up to an end', async () => {
    const clock = fakeClock();
    const changing = async () => (Math.floor(clock.time / 60) % 2 ? ill : nobody);
    await waitHealthy(async () => (clock.time < 400 ? changing() : lab([machine('lb1')])), limits, clock);
    expect(clock.time).to.be.within(400, 402);
    const error = await waitHealthy(changing, limits, clock).catch((reason: unknown) => reason);
    expect(error).to.be.instanceOf(Error);
    expect(clock.time).to.be.within(1300, 1310);
  });

  it('the page too is waited for while what is missing changes; then it is said what is', async () => {
    setLanguage('en');
    const clock = fakeClock();
    const page = { servedBy: 'web1', through: 'lb1' };
    const late = async () => (clock.time < 200 ? undefined : page);
    const moving = async () => (Math.floor(clock.time / 60) % 2 ? ill : nobody);
    expect(await waitFront(late, moving, '192.0.2.10', {}, clock)).to.equal(page);
    const told: string[] = [];
    const error = await waitFront(
      async () => undefined,
      async () => nobody,
      '192.0.2.10',
      { tell: (line) => told.push(line), factor: 2 },
      clock,
    ).catch((reason: unknown) => reason);
    expect(error).to.have.property('message').that.includes('Also: nobody holds 192.0.2.10');
    expect(clock.time).to.be.within(380, 410);
    expect(told.at(-1)).to.match(/^\d+ s: https:\/\/192.0.2.10\/ does not answer yet; nobody holds/);
  });
});
