import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { LabError } from '../../base/errors.ts';
import { findTool, outputOf, runProgram } from '../../base/exec.ts';
import { withTemporaryFolder } from '../../base/temporary.ts';

/** Binary form of an ASCII-armoured OpenPGP block (RFC 9580, 6.2); undefined when there is none. */
export function dearmor(text: string): Buffer | undefined {
  const match = /-----BEGIN PGP [A-Z ]+-----\r?\n([\s\S]*?)-----END PGP /.exec(text);
  if (!match?.[1]) return undefined;
  const lines = match[1].split(/\r?\n/);
  // Headers end with an empty line; the last line may be a checksum, =XXXX.
  const body = lines.slice(lines.indexOf('') + 1).filter((line) => line !== '' && !/^=.{4}$/.test(line));
  return Buffer.from(body.join(''), 'base64');
}

/** Fingerprint of the primary key of a good signature, from the status lines of gpgv; undefined when there is none. */
export function signer(status: string): string | undefined {
  if (!/^\[GNUPG:\] GOODSIG /m.test(status)) return undefined;
  const words = /^\[GNUPG:\] VALIDSIG (.+)$/m.exec(status)?.[1]?.split(' ');
  // The key that signed comes first, the primary key it belongs to last.
  return words?.at(-1) ?? words?.[0];
}

/** LabError where gpgv is missing. */
export function needVerifier(): void {
  if (findTool('gpgv')) return;
  throw new LabError(
    {
      en: 'The program gpgv is missing: the signature of the Nextcloud archive cannot be checked.',
      fr: "Le programme gpgv manque : la signature de l'archive Nextcloud ne peut pas être vérifiée.",
    },
    { en: 'install it (Debian: apt-get install gpgv).', fr: 'installez-le (Debian : apt-get install gpgv).' },
  );
}

/**
 * LabError unless `signature` is a good one of `file` by the key whose fingerprint is `fingerprint`. `key`: the public
 * key, ASCII-armoured; where it comes from does not matter, because only the fingerprint is believed.
 */
export async function checkSignature(
  file: string,
  signature: string,
  key: string,
  fingerprint: string,
): Promise<void> {
  needVerifier();
  await withTemporaryFolder('lab-signature-', async (folder) => {
    const ring = join(folder, 'key.gpg');
    const detached = join(folder, 'archive.asc');
    await writeFile(ring, dearmor(key) ?? '');
    await writeFile(detached, signature);
    const args = ['--status-fd', '1', '--keyring', ring, '--homedir', folder, detached, file];
    const ended = await runProgram('gpgv', args, { seconds: 300 });
    const output = outputOf(ended);
    if (ended.code === 0 && signer(output) === fingerprint) return;
    throw new LabError(
      {
        en: `${file} is not signed by Nextcloud's release key (${fingerprint}).`,
        fr: `${file} n'est pas signé par la clé de publication de Nextcloud (${fingerprint}).`,
      },
      {
        en: 'do not use it; fetch archive and signature again from https://nextcloud.com/install.',
        fr: "ne l'utilisez pas ; reprenez archive et signature sur https://nextcloud.com/install.",
      },
      output
        .split('\n')
        .filter((line) => line.startsWith('gpgv:'))
        .slice(-3),
    );
  });
}
