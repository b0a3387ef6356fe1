import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { BEGUN } from '../../tasks/artifacts/register.ts';
import { LabError } from '../../tasks/base/errors.ts';
import { DEFAULT_ENVIRONMENT, environmentFolder, ROOT } from '../../tasks/base/paths.ts';
import { guide } from '../../tasks/cli/commands/lab-guide.ts';
import { readLabs } from '../../tasks/exercises/guides/load.ts';
import { codeOf, shownCode } from '../../tasks/exercises/guides/student.ts';
import { variedValue } from '../../tasks/exercises/guides/values.ts';

const NAME = `guide-${process.pid}`;

/** What a guide prints, on both ways out. */
async function printed(...args: Parameters<typeof guide>): Promise<{ out: string; err: string }> {
  const { log, error } = console;
  const found = { out: '', err: '' };
  console.log = (line: string) => {
    found.out += `${line}\n`;
  };
  console.error = (line: string) => {
    found.err += `${line}\n`;
  };
  try {
    await guide(...args);
    return found;
  } finally {
    Object.assign(console, { log, error });
  }
}

describe('a guide', () => {
  const folder = environmentFolder(NAME);
  const environment = (file: string) => {
    mkdirSync(folder, { recursive: true });
    const record = { topology: 'seven', engine: 'vagrant-libvirt', app: 'sample' };
    writeFileSync(join(folder, file), JSON.stringify(record));
  };
  /** The name that is taken without --name, as on a computer where nothing was started. */
  const nothing = { name: DEFAULT_ENVIRONMENT };
  before(function () {
    if (existsSync(environmentFolder(DEFAULT_ENVIRONMENT))) this.skip();
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('is printed where no lab exists, every one of them, with addresses; what is said beside it is not in it', async () => {
    for (const { id, needs } of readLabs(ROOT)) {
      const { out, err } = await printed(id, nothing);
      expect(out, id).to.not.match(/\{\{/);
      expect(out.length, id).to.be.above(2000);
      // Where no machine is needed nothing is said of one.
      if (needs.machines === 'none') expect(err, id).to.equal('');
      else expect(err, id).to.match(/^No lab exists yet: .*topology seven/);
    }
    expect((await printed('4', nothing)).out)
      .to.include('10.0.2.10')
      .and.include('bond0');
    expect(existsSync(environmentFolder(DEFAULT_ENVIRONMENT))).to.equal(false);
  });

  it('says below its title how questions are answered, and no more where answers are shown', async () => {
    const how =
      /^# .*\n\nTime: [^#]*?\n\nAnswer the questions as you meet them, before `lab check` [^#]*`lab answer 03` lists them/;
    expect((await printed('3', nothing)).out).to.match(how);
    expect((await printed('3', { ...nothing, answers: true })).out).to.not.include('Answer the questions as');
  });

  it('has the values of a student, the addresses of a topology and the names of an engine that are asked for', async () => {
    const seven = readFileSync(join(ROOT, 'topologies/seven.yaml'), 'utf8');
    mkdirSync(folder, { recursive: true });
    const file = join(folder, 'class.yaml');
    writeFileSync(file, seven.replaceAll('10.0.2.', '10.7.7.'));
    const { out, err } = await printed('4', { ...nothing, topology: file, engine: 'vagrant-libvirt' });
    expect(out).to.include('10.7.7.10').and.include('eth1').and.not.include('10.0.2.10');
    expect(err).to.equal('');
    expect(out).to.match(/virtual_router_id 10\n/);
    expect((await printed('4', { ...nothing, student: 'Alice' })).out).to.not.match(/virtual_router_id 10\n/);
    const error = await printed('4', { ...nothing, student: 'a b' }).catch((thrown: unknown) => thrown);
    expect(error).to.be.instanceOf(LabError);
  });

  it('has the values that a student of a class with a seed has by his code, and refuses the code of another one', async () => {
    const router = (text: { out: string }) => /virtual_router_id (\d+)/.exec(text.out)?.[1];
    const [seed, lab] = ['a seed', readLabs(ROOT).find(({ id }) => id === '04')];
    const code = codeOf(seed, 'alice');
    const own = router(await printed('4', { ...nothing, student: 'alice', code: shownCode(code) }));
    expect(own).to.equal(lab?.vary.router && variedValue(lab.vary.router, '04', 'router', 'alice', code));
    expect(own).to.not.equal(router(await printed('4', { ...nothing, student: 'alice' })));
    for (const options of [{ student: 'bob', code }, { code }]) {
      const error = await printed('4', { ...nothing, ...options }).catch((thrown: unknown) => thrown);
      expect(error).to.be.instanceOf(LabError);
    }
  });

  it('is that of the lab where there is one, also of one that was only begun', async () => {
    environment('lab.json');
    writeFileSync(join(folder, 'labs.json'), JSON.stringify({ student: 'alice' }));
    const own = await printed('4', { name: NAME });
    expect(own.err).to.equal('');
    expect(own.out)
      .to.include('eth1')
      .and.not.match(/virtual_router_id 10\n/);
    const other = await printed('4', { name: NAME, student: 'bob', engine: 'uml' });
    expect(other.out).to.include('vec0');
    expect(/virtual_router_id (\d+)/.exec(other.out)?.[1]).to.not.equal(
      /virtual_router_id (\d+)/.exec(own.out)?.[1],
    );
    rmSync(folder, { recursive: true });
    environment(BEGUN);
    expect((await printed('4', { name: NAME })).out).to.include('eth1');
  });

  it('of a lab that is not there by that name is refused', async () => {
    const error = await printed('4', { name: 'nowhere' }).catch((thrown: unknown) => thrown);
    expect(error).to.be.instanceOf(LabError);
    expect((error as LabError).render()).to.include('no lab named "nowhere"');
  });
});
