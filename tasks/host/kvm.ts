import { accessSync, constants, existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type Ended, findTool, outputOf, runProgram } from '../base/exec.ts';
import { writeFileAtomic } from '../base/files.ts';
import type { Text } from '../base/text.ts';
import { bootSector, EXIT_CODE, EXIT_DEVICE } from './boot-sector.ts';
import { bootId } from './computer.ts';

/** Whether machines really run on KVM here. */
export interface KvmFacts {
  works: boolean;
  /** What was tried: a Linux kernel, a boot sector (no kernel was readable), or nothing. */
  tried: 'kernel' | 'boot sector' | 'nothing';
  reason: Text;
}

const KERNEL_SECONDS = 15;
/** A sector that works takes 0.1 s; KVM that is itself badly emulated was seen to take 4 s. */
const SECTOR_SECONDS = 3;
/** A kernel of this processor type that this user can read: in /boot, else beside a box in the kit's cache. */
export function readableKernel(cache: string): string | undefined {
  const below = (folder: string): string[] =>
    existsSync(folder) ? readdirSync(folder).sort().reverse() : [];
  const candidates = [
    ...below('/boot')
      .filter((name) => /^vmlinuz-\d/.test(name))
      .map((name) => join('/boot', name)),
    ...below(join(cache, 'box')).map((entry) => join(cache, 'box', entry, 'vmlinuz')),
  ];
  return candidates.find((file) => {
    try {
      accessSync(file, constants.R_OK);
      return true;
    } catch {
      return false;
    }
  });
}

const QEMU = 'qemu-system-x86_64';
/** A small computer without any device. The processor is passed through, as the Vagrantfile asks of libvirt. */
function machine(accelerator: 'kvm' | 'tcg'): string[] {
  const cpu = accelerator === 'kvm' ? 'host' : 'qemu64';
  const size = ['-m', '256', '-smp', '1', '-cpu', cpu];
  return [
    '-accel',
    accelerator,
    ...size,
    '-nodefaults',
    '-display',
    'none',
    '-monitor',
    'none',
    '-no-reboot',
  ];
}

/**
 * Arguments that start a kernel without any disk: it finds no root file system, panics and, as `panic=-1` says,
 * reboots at once, which ends QEMU. Everything before (processor, clocks, interrupts, all drivers) has then run.
 */
function bootKernel(kernel: string): string[] {
  return ['-serial', 'stdio', '-kernel', kernel, '-append', 'console=ttyS0 panic=-1'];
}

function bootImage(file: string): string[] {
  return ['-device', EXIT_DEVICE, '-drive', `file=${file},format=raw,snapshot=on`];
}

/** The last line of an output that says something, without QEMU's name and source file before it. */
function lastLine(output: string): string {
  const line = output.trim().split(/\r?\n/).at(-1)?.trim() ?? '';
  return line.replace(/^qemu-system-x86_64: (\S+\.c:\d+: )?/, '').slice(0, 120);
}

export function judgeKernel(ended: Ended): KvmFacts {
  const tried = 'kernel';
  if (ended.code === 0 && /Kernel panic - not syncing: VFS/.test(outputOf(ended)))
    return {
      works: true,
      tried,
      reason: { en: 'a Linux kernel boots on KVM', fr: 'un noyau Linux démarre sur KVM' },
    };
  if (ended.timedOut) {
    const said = /Linux version/.test(outputOf(ended)) ? lastLine(outputOf(ended)) : '';
    return {
      works: false,
      tried,
      reason: {
        en: `a Linux kernel hangs on KVM (${KERNEL_SECONDS} s${said ? `, last line: ${said}` : ' without a word'})`,
        fr: `un noyau Linux se bloque sur KVM (${KERNEL_SECONDS} s${said ? `, dernière ligne : ${said}` : ' sans un mot'})`,
      },
    };
  }
  return failure(tried, ended);
}

function failure(tried: KvmFacts['tried'], ended: Ended): KvmFacts {
  const said = lastLine(outputOf(ended)) || `code ${ended.code}`;
  return {
    works: false,
    tried,
    reason: { en: `KVM does not start: ${said}`, fr: `KVM ne démarre pas : ${said}` },
  };
}

export function judgeSector(ended: Ended): KvmFacts {
  const tried = 'boot sector';
  if (ended.code === EXIT_CODE)
    return {
      works: true,
      tried,
      reason: {
        en: 'a boot sector runs on KVM (no Linux kernel was readable to try a real boot)',
        fr: 'un secteur d’amorçage tourne sur KVM (aucun noyau Linux lisible pour essayer un vrai démarrage)',
      },
    };
  if (ended.timedOut)
    return {
      works: false,
      tried,
      reason: { en: 'even a boot sector hangs on KVM', fr: 'même un secteur d’amorçage se bloque sur KVM' },
    };
  return failure(tried, ended);
}

/** Boots a kernel, or a boot sector when `kernel` is undefined. 15 s at most. */
export async function bootProbe(accelerator: 'kvm' | 'tcg', kernel: string | undefined): Promise<KvmFacts> {
  const boot = (from: string[], seconds: number) =>
    runProgram(QEMU, [...machine(accelerator), ...from], { seconds });
  if (kernel) return judgeKernel(await boot(bootKernel(kernel), KERNEL_SECONDS));
  const folder = mkdtempSync(join(tmpdir(), 'lab-kvm-'));
  try {
    const image = join(folder, 'sector');
    writeFileSync(image, bootSector());
    return judgeSector(await boot(bootImage(image), SECTOR_SECONDS));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Why KVM cannot even be tried; undefined when it can. */
function obstacle(): Text | undefined {
  if (!existsSync('/dev/kvm'))
    return {
      en: 'there is no /dev/kvm: virtualization is off in the firmware, or this computer is itself a virtual machine',
      fr: '/dev/kvm n’existe pas : virtualisation coupée dans le firmware, ou ordinateur lui-même virtuel',
    };
  try {
    accessSync('/dev/kvm', constants.R_OK | constants.W_OK);
  } catch {
    return {
      en: '/dev/kvm is not open to this user (sudo adduser "$USER" kvm, then log in again)',
      fr: '/dev/kvm n’est pas ouvert à cet utilisateur (sudo adduser "$USER" kvm, puis se reconnecter)',
    };
  }
  if (!findTool(QEMU)) return { en: `${QEMU} is not installed`, fr: `${QEMU} n’est pas installé` };
  return undefined;
}

interface Remembered extends KvmFacts {
  boot: string;
}

/**
 * Whether machines run on KVM, by booting something. The answer is kept in the cache folder for this boot of the
 * computer, unless only a boot sector was tried and a kernel has become readable since.
 */
export async function probeKvm(cache: string): Promise<KvmFacts> {
  const reason = obstacle();
  if (reason) return { works: false, tried: 'nothing', reason };
  const file = join(cache, 'kvm.json');
  const boot = bootId();
  const kernel = readableKernel(cache);
  const known = await readFile(file, 'utf8')
    .then(
      (text) => JSON.parse(text) as Partial<Remembered>,
      () => undefined,
    )
    .catch(() => undefined);
  if (boot && known?.boot === boot && known.reason && known.tried && (known.tried === 'kernel' || !kernel))
    return { works: known.works === true, tried: known.tried, reason: known.reason };
  const found = await bootProbe('kvm', kernel);
  if (boot) await remember(file, { ...found, boot }).catch(() => undefined);
  return found;
}

async function remember(file: string, facts: Remembered): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  await writeFileAtomic(file, `${JSON.stringify(facts, null, 2)}\n`);
}
