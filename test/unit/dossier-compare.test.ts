import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { environmentFolder, ROOT } from '../../tasks/base/paths.ts';
import { setLanguage } from '../../tasks/base/text.ts';
import { compareWithLab } from '../../tasks/cli/commands/dossier-compare.ts';
import { compareDossier } from '../../tasks/exercises/dossier/compare.ts';
import { comparedAlarms, comparedPart, comparedSum } from '../../tasks/exercises/dossier/compared.ts';
import { drawDossier } from '../../tasks/exercises/dossier/picture.ts';
import { parseDossier } from '../../tasks/exercises/dossier/read.ts';
import type { Row, Seen } from '../../tasks/exercises/dossier/seen.ts';
import type { EnvironmentStatus } from '../../tasks/inspect/status.ts';
import type { DrillEvent, DrillResult } from '../../tasks/measure/drill/model.ts';
import { keepResult } from '../../tasks/measure/drill/store.ts';
import { readRoles, rolesFor } from '../../tasks/roles/roles.ts';
import { topology } from './helpers/facts.ts';
import { recorded } from './report/recorded.ts';

const model = readFileSync(join(ROOT, 'labs/00-exercise/model.yaml'), 'utf8');
const roles = readRoles(ROOT);
/** A drill as it was recorded: the power of lb2, which held both addresses, was cut; the longest outage was 0.997 s. */
const { result: lb2 } = recorded();

const event = (after: number, machine: string, what: string): DrillEvent => ({
  ...{ at: lb2.times.fault + after, machine, what, text: '' },
});
/** The same with what journals say in such a drill, which the recorded one was not asked for. */
const told = (...events: DrillEvent[]): DrillResult => ({ ...lb2, events });
const took = told(event(0.61, 'lb1', 'address-taken'), event(0.7, 'lb1', 'address-taken'));

/** What the machines say when all is well. */
function status(change: (status: EnvironmentStatus) => void = () => undefined): EnvironmentStatus {
  const made: EnvironmentStatus = {
    ...{ lab: 'lab', engine: 'uml', topology: 'seven', app: 'sample' },
    machines: topology.machines.map(({ name, address, roles: own }) => ({
      ...{ name, address, roles: own, power: 'running' as const, answers: true, holds: [], memoryUsed: 90 },
      services: Object.fromEntries(
        rolesFor(roles, own).flatMap(({ services }) => services.map((service) => [service, 'active'])),
      ),
    })),
    floating: Object.values(topology.floating).map(({ name, address }) => ({
      ...{ name, address, holders: ['lb1'], available: true },
    })),
  };
  change(made);
  return made;
}

const seenWith = (changes: Partial<Seen> = {}): Seen => ({
  topology,
  roles,
  status: status(),
  drills: [],
  ...changes,
});
const compared = (text: string, seen: Seen): Row[] =>
  compareDossier(parseDossier(text, 'dossier.yaml').dossier, seen);
const edited = (from: string | RegExp, to: string): string => {
  const text = model.replace(from, to);
  expect(text).to.not.equal(model);
  return text;
};
/** Rows of an element, as `what: seen, agreement`. */
const rowsOf = (rows: Row[], element: string) =>
  rows
    .filter((row) => row.element === element)
    .map(({ what, seen, agreement }) => `${what}: ${seen.en}, ${agreement}`);
const wrong = (rows: Row[]) =>
  rows.filter(({ agreement }) => agreement === 'wrong').map(({ element, what }) => `${element} ${what}`);

describe('a dossier beside the lab', () => {
  before(() => setLanguage('en'));

  it('the model claims what the kit builds: nothing of it is wrong', () => {
    const rows = compared(model, seenWith({ drills: [took] }));
    expect(wrong(rows)).to.deep.equal([]);
    expect(rowsOf(rows, 'switch-a')).to.deep.equal(['place: the lab has no such element, open']);
    expect(rowsOf(rows, 'lb2')).to.deep.equal([
      'address: 10.0.2.12, holds',
      'takes-over: lb1, holds',
      'outage: 1.00 s, holds',
      'noticed: 0.61 s lb1 takes the address; 0.70 s lb1 takes the address, read',
    ]);
    expect(rowsOf(rows, 'lb1')).to.include('outage: no drill, open');
    expect(rowsOf(rows, 'load-balancer'))
      .to.include('runs: lb1, lb2, holds')
      .and.include('outage: 0.81 s, holds');
  });

  it('a promise that a drill broke is found, for the machine and not for others', () => {
    const text = edited(/(lb2:\n(?:.*\n){4} {4}outage: )1/, '$10.2');
    const rows = compared(text, seenWith({ drills: [took] }));
    expect(wrong(rows)).to.deep.equal(['lb2 outage']);
    const [row] = rows.filter(({ agreement }) => agreement === 'wrong');
    expect(row).to.deep.include({
      claimed: { en: '0.2 s', fr: '0,2 s' },
      seen: { en: '1.00 s', fr: '1,00 s' },
      drills: [lb2.id],
    });
    expect(comparedSum(rows)).to.match(/1 are wrong.* Wrong: lb2\.$/);
  });

  it('of a component only what feels it counts: the address for load balancers, rows for the router', () => {
    const broken = edited(/(role: router\n(?:.*\n){7} {4}outage: )1/, '$10.7');
    expect(wrong(compared(broken, seenWith({ drills: [took] })))).to.deep.equal(['sql-router outage']);
    expect(rowsOf(compared(model, seenWith({ drills: [took] })), 'shared-files')).to.include(
      'outage: no drill, open',
    );
  });

  it('the process that was killed is that of the software of this name', () => {
    const killed: DrillResult = {
      ...took,
      fault: { kind: 'kill', machine: 'lb2', held: ['front'], service: 'keepalived' },
    };
    const rows = compared(model, seenWith({ drills: [killed] }));
    const measured = (name: string) => rowsOf(rows, name).find((line) => line.startsWith('outage'));
    expect(measured('vrrp')).to.equal('outage: 0.81 s, holds');
    expect(measured('load-balancer')).to.equal('outage: no drill, open');
    // The machine was there all the time.
    expect(measured('lb2')).to.equal('outage: no drill, open');
  });

  it('a measurement that was disturbed proves nobody wrong; kept promises stay kept', () => {
    const text = edited(/(lb2:\n(?:.*\n){4} {4}outage: )1/, '$10.2');
    const disturbed: DrillResult = { ...took, verdict: 'unknown' };
    expect(wrong(compared(text, seenWith({ drills: [disturbed] })))).to.deep.equal([]);
    expect(rowsOf(compared(text, seenWith({ drills: [disturbed] })), 'lb2')).to.include(
      'outage: 1.00 s, disturbed, open',
    );
    expect(rowsOf(compared(model, seenWith({ drills: [disturbed] })), 'lb2')).to.include(
      'outage: 1.00 s, disturbed, holds',
    );
    expect(wrong(compared(text, seenWith({ drills: [disturbed, took] })))).to.deep.equal(['lb2 outage']);
  });

  it('an outage that did not end is longer than any promise', () => {
    const kinds = lb2.kinds.map((kind) => ({
      ...kind,
      windows: kind.windows.map((window, at, all) =>
        at === all.length - 1 ? { ...window, end: null } : window,
      ),
    }));
    const rows = compared(model, seenWith({ drills: [{ ...took, kinds }] }));
    expect(rowsOf(rows, 'lb2')).to.include('outage: ≥ 1.00 s, wrong');
    const forever = edited(/(lb2:\n(?:.*\n){4} {4}outage: )1/, '$1forever');
    expect(rowsOf(compared(forever, seenWith({ drills: [took] })), 'lb2')).to.include(
      'outage: 1.00 s, wrong',
    );
  });

  it('somebody else took over than was said', () => {
    const other = told(event(0.61, 'web1', 'address-taken'));
    expect(wrong(compared(model, seenWith({ drills: [other] })))).to.include('lb2 takes-over');
    const silent = rowsOf(compared(model, seenWith({ drills: [lb2] })), 'lb2');
    expect(silent).to.include('takes-over: no journal tells of it, open');
    // What comes back after the fault was undone has not taken over.
    const late = told(event(20, 'web1', 'address-taken'));
    expect(wrong(compared(model, seenWith({ drills: [late] })))).to.deep.equal([]);
  });

  it('an acknowledged write that is gone is nobody’s promise', () => {
    const writes = lb2.writes.map((write, at) => (at === 0 ? { ...write, lost: ['r1', 'r2'] } : write));
    const rows = compared(model, seenWith({ drills: [{ ...took, writes }] }));
    expect(rowsOf(rows, 'lb2')).to.include('writes: 2 acknowledged writes lost, wrong');
  });

  const places: [string, string | RegExp, string, string[]][] = [
    ['an address that the machine does not have', '10.0.2.21', '10.0.2.27', ['web1 address']],
    ['nothing where a machine has another name and its address', /\bweb2\b/g, 'web7', []],
    ['a component on too few machines', 'on: [web1, web2, lb2]', 'on: [web1, web2]', ['sentinels runs']],
    ['an address that does not move', 'address: 10.0.2.40', 'address: 10.0.2.41', ['shared-files address']],
    [
      'a component that is left out',
      /role: quorum-device/,
      'role: arbitrator',
      ['quorum-device runs', 'quorum-device missing'],
    ],
  ];
  for (const [what, from, to, expected] of places)
    it(`found: ${what}`, () => {
      expect(wrong(compared(edited(from, to), seenWith()))).to.have.members(expected);
    });

  it('a machine of neither name nor address, and one that is not in the dossier', () => {
    const text = edited(/\bweb2\b/g, 'web7').replace('10.0.2.22', '10.0.2.29');
    expect(wrong(compared(text, seenWith()))).to.include.members([
      'web7 place',
      'web2 missing',
      'nextcloud runs',
    ]);
  });

  it('a service that does not run, an address without a holder, a machine that is off', () => {
    const found = status(({ machines, floating }) => {
      for (const machine of machines) if (machine.name === 'db1') machine.services.mariadb = 'failed';
      for (const machine of machines)
        if (machine.name === 'web1') Object.assign(machine, { power: 'off', answers: false });
      for (const address of floating) if (address.name === 'storage') address.holders = [];
    });
    const rows = compared(model, seenWith({ status: found }));
    expect(wrong(rows)).to.deep.equal(['cluster runs', 'shared-files address']);
    expect(rowsOf(rows, 'cluster')).to.include('runs: db1, db2, (db1: mariadb failed), wrong');
    expect(rowsOf(rows, 'web1')).to.include('address: 10.0.2.21 (not running), open');
    const unasked = compared(model, seenWith({ status: undefined }));
    expect(new Set(unasked.map(({ agreement }) => agreement))).to.have.keys('open');
  });

  it('wrong claims stand out in the picture and on the page', () => {
    const rows = compared(edited(/(lb2:\n(?:.*\n){4} {4}outage: )1/, '$10.2'), seenWith({ drills: [took] }));
    const { dossier } = parseDossier(model, 'dossier.yaml');
    const svg = drawDossier('machines', dossier, 'en', comparedAlarms(rows));
    expect(svg.split('>a claim was not held<')).to.have.length(2);
    const marks = comparedPart(rows).table?.rows.flatMap((row) => row.flatMap(({ mark }) => mark ?? []));
    expect(marks?.filter((mark) => mark === 'wrong')).to.have.length(1);
  });
});

describe('lab dossier compare', () => {
  const name = `compare-${process.pid}`;
  let folder: string;
  const { log, error } = console;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'compare-'));
    mkdirSync(environmentFolder(name), { recursive: true });
    writeFileSync(
      join(environmentFolder(name), 'lab.json'),
      JSON.stringify({ topology: 'seven', engine: 'uml', app: 'sample' }),
    );
  });
  afterEach(() => {
    Object.assign(console, { log, error });
    rmSync(folder, { recursive: true });
    rmSync(environmentFolder(name), { recursive: true, force: true });
  });

  it('reads the drills of the lab where no machine runs, and writes the page', async () => {
    const said: string[] = [];
    console.log = (line: string) => void said.push(line);
    console.error = (line: string) => void said.push(line);
    await keepResult(environmentFolder(name), took, []);
    const file = join(folder, 'dossier.yaml');
    const html = join(folder, 'page.html');
    writeFileSync(file, model);
    expect(await compareWithLab({ name, file, html })).to.equal(0);
    expect(said.join('\n'))
      .to.include('No machine of the lab runs')
      .and.include(took.id)
      .and.match(/0 are wrong, and of \d\d/);
    expect(readFileSync(html, 'utf8')).to.include('What was claimed, and what was seen');
    writeFileSync(file, edited(/(lb2:\n(?:.*\n){4} {4}outage: )1/, '$10.2'));
    expect(await compareWithLab({ name, file, html })).to.equal(1);
    expect(said.at(-1)).to.include('Wrong: lb2.');
    expect(readFileSync(html, 'utf8')).to.include('class="wrong"');
  });
});
