import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writePrivate } from '../base/files.ts';
import type { Topology } from '../topology/model.ts';
import { frontSubject, isFor, isLasting, machineSubject, type Subject } from './subjects.ts';
import type { Certificate, Tls } from './tls.ts';

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

/**
 * The lab's secrets (`serviceName`: host name in its certificate), with a password for each of `names`; what is missing is generated and
 * kept, and certificates that end soon are issued anew.
 */
export async function ensureSecrets(
  folder: string,
  topology: Topology,
  names: string[],
  serviceName: string,
  now = new Date(),
): Promise<Secrets> {
  const file = join(folder, 'secrets.json');
  const known: Partial<Secrets> = existsSync(file)
    ? (JSON.parse(await readFile(file, 'utf8')) as Partial<Secrets>)
    : {};
  const before = JSON.stringify(known);
  for (const name of names) known[name] ??= password(LENGTHS[name] ?? (name.startsWith('vrrp') ? 8 : 24));
  const secrets: Secrets = { ...known, tls: await ensureCertificates(known.tls, topology, serviceName, now) };
  if (JSON.stringify(secrets) !== before) await writePrivate(file, `${JSON.stringify(secrets, null, 2)}\n`);
  return secrets;
}

/**
 * Authority and certificates that fit the topology: kept where they do, issued where one is missing, is for other
 * names or addresses, or ends soon (all of them with the authority, which ends what it has signed). Those of machines that are gone are dropped.
 */
async function ensureCertificates(
  known: Tls | undefined,
  topology: Topology,
  serviceName: string,
  now: Date,
): Promise<Tls> {
  const front = frontSubject(topology, serviceName);
  // Read when it is needed only: it takes longer than most commands.
  const issuer = () => import('./tls.ts');
  const fits = (cert: string, subject: Subject) => isFor(cert, subject) && isLasting(cert, now);
  let tls =
    known && isLasting(known.ca, now) ? known : await (await issuer()).issueAuthority(topology, front, now);
  if (!fits(tls.cert, front)) tls = { ...tls, ...(await (await issuer()).issueCertificate(tls, front, now)) };
  const machines: Record<string, Certificate> = {};
  for (const machine of topology.machines) {
    const subject = machineSubject(machine, topology);
    const kept = tls.machines?.[machine.name];
    machines[machine.name] =
      kept && fits(kept.cert, subject)
        ? { cert: kept.cert, key: kept.key }
        : await (await issuer()).issueCertificate(tls, subject, now);
  }
  return { ...tls, machines };
}
