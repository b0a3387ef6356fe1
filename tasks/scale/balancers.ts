import { LabError } from '../base/errors.ts';
import { poll } from '../base/poll.ts';
import { haproxyCommand, MASTER_SOCKET, parseStat } from '../inspect/haproxy.ts';
import { quote, runRemote, type SshHost } from '../remote/ssh.ts';
import type { ServiceFacts } from '../roles/service.ts';
import type { Machine } from '../topology/model.ts';

/** HAProxy's backend whose servers say what those of the other backends do, too (roles/lb/templates/haproxy.cfg.ejs), and the names of a machine in it. */
const BACKEND = 'web';
const serversOf = (machine: string) => [machine, `${machine}-anyway`];

/** Seconds that requests in work may take to end. */
export const DRAIN_SECONDS = 60;

async function run(host: SshHost, command: string, seconds: number): Promise<string> {
  const result = await runRemote(host, command, { timeout: seconds });
  if (result.code === 0) return result.stdout;
  throw new LabError(
    {
      en: `HAProxy on ${host.Host} cannot be asked.`,
      fr: `HAProxy sur ${host.Host} ne peut pas être interrogé.`,
    },
    {
      en: `\`lab ssh ${host.Host} -- systemctl status haproxy\` shows why; \`lab apply lb\` starts it again.`,
      fr: `\`lab ssh ${host.Host} -- systemctl status haproxy\` montre pourquoi ; \`lab apply lb\` le redémarre.`,
    },
    result.stderr.trim().split('\n').slice(-3),
  );
}

/** Requests that a load balancer has in work or waiting at these machines, in whichever backend, from the CSV of `show stat`. */
export function sessionsAt(csv: string, machines: string[]): number {
  const names = new Set(machines.flatMap(serversOf));
  return parseStat(csv)
    .filter(({ name }) => names.has(name))
    .reduce((sum, { columns }) => sum + Number(columns.qcur) + Number(columns.scur), 0);
}

/** Processes of an earlier configuration that still finish their requests, from the text of `show proc`. */
export function oldWorkers(text: string): number {
  const [, old = ''] = text.split('# old workers');
  return old.split('\n').filter((line) => /^\d+\s+worker\b/.test(line)).length;
}

/**
 * What the machines still have in work, from the answers to `show stat` and `show proc` with -- between; undefined when one
 * is missing, as while HAProxy reads its configuration again.
 */
export function inWork(answer: string, machines: string[]): number | undefined {
  const [stat = '', processes = ''] = answer.split('\n--\n');
  if (!stat.startsWith('# pxname') || !processes.includes('# workers')) return undefined;
  // An old process may still send a request of a kept connection to any machine that it knows.
  return sessionsAt(stat, machines) + oldWorkers(processes);
}

/** Seconds that HAProxy may take to answer. */
const ASK_SECONDS = 15;

async function setState(
  host: SshHost,
  machines: string[],
  state: 'drain' | 'ready',
  seconds: number,
): Promise<void> {
  const commands = machines
    .flatMap(serversOf)
    .map((server) => `set server ${BACKEND}/${server} state ${state}`);
  await run(host, haproxyCommand(commands), seconds);
}

/**
 * No new requests for these machines on any load balancer, and waits until those in work have ended. When they do not
 * within DRAIN_SECONDS (times the factor of roles/timers.ts), everything is as before and a LabError says so.
 */
export async function drain(
  balancers: SshHost[],
  machines: string[],
  report: (line: string) => void,
  timeoutFactor = 1,
): Promise<void> {
  const [asking, limit] = [ASK_SECONDS * timeoutFactor, Math.ceil(DRAIN_SECONDS * timeoutFactor)];
  await Promise.all(balancers.map((host) => setState(host, machines, 'drain', asking)));
  const left = async () => {
    const answers = await Promise.all(
      balancers.map((host) =>
        run(
          host,
          `${haproxyCommand(['show stat'])}; echo --; ${haproxyCommand(['show proc'], MASTER_SOCKET)}; true`,
          asking,
        ),
      ),
    );
    const counts = answers.map((answer) => inWork(answer, machines));
    const none = counts.every((count) => count === 0);
    if (!none) report(counts.map((count) => count ?? '?').join(' + '));
    return none;
  };
  if (await poll(left, (none) => none, { every: 0.3, seconds: limit })) return;
  await Promise.all(balancers.map((host) => setState(host, machines, 'ready', asking)));
  throw new LabError(
    {
      en: `Requests to ${machines.join(', ')} were still in work after ${limit} s; nothing was changed.`,
      fr: `Des requêtes vers ${machines.join(', ')} étaient encore en cours après ${limit} s ; rien n'a été changé.`,
    },
    { en: 'run the same command again later.', fr: 'relancez la même commande plus tard.' },
  );
}

/** Waits until a web machine answers a load balancer's health check. LabError after `seconds`. */
export async function waitForHealthCheck(
  balancer: SshHost,
  machine: Machine,
  service: ServiceFacts,
  seconds: number,
): Promise<void> {
  const url = quote(`http://${machine.address}${service.health}`);
  const end = Math.ceil(seconds);
  const command = `end=$(($(date +%s) + ${end})); until curl -fsS -m ${Math.ceil(end / 12)} -o /dev/null -H ${quote(`Host: ${service.host}`)} ${url}; do [ "$(date +%s)" -lt "$end" ] || exit 1; sleep 0.3; done`;
  const result = await runRemote(balancer, command, { timeout: seconds + 15 });
  if (result.code === 0) return;
  throw new LabError(
    {
      en: `${machine.name} does not pass its health check (${service.health}): the load balancers do not use it yet.`,
      fr: `${machine.name} ne passe pas son contrôle de santé (${service.health}) : les répartiteurs ne l'utilisent pas encore.`,
    },
    {
      en: `\`lab logs ${machine.name} --journal\` may say why; then run the same command again.`,
      fr: `\`lab logs ${machine.name} --journal\` peut dire pourquoi ; puis relancez la même commande.`,
    },
    result.stderr.trim().split('\n').slice(-2),
  );
}
