import { createHash } from 'node:crypto';
import { expect } from 'chai';
import { ARRIVED, LARGE, REQUESTS } from '../../labs/12-nextcloud/pieces.ts';
import { ROOT } from '../../tasks/base/paths.ts';
import type { Expectation } from '../../tasks/exercises/checks/expectation.ts';
import { FactsView } from '../../tasks/exercises/checks/expectation.ts';
import { checksOf } from '../../tasks/exercises/checks/plan.ts';
import { type Answer, type Facts, type Probe, probeKey } from '../../tasks/exercises/checks/probe.ts';
import { labNamed, readLabs } from '../../tasks/exercises/guides/load.ts';
import { variedValue } from '../../tasks/exercises/guides/values.ts';
import { loadTopology } from '../../tasks/topology/load.ts';

const labs = readLabs(ROOT);
const topology = await loadTopology('seven', ROOT);
const ok = (out: string): Answer => ({ code: 0, out });
const page = (body: string) =>
  ok(JSON.stringify([{ status: 200, time: 0.01, exit: 0, error: '', headers: {}, body }]));
const sha = (kind: string, text: string) => createHash(kind).update(text).digest('hex');

/** By lab: what the machines of somebody with these values answer to what asks for them. */
const ANSWERS: Record<string, (value: (name: string) => string, probe: Probe) => Answer> = {
  '01': (value) => page(`<p>${value('motto')}</p> web1 web2`),
  '02': (value) => page(`<dd id="site">${value('site')}</dd>`),
  '03': (value) => ok(`644 root:root\nglobal\n    description ${value('site')}\n`),
  '04': (value) =>
    ok(
      `vrrp_instance front {\n  virtual_router_id ${value('router')}\n  virtual_ipaddress {\n    10.0.2.10/24\n  }\n}\n`,
    ),
  // Whoever needs more remembers more; alice's hour is the longer one.
  '05': (value, probe) =>
    ok(
      probe.kind === 'sql' && !probe.query.includes('provider')
        ? `${value('group')}\n`
        : `gcache.size=${Number(value('traffic')) * 3_600_000}\n`,
    ),
  // The database compares by itself.
  '06': (value, probe) =>
    ok(probe.kind === 'sql' && probe.query.includes(`'${value('password')}'`) ? '1' : '0'),
  '07': (value) =>
    ok(`600 root:root\nresource shared {\n    net {\n        shared-secret "${value('key')}";\n    }\n}\n`),
  '07b': (value, probe) =>
    ok(
      probe.kind === 'file'
        ? `644 root:root\ntotem {\n    cluster_name: ${value('cluster')}\n}\n`
        : `${sha('sha256', sha('sha512', value('key')))}  -\n`,
    ),
  '08': (value, probe) => {
    const limit = `maxmemory ${value('memory')}mb\nmaxmemory-policy volatile-lru\n`;
    if (probe.kind === 'command' && probe.command.includes('CONFIG GET')) return ok(`${limit}\n${limit}`);
    return ok(
      probe.kind === 'command' && probe.command.includes(` ${value('password')} `)
        ? 'PONG\n'
        : 'WRONGPASS invalid\nNOAUTH Authentication required.\n',
    );
  },
  // The database knows the account by its password; a file of this student's came in five pieces.
  '12': (value, probe) => {
    const piece = Number(value('piece')) * 1_048_576;
    const command = probe.kind === 'command' ? probe.command : '';
    if (command === LARGE.command) return ok(`${4 * piece + 1}\n${sha('sha256', '')}\n`);
    if (command === ARRIVED.command) return ok(`${sha('sha256', '')}\n`);
    if (command === REQUESTS.command) {
      const line = (method: string, name: string, bytes: number) =>
        `1 ${method} /remote.php/dav/uploads/admin/id/${name} 201 ${bytes} /remote.php/dav/files/admin/large.bin\n`;
      const pieces = [1, 2, 3, 4].map((name) => line('PUT', String(name), piece + 400));
      return ok([...pieces, line('PUT', '5', 401), line('MOVE', '.file', 400)].join(''));
    }
    return probe.kind === 'sql' && probe.password === value('password') && probe.database === value('base')
      ? ok('1\n')
      : { code: 1, out: 'ERROR 1045 (28000): Access denied\n' };
  },
  // The database compares by itself.
  '13': (value, probe) =>
    ok(probe.kind === 'sql' && probe.query.includes(`'${value('password')}'`) ? '1' : '0'),
  '14': (value) =>
    ok(
      JSON.stringify([
        { status: 200, time: 0.01, exit: 0, error: '', headers: { 'x-release': value('release') }, body: '' },
      ]),
    ),
};

/** What a lab asks of this student's own values: what it does not ask of a lab of no student, or what has a value in it. */
async function ownOf(id: string, student: string): Promise<Expectation[]> {
  const titles = async (whose?: string) => {
    const { expectations } = await checksOf(labNamed(labs, id), {
      topology,
      student: whose,
      host: 'lab.test',
    });
    return [...expectations.values()].flat();
  };
  const others = new Set((await titles()).map(({ title }) => title.en));
  return (await titles(student)).filter(({ title }) => !others.has(title.en));
}

describe('the varied values of the labs', () => {
  for (const [id, answer] of Object.entries(ANSWERS))
    it(`${id}: are asked of the machines; those of another student do not do`, async () => {
      const own = await ownOf(id, 'alice');
      expect(own.length, 'something is asked').to.be.above(0);
      const lab = labNamed(labs, id);
      const holds = (expectation: Expectation, owner: string) => {
        const value = (name: string) => {
          const vary = lab.vary[name];
          if (!vary) throw new Error(`${id} does not vary ${name}`);
          return variedValue(vary, id, name, owner);
        };
        const machines: Facts['machines'] = {};
        for (const { machine, probe } of expectation.needs) {
          machines[machine] ??= { state: 'answered', took: 1, identity: {}, answers: {} };
          machines[machine].answers[probeKey(probe)] = answer(value, probe);
        }
        try {
          expectation.judge(new FactsView({ collected: '', machines }));
          return true;
        } catch {
          return false;
        }
      };
      for (const expectation of own) {
        expect(holds(expectation, 'alice'), expectation.title.en).to.equal(true);
        expect(holds(expectation, 'bob'), expectation.title.en).to.equal(false);
      }
    });

  it('every lab but 00 and 11 varies something, and its guides use all of it', () => {
    const without = labs.filter((lab) => Object.keys(lab.vary).length === 0).map(({ id }) => id);
    expect(without, 'lab 00 has sentences, lab 11 an order of incidents instead').to.deep.equal(['00', '11']);
  });
});
