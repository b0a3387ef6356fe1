import { expect } from 'chai';
import { judge, settledSteps } from '../../tasks/exercises/checks/judge.ts';
import { checksOf } from '../../tasks/exercises/checks/plan.ts';
import { type Answer, type Facts, HOST, type Probe, probeKey } from '../../tasks/exercises/checks/probe.ts';
import { stepsOf } from '../../tasks/exercises/checks/result.ts';
import { labNamed } from '../../tasks/exercises/guides/load.ts';
import { countedIncidents, incidentOrder } from '../../tasks/exercises/state/incident-order.ts';
import { contextOf, labs, topology } from './helpers/facts.ts';
import { well } from './helpers/well.ts';

const lab = labNamed(labs, '11');
const ALL = ['11.1', '11.2', '11.3', '11.4', '11.5'];

/** What each part of the lab says when all is well; `change` alters one answer. */
type Change = (machine: string, what: string, out: string) => string;

const SERVERS = ['# pxname,svname,status,check_status,addr,'].concat(
  ['1', '2'].map((name) => `web,web${name},UP,L7OK,10.0.2.2${name}:80,`),
);

function said(machine: string, probe: Probe): string {
  if (probe.kind === 'unit')
    return `Id=${probe.name}.service\nLoadState=loaded\nActiveState=active\nSubState=running\nUnitFileState=enabled`;
  if (probe.kind === 'sql') return 'gmcast.segment = 0; pc.ignore_quorum = false; pc.ignore_sb = false;';
  if (probe.kind === 'http')
    return JSON.stringify(
      Array(4).fill({ status: 200, time: 0.1, exit: 0, error: '', headers: {}, body: '' }),
    );
  if (probe.kind !== 'command' && probe.kind !== 'addresses') throw new Error(probe.kind);
  const found = topology.machines.find((other) => other.name === machine);
  if (!found) throw new Error(machine);
  const { addresses, services: _asUnits, ...sections } = well(found).sections;
  if (probe.kind === 'addresses') return addresses ?? '';
  const { command } = probe;
  if (command.includes('section end'))
    return [...Object.entries(sections), ['end', '']].map(([name, text]) => `== ${name}\n${text}\n`).join('');
  if (command.includes('nft')) return 'table inet lab { chain input { policy drop; } }';
  if (command.includes('keepalived'))
    return ['10', '30']
      .map(
        (name) =>
          `vrrp_instance a${name} {\n    nopreempt\n    10.0.2.${name}/24\n    track_process {\n        haproxy\n    }\n}\n`,
      )
      .join('');
  if (command.startsWith('redis')) return 'NOAUTH Authentication required.';
  if (command.startsWith('cibadmin'))
    return '<nvpair name="stonith-enabled" value="true" id="a"/> <nvpair id="b" name="no-quorum-policy" value="stop"/>';
  if (command.includes('show stat')) return SERVERS.join('\n');
  throw new Error(command);
}

const report = (name: string) => {
  const { machine, part } = lab.faults[name] ?? {};
  return `machine: ${machine}\npart: ${part?.[0]}\ncause: somebody did something\nrepair: I undid what he did\n`;
};

async function outcomes(
  made: string[],
  files: Record<string, string>,
  change: Change = (_machine, _what, out) => out,
  student?: string,
) {
  const checks = await checksOf(lab, contextOf(student));
  const facts: Facts = { collected: '', machines: {} };
  for (const { machine, probe } of [...checks.expectations.values()]
    .flat()
    .flatMap((expectation) => expectation.needs)) {
    const answer = (): Answer => {
      if (probe.kind === 'kit') return { code: 0, out: JSON.stringify({ made, undone: [], tried: {} }) };
      if (probe.kind !== 'file')
        return { code: 0, out: change(machine, probeKey(probe), said(machine, probe)) };
      const text = files[probe.path];
      return text === undefined ? { code: 1, out: '' } : { code: 0, out: `644 root:root\n${text}` };
    };
    facts.machines[machine] ??= { state: 'answered', took: 1, identity: {}, answers: {} };
    facts.machines[machine].answers[probeKey(probe)] = answer();
  }
  return stepsOf({ labs: judge([checks], facts) });
}

const passed = async (...rest: Parameters<typeof outcomes>) =>
  (await outcomes(...rest)).flatMap((step) => (step.outcome === 'passed' ? [step.id] : []));

describe('lab 11 judges incidents', () => {
  const made = ['training', 'drained', 'voteless'];
  const files = {
    '/root/incidents/training': report('training'),
    '/root/incidents/1': report('drained'),
    '/root/incidents/2': report('voteless'),
  };
  const with_ = (find: string, from: string | RegExp, to: string, machine?: string) =>
    passed(made, files, (name, what, out) =>
      what.includes(find) && (machine === undefined || machine === name) ? out.replace(from, to) : out,
    );

  it('passes when all was found, mended and reported; nothing of it before', async () => {
    expect(await passed(made, files)).to.deep.equal(ALL);
    expect(await passed([], {})).to.deep.equal([]);
    // The reports alone, of incidents that nobody met.
    expect(await passed([], files)).to.deep.equal([]);
  });

  it('one incident is not two', async () => {
    expect(await passed(['training', 'drained'], files)).to.deep.equal(ALL.filter((id) => id !== '11.3'));
  });

  it('machines are not asked for steps whose incident nobody met', async () => {
    const checks = await checksOf(lab, contextOf());
    const settled = (made: string[]) => {
      const out = JSON.stringify({ made, undone: [], tried: {} });
      const answers = { [probeKey({ kind: 'kit', what: 'incidents', lab: '11' })]: { code: 0, out } };
      const machines = { [HOST]: { state: 'answered' as const, took: 0, identity: {}, answers } };
      return [...settledSteps([checks], { collected: '', machines })];
    };
    expect(settled([])).to.deep.equal(ALL);
    expect(settled(['training'])).to.deep.equal(['11.2', '11.3', '11.4', '11.5']);
    expect(settled(['training', 'deaf'])).to.deep.equal(['11.3']);
    expect(settled(made)).to.deep.equal([]);
    // The rest of such a step is not talked about either.
    const [, , third] = await outcomes(['training', 'drained'], files);
    expect(third?.findings).to.have.length(1);
  });

  it('full service is more than a page; what is missing is counted and not named', async () => {
    for (const [machine, from, to, find] of [
      [
        'lb2',
        'web,web2,0,0,0,2,16,18,2214,4422,,0,,0,0,0,0,UP',
        'web,web2,0,0,0,2,16,18,2214,4422,,0,,0,0,0,0,DRAIN',
      ],
      ['db2', 'Synced', 'Donor/Desynced'],
      ['db2', 'cs:Connected', 'cs:StandAlone'],
      ['web1', 'sentinels=3', 'sentinels=2'],
      ['lb1', 'ActiveState=active', 'ActiveState=inactive', 'name="haproxy"'],
      ['lb2', '', ' inet 10.0.2.10/24\n', 'addresses'],
    ] as [string, string, string, string?][])
      expect(await with_(find ?? 'section end', from, to, machine), `${machine} ${to}`).to.deep.equal(
        ALL.filter((id) => id !== '11.4'),
      );
    const steps = await outcomes(made, files, (machine, what, out) =>
      machine === 'db2' && what.includes('section end') ? out.replace('cs:Connected', 'cs:StandAlone') : out,
    );
    const found = steps[3]?.findings.find((finding) => finding.outcome === 'failed')?.found?.en;
    expect(found).to.equal('1 thing is not as it should be');
    expect(await with_('https://', '"status":200', '"status":503')).to.not.include('11.4');
  });

  it('a repair that weakens is noticed, whatever it weakens', async () => {
    for (const [find, from, to, machine] of [
      ['nft', 'drop', 'accept', 'web1'],
      ['show stat', 'L7OK,10.0.2.21', ',10.0.2.21', 'lb1'],
      ['show stat', 'L7OK,10.0.2.21', 'L4OK,10.0.2.21', 'lb2'],
      ['keepalived', 'nopreempt', '', 'lb1'],
      ['keepalived', /(.*)nopreempt/s, '$1', 'lb1'],
      ['keepalived', 'track_process', '', 'lb2'],
      ['name="garb"', 'enabled', 'disabled', 'lb1'],
      ['name="redis-sentinel"', 'enabled', 'disabled', 'web1'],
      ['name="galera-gate"', 'enabled', 'disabled', 'db2'],
      ['PING', /.*/s, 'PONG', 'web2'],
      ['wsrep_provider_options', 'ignore_quorum = false', 'ignore_quorum = true', 'db1'],
      ['cibadmin', 'true', 'false', 'db1'],
      ['cibadmin', 'stop', 'ignore', 'db2'],
      ['cibadmin', 'stonith-enabled', 'other', 'db1'],
    ] as [string, string | RegExp, string, string][])
      expect(await with_(find, from, to, machine), `${find} ${machine}`).to.deep.equal(
        ALL.filter((id) => id !== '11.5'),
      );
  });

  it('the incidents are those of the student', async () => {
    const order = incidentOrder(lab, 'alice');
    const own = ['training', ...order.slice(0, 2)];
    const [first = '', second = ''] = countedIncidents(lab, { made: own, undone: [] });
    const reports = {
      ...files,
      '/root/incidents/1': report(first),
      '/root/incidents/2': report(second),
    };
    expect(await passed(own, reports, undefined, 'alice')).to.deep.equal(ALL);
    const swapped = ['training', ...order.slice(1, 3)];
    expect(await passed(swapped, reports, undefined, 'alice')).to.not.include('11.2');
  });
});
