import { LabError } from '../base/errors.ts';
import { quote, runRemote, type SshHost } from '../remote/ssh.ts';

export interface FrontAnswer {
  /** Machine that served the page. */
  servedBy: string;
  /** Load balancer that passed it on. */
  through: string;
}

/**
 * Asks for a page from the client machine, through the floating address, with the certificate checked. Waits
 * at most `seconds` for an answer of 200; undefined when there is none.
 */
export async function askFront(
  client: SshHost,
  address: string,
  host: string,
  seconds: number,
  page = '/',
): Promise<FrontAnswer | undefined> {
  const url = quote(`https://${host}${page}`);
  const resolve = quote(`${host}:443:${address}`);
  // The loop runs on the machine: one round trip, however long it takes.
  const end = Math.ceil(seconds);
  // One answer may take a part of that, so that a request that hangs is repeated.
  const command = `end=$(($(date +%s) + ${end})); while :; do headers=$(curl -sS -m ${Math.ceil(end / 6)} -o /dev/null -D - --resolve ${resolve} ${url} 2>/dev/null) && case $headers in *' 200'*) printf '%s' "$headers"; exit 0;; esac; [ "$(date +%s)" -lt "$end" ] || exit 1; sleep 0.2; done`;
  const result = await runRemote(client, command, { timeout: seconds + 30, longTimeouts: true });
  if (result.code !== 0) return undefined;
  const header = (name: string) => new RegExp(`^${name}: (\\S+)`, 'im').exec(result.stdout)?.[1] ?? '?';
  return { servedBy: header('x-served-by'), through: header('x-load-balancer') };
}

/** The error when the front door stays shut for so many seconds; `missing`: what else is not as it should be. */
export function frontError(address: string, seconds: number, missing: string): LabError {
  const after = Math.round(seconds);
  const rest = missing ? { en: ` Also: ${missing}.`, fr: ` De plus : ${missing}.` } : { en: '', fr: '' };
  return new LabError(
    {
      en: `All roles are applied, but after ${after} s https://${address}/ does not answer with the application.${rest.en}`,
      fr: `Tous les rôles sont appliqués, mais après ${after} s https://${address}/ ne répond pas avec l'application.${rest.fr}`,
    },
    {
      en: '`lab status` shows who holds the address and which services run; `lab logs lb1` has the last messages.',
      fr: "`lab status` montre qui détient l'adresse et quels services tournent ; `lab logs lb1` a les derniers messages.",
    },
  );
}
