import { spawn } from 'node:child_process';
import { createReadStream } from 'node:fs';
import { type NextcloudFacts, needArchive } from '../../artifacts/application/code.ts';
import { LabError } from '../../base/errors.ts';
import { findTool } from '../../base/exec.ts';
import type { Report } from '../../base/progress.ts';
import { say } from '../../base/text.ts';
import { quote, runRemote, type SshHost } from '../../remote/ssh.ts';

/** Seconds for some hundred megabytes and twenty thousand files, on an emulated machine. */
const TIMEOUT = 1800;

/**
 * Brings the code to a machine whose engine gives it no disk with it: the archive goes through ssh and is unpacked there,
 * once. LabError when it does not arrive.
 */
export async function deliverCode(
  host: SshHost,
  nextcloud: NextcloudFacts | undefined,
  report: Report,
): Promise<void> {
  if (!nextcloud || nextcloud.device) return;
  const { folder } = nextcloud;
  const there = await runRemote(host, `test -f ${quote(`${folder}/version.php`)}`, {
    timeout: 120,
    longTimeouts: true,
  });
  if (there.code === 0) return;
  const archive = await needArchive(nextcloud);
  report(say({ en: 'Nextcloud: copying its code', fr: 'Nextcloud : copie de son code' }));
  // Decompressed here where it can be: an emulated machine takes many times as long.
  const local = findTool('bzip2');
  const input = local
    ? spawn(local, ['-dc', archive], { stdio: ['ignore', 'pipe', 'ignore'] }).stdout
    : createReadStream(archive);
  const part = quote(`${folder}.part`);
  const steps = [
    `rm -rf ${part}`,
    `mkdir -p ${part}`,
    `tar -x${local ? '' : 'j'} -f - -C ${part} --no-same-owner --strip-components=1`,
    'sync',
    `mv ${part} ${quote(folder)}`,
  ];
  const result = await runRemote(host, steps.join(' && '), {
    ...{ input, timeout: TIMEOUT, longTimeouts: true },
  });
  if (result.code === 0) return;
  throw new LabError(
    {
      en: `The code of Nextcloud could not be copied to ${host.Host}.`,
      fr: `Le code de Nextcloud n'a pas pu être copié sur ${host.Host}.`,
    },
    {
      en: 'run the command again: it begins this copy anew.',
      fr: 'relancez la commande : elle recommence cette copie.',
    },
    result.stderr.trim().split('\n').slice(-3),
  );
}
