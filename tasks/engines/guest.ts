import { runRemote } from '../remote/ssh.ts';
import { LabError } from '../ui/errors.ts';
import type { SshHost } from './engine.ts';

/** Runs a command in a machine on behalf of an engine. LabError when it fails. */
export async function guestCommand(
  hosts: SshHost[],
  machine: string,
  command: string,
  timeout: number,
): Promise<string> {
  const host = hosts.find((one) => one.Host === machine);
  if (!host) throw new Error(`no way to reach ${machine}`);
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
      : `; set -- $(stat -f -c '%f %S' /); free=$(($1 * $2 / 1048576)); [ "$free" -le ${room} ] || fallocate -l "$((free - ${room}))M" ${RESERVE}`;
  await guestCommand(hosts, machine, `rm -f ${RESERVE}${reserve}`, 60);
}
