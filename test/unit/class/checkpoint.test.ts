import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect } from 'chai';
import { LabError } from '../../../tasks/base/errors.ts';
import { findTool } from '../../../tasks/base/exec.ts';
import { restoreLab, saveLab } from '../../../tasks/class/checkpoint.ts';
import type { Engine } from '../../../tasks/engines/engine.ts';
import { SnapshotStore } from '../../../tasks/engines/uml/snapshots.ts';
import type { Environment } from '../../../tasks/environment/record.ts';
import { onLinux } from '../helpers/only.ts';

const withTar = findTool('zstd')
  ? onLinux('GNU tar')
  : { it: (title: string) => it.skip(`${title} (zstd is not installed)`) };

describe('class: what is saved of a lab', () => {
  let folder = '';
  let lab = '';
  let file = '';
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'checkpoint-'));
    [lab, file] = [join(folder, 'lab'), join(folder, 'file')];
    const files: Record<string, string> = {
      'lab.json': '{"topology":"seven"}',
      'labs.json': JSON.stringify({
        starts: [
          { snapshot: 'start-1', roles: [], used: '' },
          { snapshot: 'start-kept', roles: [], used: '' },
        ],
        history: [],
      }),
      'run/holder': '1 2',
      'engine/base.json': '{}',
      'engine/disks/web1.cow': 'of the instant',
      'engine/snapshots/work-01/web1.cow': 'earlier work',
      'engine/snapshots/work-01/snapshot.json': '{}',
      'engine/snapshots/start-1/web1.cow': 'made again when it is needed',
      'snapshots/work-01.json': '{}',
    };
    for (const [name, text] of Object.entries(files)) {
      mkdirSync(dirname(join(lab, name)), { recursive: true });
      writeFileSync(join(lab, name), text, { mode: 0o600 });
    }
    truncateSync(join(lab, 'engine/disks/web1.cow'), 64 << 20);
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  /** The snapshots of the uml engine, of a lab that goes on changing its disks. */
  const save = () => {
    const store = new SnapshotStore(join(lab, 'engine/snapshots'), join(lab, 'engine/disks'));
    const engine = {
      saveSnapshot: async (name: string) => {
        await store.save(name, ['web1'], () => undefined);
        writeFileSync(join(lab, 'engine/disks/web1.cow'), 'of later');
      },
      deleteSnapshot: (name: string) => store.delete(name),
    } as unknown as Engine;
    return saveLab({ folder: lab } as Environment, engine, file);
  };

  withTar.it(
    'comes back: disks of one instant, record and earlier work; no processes, no start states',
    async () => {
      await save();
      expect(existsSync(join(lab, 'engine/snapshots/class-save'))).to.equal(false);
      expect(statSync(file).size).to.be.below(1 << 20);
      const other = join(folder, 'other', 'lab');
      await restoreLab(other, file);
      const disk = join(other, 'engine/disks/web1.cow');
      expect(readFileSync(disk).subarray(0, 14).toString()).to.equal('of the instant');
      expect(statSync(disk).size).to.equal(64 << 20);
      expect(statSync(disk).blocks * 512, 'sparse').to.be.below(1 << 20);
      expect(readFileSync(join(other, 'engine/snapshots/work-01/web1.cow'), 'utf8')).to.equal('earlier work');
      for (const name of ['lab.json', 'engine/base.json', 'snapshots/work-01.json'])
        expect(existsSync(join(other, name)), name).to.equal(true);
      for (const name of [
        'run',
        'engine/snapshots/start-1',
        'engine/snapshots/class-save',
        'engine/disks/snapshot.json',
      ])
        expect(existsSync(join(other, name)), name).to.equal(false);
      expect(JSON.parse(readFileSync(join(other, 'labs.json'), 'utf8')).starts).to.deep.equal([]);
    },
  );

  withTar.it('one that is not whole is refused, and leaves nothing; nor is a lab replaced', async () => {
    await save();
    const other = join(folder, 'other');
    truncateSync(file, Math.floor(statSync(file).size / 2));
    const error = await restoreLab(other, file).catch((thrown: unknown) => thrown);
    expect(error).to.be.instanceOf(LabError);
    expect(existsSync(other)).to.equal(false);
    expect(await restoreLab(lab, file).catch((thrown: unknown) => thrown)).to.be.instanceOf(LabError);
    expect(existsSync(join(lab, 'lab.json'))).to.equal(true);
  });
});
