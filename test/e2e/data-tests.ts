import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { ROOT } from '../../tasks/base/paths.ts';
import { openEngine } from '../../tasks/environment/open-engine.ts';
import { existingEnvironment } from '../../tasks/environment/record.ts';
import { lab } from './run.ts';
import { sharedLab } from './shared.ts';

const FRONT = 'https://lab.test';

/** Tests of what visitors leave, on a complete lab that runs; they leave it complete. */
export function dataTests(name: string): void {
  const { problems } = sharedLab(name);
  const login = () =>
    `student:${JSON.parse(readFileSync(join(ROOT, '.lab', name, 'secrets.json'), 'utf8')).appPassword}`;

  /** What the client machine gets from the application, with the student's login. */
  async function ask(request: string): Promise<string> {
    const curl = `curl -sS --fail-with-body -m 20 --resolve lab.test:443:10.0.2.10 -u ${login()}`;
    const ran = await lab(['ssh', '--name', name, 'client', '--', `${curl} ${request}`]);
    expect(ran.code, `${request}\n${ran.output}`).to.equal(0);
    return ran.stdout;
  }

  it('has on one web machine at once what was stored through the other, also where it was missed before', async () => {
    const at = Date.now() % 1e6;
    const url = (web: string) => `http://${web}/files/shared-${at}`;
    const curl = `curl -sS -m 20 -o /dev/null -w '%{http_code} ' -u ${login()} -H 'Host: lab.test'`;
    const ran = await lab([
      ...['ssh', '--name', name, 'lb1', '--'],
      `${curl} ${url('web2')}; ${curl} -X PUT -d words ${url('web1')}; ${curl} ${url('web2')}; ${curl} -X DELETE ${url('web2')}; ${curl} ${url('web1')}`,
    ]);
    expect(ran.stdout.trim(), ran.output).to.equal('404 201 200 200 404');
  });

  it('loses the power of all machines at once, and returns with all that was acknowledged', async () => {
    const words = `written ${Date.now()}`;
    const { id } = JSON.parse(await ask(`-d 'text=${words} first' ${FRONT}/rows`)) as { id: number };
    const numbers = Array.from({ length: 20 }, (_, number) => number);
    for (const number of numbers) {
      await ask(`-X PUT --data-binary '${words} ${number}' ${FRONT}/files/blackout-${number}`);
      await ask(`-d 'text=${words} ${number}' ${FRONT}/rows`);
    }
    const found = await existingEnvironment(name);
    const engine = await openEngine(found);
    // In the middle of writing, too: nothing had the time to become still.
    await ask(`-d 'text=${words} last' ${FRONT}/rows`);
    await Promise.all(found.topology.machines.map((machine) => engine.powerOff(machine)));
    expect([...(await engine.states()).values()]).to.deep.equal(found.topology.machines.map(() => 'off'));

    const up = await lab(['up', '--name', name, '--yes', '--json']);
    expect(up.code, up.output).to.equal(0);
    console.log(`      in service again after ${up.seconds.toFixed(1)} s`);
    expect(await problems()).to.deep.equal([]);
    // systemd breaks a circle by leaving a unit out, another one each time; `up` would start it again.
    for (const machine of found.topology.machines) {
      const said = await lab([
        'ssh',
        '--name',
        name,
        machine.name,
        '--',
        'journalctl -b -o cat | grep "ordering cycle" || true',
      ]);
      expect(said.stdout, machine.name).to.equal('');
    }
    const rows = (
      JSON.parse(await ask(`'${FRONT}/rows?limit=10000&after=${id}'`)).rows as { text: string }[]
    ).map((row) => row.text);
    expect(rows).to.include.members([...numbers.map((number) => `${words} ${number}`), `${words} last`]);
    for (const number of numbers) {
      expect(await ask(`${FRONT}/files/blackout-${number}`)).to.equal(`${words} ${number}`);
    }
  });
}
