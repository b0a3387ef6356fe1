import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { LabError } from '../../tasks/base/errors.ts';
import type { Environment } from '../../tasks/environment/record.ts';
import { filesOf } from '../../tasks/exercises/session/carry.ts';
import { markMachines, markOf } from '../../tasks/exercises/session/start.ts';
import { walkGuide } from '../../tasks/exercises/session/walk.ts';
import type { LabsState } from '../../tasks/exercises/state/state.ts';
import type { Topology } from '../../tasks/topology/model.ts';
import { lab01, labs, topology } from './helpers/facts.ts';
import { fakeEngine } from './helpers/fake-engine.ts';
import { type FakeSsh, fakeSsh } from './helpers/fake-ssh.ts';
import { withFakeSsh } from './helpers/only.ts';

/** Who waits for a few seconds only is not let in. */
const SLOW = `[[ "$*" == *ConnectTimeout=150* ]] || exit 255
printf '%s\\n' "$command" >>commands
printf '\\n--\\n'`;

withFakeSsh.describe('a computer that is slow when a lab has just started', () => {
  let ssh: FakeSsh;
  beforeEach(() => {
    ssh = fakeSsh(SLOW);
  });
  afterEach(() => ssh.remove());

  const session = (student?: string) => {
    const topology = { machines: ['web1', 'web2'].map((name) => ({ name })) } as unknown as Topology;
    const environment = {
      folder: ssh.folder,
      topology,
      record: { engine: 'uml', factor: 1 },
    } as unknown as Environment;
    const engine = fakeEngine(['web1', 'web2'], 'running', ssh.folder);
    const state = { history: [], ...(student === undefined ? {} : { student }) } as unknown as LabsState;
    return { engine, environment, state };
  };

  it('its machines get the mark of their student', async () => {
    await markMachines(session('alice'));
    const said = readFileSync(join(ssh.folder, 'commands'), 'utf8');
    for (const machine of ['web1', 'web2']) expect(said).to.include(markOf('alice', machine));
    expect(ssh.calls().sort()).to.deep.equal(['web1: ask', 'web2: ask']);
  });

  it('nothing is asked of the machines of a lab of nobody', async () => {
    await markMachines(session());
    expect(ssh.calls()).to.deep.equal([]);
  });

  it('a machine that is not reached is named', async () => {
    ssh.remove();
    ssh = fakeSsh('[[ $machine != web2 ]] || exit 255');
    const error = await markMachines(session('alice')).catch((thrown: unknown) => thrown);
    expect(error).to.be.instanceOf(LabError);
    expect((error as LabError).render()).to.include('web2');
  });

  const walk = (block: string) => {
    const text = `# Guide\n\n## 1. Step\n\n\`\`\`bash web1\n${block}\n\`\`\`\n`;
    writeFileSync(join(ssh.folder, 'guide.en.md'), text);
    const { engine, environment, state } = session();
    const known = { engine, environment: { ...environment, topology }, state, labs, host: 'lab.test' };
    return walkGuide(known, { ...lab01, folder: ssh.folder }, { language: 'en' });
  };

  it('a block of a guide is done there once it is let in, and once only', async () => {
    ssh.remove();
    ssh =
      fakeSsh(`[[ $command != *reboot* ]] || { echo 'Connection to web1 closed by remote host.' >&2; exit 255; }
[[ "$*" == *ConnectTimeout=150* ]] || { echo 'Connection timed out during banner exchange' >&2; exit 255; }
echo done`);
    expect(await walk('true')).to.equal(1);
    expect(ssh.calls()).to.have.length(2);
    // What ended the connection itself was run.
    const error = await walk('reboot').catch((thrown: unknown) => thrown);
    expect((error as LabError).render()).to.include('exit code 255');
    expect(ssh.calls()).to.have.length(3);
  });

  for (const refusal of [
    'kex_exchange_identification: Connection closed by remote host',
    'ssh: connect to host web1 port 22: Connection refused',
    'Connection reset by 10.0.2.21 port 22',
  ])
    it(`a block of a guide waits for a machine that comes back (${refusal})`, async () => {
      ssh.remove();
      ssh = fakeSsh(`echo >>asked; [[ $(wc -l <asked) -gt 2 ]] || { echo '${refusal}' >&2; exit 255; }
echo done`);
      expect(await walk('true')).to.equal(1);
      expect(ssh.calls()).to.have.length(3);
    });

  it('its machines tell the files that a bundle carries', async () => {
    const carried = { files: new Set(['/etc/hosts']), folders: new Set<string>(), kits: new Set<string>() };
    expect(await filesOf(session(), 'web1', carried)).to.deep.equal({ files: {}, left: [], keys: [] });
  });
});
