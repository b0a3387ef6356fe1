import { expect } from 'chai';
import { LabError } from '../../tasks/base/errors.ts';
import { inWork, oldWorkers, sessionsAt } from '../../tasks/scale/balancers.ts';
import { requireMemory } from '../../tasks/scale/scale.ts';

const STAT = `# pxname,svname,qcur,qmax,scur,smax,slim,
front,FRONTEND,,,7,9,2000,
web,web1,0,0,2,9,16,
web,web3,1,1,3,9,16,
web,web3-anyway,0,0,4,9,16,
web,web33,0,0,50,9,16,
web,BACKEND,1,1,9,9,200,
files,web3,1,1,60,9,2,
`;

describe('load balancers: what is still in work', () => {
  it('counts requests at and waiting for the machines, in each backend, also as last resort, and no others', () => {
    expect(sessionsAt(STAT, ['web3'])).to.equal(69);
    expect(sessionsAt(STAT, ['web1', 'web3'])).to.equal(71);
    expect(sessionsAt(STAT, ['web2'])).to.equal(0);
  });

  it('finds columns by their names', () => {
    expect(sessionsAt('# pxname,scur,svname,qcur\nweb,5,web1,1\n', ['web1'])).to.equal(6);
  });

  it('counts the processes of earlier configurations', () => {
    const now =
      '#<PID>          <type>          <reloads>       <uptime>\n12              master          2\n# workers\n40  worker  0\n';
    expect(oldWorkers(`${now}# programs\n`)).to.equal(0);
    expect(
      oldWorkers(
        `${now}# old workers\n31              worker          1    0d00h00m20s\n22              worker          2    0d\n# programs\n\n`,
      ),
    ).to.equal(2);
    expect(oldWorkers('')).to.equal(0);
  });

  it('what HAProxy 3.0 answers: requests, then an old process after a reload, then nothing', () => {
    const processes = (old: string) => `--
#<PID>          <type>          <reloads>       <uptime>        <version>
60              master          1 [failed: 0]   0d00h00m05s     3.0.11-1+deb13u5
# workers
99              worker          0               0d00h00m01s     3.0.11-1+deb13u5
${old}# programs

`;
    const idle = '# pxname,svname,qcur,qmax,scur,smax,slim,\nweb,web3,0,0,0,2,16,\n\n';
    expect(inWork(STAT + processes(''), ['web3'])).to.equal(69);
    const old =
      '# old workers\n63              worker          1               0d00h00m05s     3.0.11-1+deb13u5\n';
    expect(inWork(idle + processes(old), ['web3'])).to.equal(1);
    expect(inWork(idle + processes(''), ['web3'])).to.equal(0);
  });

  it('no answer, as during a reload, is not taken for nothing in work', () => {
    expect(inWork(`${STAT}\n--\n`, ['web3'])).to.equal(undefined);
    expect(inWork('--\n', ['web3'])).to.equal(undefined);
    expect(inWork('', ['web3'])).to.equal(undefined);
  });

  it('more machines need memory', () => {
    const machine = { name: '', address: '', mac: '', memory: 512, disk: undefined, cpus: 1, roles: [] };
    expect(() => requireMemory([machine, machine], 1023)).to.throw(LabError, '1024 MiB');
    requireMemory([machine, machine], 1024);
    requireMemory([], 0);
  });
});
