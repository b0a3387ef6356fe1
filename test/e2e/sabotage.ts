/**
 * Proves that drills catch what they are for: breaks a lab's design on purpose, drills it, mends it and drills again.
 *     npx tsx test/e2e/sabotage.ts gate|protocol|grace [LAB]
 * The lab must exist, have its full redundancy, and be nobody's: its machines are changed. Exit code 0: caught, and not
 * caught once mended.
 */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { environmentFolder } from '../../tasks/base/paths.ts';
import type { DrillResult } from '../../tasks/measure/drill/model.ts';
import { drillsFolder } from '../../tasks/measure/drill/open-fault.ts';
import { lab } from './run.ts';

interface Sabotage {
  machines: string[];
  breaks: string;
  mends: string;
  /** Done on every machine before each drill, broken or mended. */
  before?: string;
  drill: string[];
  /** How often it may be tried: chance has a part in it. */
  tries: number;
  /** Whether a result shows it. */
  caught: (result: DrillResult) => boolean;
}

const failed = (result: DrillResult, budget: string, kind?: string) =>
  result.judgements.some(
    (judgement) =>
      judgement.budget === budget &&
      judgement.verdict !== 'pass' &&
      (!kind || judgement.kind === kind) &&
      judgement.measured !== 0,
  );

const COMMON = '/usr/local/lib/lab/galera-common';
const SHARED = '/etc/drbd.d/shared.res';

const NFS = '/etc/nfs.conf.d/lab.conf';
/** A client that is lost for good: the server knows it from the clients' database, and it will not take its state back. */
const LOST_CLIENT = `python3 -c "import os, sqlite3
path = '/srv/storage/nfs/main.sqlite'
if os.path.exists(path):
    clients = sqlite3.connect(path, timeout=10)
    (epoch,) = clients.execute('SELECT current FROM grace').fetchone()
    clients.execute(f'INSERT OR REPLACE INTO \\"rec-{epoch:016x}\\" (id) VALUES (?)', (b'Linux NFSv4.2 lost',))
    clients.commit()"`;

const SABOTAGES: Record<string, Sabotage> = {
  // The database answers before it is up to date: who is sent there by Router gets errors.
  gate: {
    machines: ['db1', 'db2'],
    breaks: `cp -n ${COMMON} /root/kept; sed -i 's/^gate() {/gate() { nft delete table inet galera_gate 2>\\/dev\\/null || true; return 0;/' ${COMMON}; systemctl restart galera-gate; sync`,
    mends: `cp /root/kept ${COMMON}; rm /root/kept; systemctl restart galera-gate; sync`,
    drill: ['db1', '--fault', 'power'],
    tries: 2,
    caught: (result) => failed(result, 'return', 'row'),
  },
  // A write is acknowledged before the other disk has it. DRBD itself refuses that together with fencing that freezes writes.
  protocol: {
    machines: ['db1', 'db2'],
    breaks: `cp -n ${SHARED} /root/kept; sed -i 's/protocol C;/protocol A;/; s/fencing resource-and-stonith;/fencing resource-only;/' ${SHARED}; sync; drbdadm adjust shared`,
    mends: `cp /root/kept ${SHARED}; rm /root/kept; sync; drbdadm adjust shared`,
    drill: ['--holder', 'storage', '--fault', 'fading'],
    tries: 3,
    caught: (result) => result.writes.some((write) => write.kind !== 'row' && write.lost.length > 0),
  },
  // Files wait as long as the packages would have them wait for a client that is gone. Without such a client the grace period
  // ends as soon as all are back, and its length is not to be seen. With the kit's 10 s files were out for 27 and 31 s on a slow
  // computer, with 90 s for 124 s.
  grace: {
    machines: ['db1', 'db2'],
    breaks: `cp -n ${NFS} /root/kept; sed -i 's/^\\(grace\\|lease\\)-time=.*/\\1-time=90/' ${NFS}; sync`,
    mends: `cp /root/kept ${NFS}; rm /root/kept; sync`,
    before: LOST_CLIENT,
    drill: ['--holder', 'storage', '--fault', 'power'],
    tries: 2,
    caught: (result) => result.kinds.some((kind) => kind.kind === 'upload' && (kind.longest ?? 0) > 60),
  },
};

const [name = '', labName = 'lab'] = process.argv.slice(2);
const sabotage = SABOTAGES[name];
if (!sabotage) throw new Error(`which one: ${Object.keys(SABOTAGES).join(', ')}`);

async function everywhere(command: string, { machines }: Sabotage): Promise<void> {
  for (const machine of machines) {
    const ran = await lab(['ssh', '--name', labName, machine, '--', command]);
    if (ran.code !== 0) throw new Error(`${machine}: ${ran.output}`);
  }
}

async function drill(sabotage: Sabotage): Promise<boolean> {
  const { drill, caught, before } = sabotage;
  if (before) await everywhere(before, sabotage);
  const ran = await lab(['drill', ...drill, '--name', labName, '--json']);
  if (!ran.stdout.startsWith('{')) throw new Error(ran.output);
  const result = JSON.parse(ran.stdout) as DrillResult;
  // It says nothing of the kit as it is, so its record is not kept.
  rmSync(join(drillsFolder(environmentFolder(labName)), result.id), { recursive: true, force: true });
  for (const judgement of result.judgements) {
    if (judgement.verdict !== 'pass')
      console.log(
        `  ${judgement.budget} ${judgement.what} ${judgement.kind ?? ''}: ${judgement.measured} (${judgement.limit})`,
      );
  }
  for (const kind of result.kinds) console.log(`  ${kind.kind}: out for at most ${kind.longest} s`);
  for (const write of result.writes)
    console.log(`  ${write.kind}: ${write.acknowledged} acknowledged, lost [${write.lost}]`);
  return caught(result);
}

/** Whether it was caught, in as many tries as there are. */
async function attempts(of: Sabotage): Promise<boolean> {
  for (let tries = 0; tries < of.tries; tries += 1) if (await drill(of)) return true;
  return false;
}

console.log(`${name}: broken`);
await everywhere(sabotage.breaks, sabotage);
let caught = false;
try {
  caught = await attempts(sabotage);
} finally {
  await everywhere(sabotage.mends, sabotage);
}
console.log(`${name}: mended`);
const still = await attempts(sabotage);
console.log(
  `${name}: ${caught ? 'caught' : 'NOT CAUGHT'} when broken, ${still ? 'STILL REPORTED' : 'silent'} when mended`,
);
process.exitCode = caught && !still ? 0 : 1;
