import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Topology } from '../topology/model.ts';

/** A certificate with its private key, as PEM. */
export interface Certificate {
  cert: string;
  key: string;
}

/** The lab's certificate authority with the certificate of the front door and those of the machines. */
export interface Tls extends Certificate {
  ca: string;
  /** Private key of the authority, to issue more certificates later. */
  caKey: string;
  /** A machine's own certificate, by the machine's name. */
  machines?: Record<string, Certificate & { address: string }>;
}

/** Everything secret of one lab. Generated once, kept in one file of mode 0600, never logged. */
export interface Secrets {
  tls: Tls;
  /** Passwords by name; 24 letters and digits. */
  [password: string]: string | Tls;
}

const ALPHABET = 'ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789';

/** Lengths that are asked for: Nextcloud refuses shorter ones. VRRP authentication fields take eight characters. */
const LENGTHS: Record<string, number> = { nextcloudSecret: 48, nextcloudSalt: 30 };

/** A password without characters that a shell, a URL or a reader could mistake. */
export function password(length = 24): string {
  let text = '';
  while (text.length < length) {
    for (const byte of randomBytes(length)) {
      // 57 letters: bytes at and above 228 would make the first ones more likely.
      if (byte < 228 && text.length < length) text += ALPHABET[byte % ALPHABET.length];
    }
  }
  return text;
}

/** Writes a file that only its owner can read, whole or not at all. */
export async function writePrivate(file: string, content: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  await writeFile(`${file}.part`, content, { mode: 0o600 });
  await rename(`${file}.part`, file);
}

/** The lab's secrets (`serviceName`: host name in its certificate), with a password for each of `names`; what is missing is generated and kept. */
export async function ensureSecrets(
  folder: string,
  topology: Topology,
  names: string[],
  serviceName: string,
): Promise<Secrets> {
  const file = join(folder, 'secrets.json');
  const known: Partial<Secrets> = existsSync(file)
    ? (JSON.parse(await readFile(file, 'utf8')) as Partial<Secrets>)
    : {};
  const before = JSON.stringify(known);
  for (const name of names) known[name] ??= password(LENGTHS[name] ?? (name.startsWith('vrrp') ? 8 : 24));
  if (!known.tls) {
    const { issueCertificates } = await import('./tls.ts');
    known.tls = await issueCertificates(topology, serviceName);
  }
  const secrets: Secrets = {
    ...known,
    tls: { ...known.tls, machines: await machineCertificates(known.tls, topology) },
  };
  if (JSON.stringify(secrets) !== before) await writePrivate(file, `${JSON.stringify(secrets, null, 2)}\n`);
  return secrets;
}

/** The certificates of all machines: kept, and issued for a machine that has none or that changed its address. */
async function machineCertificates(tls: Tls, topology: Topology): Promise<NonNullable<Tls['machines']>> {
  const { issueMachineCertificate } = await import('./tls.ts');
  const machines = { ...tls.machines };
  for (const machine of topology.machines) {
    if (machines[machine.name]?.address === machine.address) continue;
    const issued = await issueMachineCertificate(tls, machine, topology);
    machines[machine.name] = { ...issued, address: machine.address };
  }
  return machines;
}
