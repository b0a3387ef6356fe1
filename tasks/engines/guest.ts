import { LabError } from '../base/errors.ts';
import { hostNamed, runRemote, type SshHost } from '../remote/ssh.ts';

/** Runs a command in a machine on behalf of an engine. LabError when it fails. */
export async function guestCommand(
  hosts: SshHost[],
  machine: string,
  command: string,
  timeout: number,
): Promise<string> {
  const host = hostNamed(hosts, machine);
  const result = await runRemote(host, command, { timeout });
  if (result.code !== 0) {
    throw new LabError(
      {
        en: `A command failed on ${machine} (exit code ${result.code}).`,
        fr: `Une commande a échoué sur ${machine} (code ${result.code}).`,
      },
      undefined,
      [command, ...result.stderr.trim().split('\n').slice(-5)],
    );
  }
  return result.stdout;
}

/** File that takes the room away; the same on every engine. */
const RESERVE = '/var/lib/lab/reserve';

/**
 * Leaves `room` MiB free on a machine's root file system by reserving the rest (undefined: gives all of it back).
 * Blocks reserved for root count as room, because services here run as root.
 * A reservation inside the machine behaves the same on every engine and cannot harm the host's own disk.
 */
export async function limitRootDisk(
  hosts: SshHost[],
  machine: string,
  room: number | undefined,
): Promise<void> {
  const reserve =
    room === undefined
      ? ''
      : [
          "; set -- $(stat -f -c '%f %S' /)",
          `take=$(($1 * $2 / 1048576 - ${room}))`,
          // The file system needs some blocks for itself: most is reserved at once, the rest is written until it fits.
          `[ "$take" -le 16 ] || fallocate -l "$((take - 16))M" ${RESERVE}`,
          `[ "$take" -le 0 ] || head -c "$((take < 16 ? take : 16))M" /dev/zero >>${RESERVE} || true`,
        ].join('; ');
  await guestCommand(hosts, machine, `rm -f ${RESERVE}${reserve}`, 60);
}
