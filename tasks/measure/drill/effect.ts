import { messageOf } from '../../base/errors.ts';
import { poll } from '../../base/poll.ts';
import { cardsFile, cardsIn } from '../../inspect/cards.ts';
import { hostNamed, quote, type Remote, runRemote, SSH_FAILED, TIMED_OUT } from '../../remote/ssh.ts';
import { timeoutFactor } from '../../roles/timers.ts';
import { machineNamed } from '../../topology/model.ts';
import { CLOCK_JUMP, type Tools } from './faults.ts';
import type { Fault } from './model.ts';
import { lostBy } from './outcomes.ts';
import type { Effect, Sign } from './signs.ts';

/** What an effect is looked for with. */
export interface Looking extends Pick<Tools, 'engine' | 'topology' | 'nic' | 'factor'> {
  /** Asks the others: no fault is done to it. */
  client: { name: string };
}

/** Runs a command on a machine; never throws for one that cannot be reached. `seconds`: how long it may take. */
export type Ask = (machine: string, command: string, seconds: number) => Promise<Remote>;

/** Seconds within which a fault must show, with the fast timers. */
export const FELT_WITHIN = 8;
/** Seconds that one question may take. */
const QUESTION = 12;
/** Room in MiB that a full disk may still have: what services freed or rotated in that moment. */
const ROOM = 16;
/** ms: less than the delay that is made, more than any answer on the lab network takes. */
const DELAYED = 100;

/** Asks the machines of a lab over ssh. */
export const askOverSsh =
  ({ engine, factor }: Pick<Looking, 'engine' | 'factor'>): Ask =>
  async (machine, command, seconds) => {
    const host = hostNamed(await engine.sshHosts(), machine);
    const timeout = seconds * timeoutFactor({ factor });
    try {
      return await runRemote(host, command, { timeout });
    } catch (error) {
      return { code: SSH_FAILED, stdout: '', stderr: messageOf(error) };
    }
  };

const unreached = ({ code }: Remote) => code === SSH_FAILED || code === TIMED_OUT;

/** Packets that were sent and answered, and the least time of an answer in ms, in what `ping -q` printed; undefined: no such line. */
export function pingAnswers(
  output: string,
): { sent: number; answered: number; least: number | undefined } | undefined {
  const [, sent, answered] = /(\d+) packets transmitted, (\d+) received/.exec(output) ?? [];
  if (sent === undefined) return undefined;
  const least = /^rtt [^=]*= ([\d.]+)\//m.exec(output)?.[1];
  return {
    sent: Number(sent),
    answered: Number(answered),
    least: least === undefined ? undefined : Number(least),
  };
}

const ping = (address: string, count = 3, interval = 0.2) =>
  `LC_ALL=C ping -n -q -c ${count} -i ${interval} -W 1 ${address}`;

/** Command that tells one start of a unit's main process from another, and one start of the machine from another. */
const processOf = (unit: string) =>
  `cat /proc/sys/kernel/random/boot_id; systemctl show -p MainPID -p ExecMainStartTimestampMonotonic ${quote(unit)}`;

/** What must be known before the fault to see its effect after it; undefined where nothing is needed. */
export async function beforeFault(fault: Fault, ask: Ask): Promise<string | undefined> {
  if (fault.kind !== 'kill') return undefined;
  const { code, stdout } = await ask(fault.machine, processOf(fault.service ?? ''), QUESTION);
  return code === 0 ? stdout.trim() : undefined;
}

/**
 * Looks whether a fault that was made is felt, until it is, at most `seconds` (and once in any case): the engine is asked, and
 * machines, of which at least one must not depend on what was broken. Undefined for `none`. Never throws.
 */
export async function effectOf(
  fault: Fault,
  lab: Looking,
  before: string | undefined,
  ask: Ask,
  seconds: number,
): Promise<Effect | undefined> {
  if (fault.kind === 'none') return undefined;
  const once = () =>
    look(fault, lab, before, ask).catch(
      (error): Effect => ({ seen: null, sign: 'asked', found: messageOf(error) }),
    );
  return poll(once, ({ seen }) => seen === true, { every: 0.5, seconds });
}

async function look(fault: Fault, lab: Looking, before: string | undefined, ask: Ask): Promise<Effect> {
  const { machine } = fault;
  switch (fault.kind) {
    case 'power':
    case 'stop':
    case 'fading':
      return (await otherState(machine, ['off', 'absent'], lab)) ?? silent(machine, lab, ask);
    case 'several':
      for (const name of lostBy(fault)) {
        const other = await otherState(name, ['off', 'absent'], lab);
        if (other) return { ...other, found: `${name}: ${other.found}` };
      }
      return silent(machine, lab, ask, lostBy(fault));
    case 'freeze':
      return (await otherState(machine, ['frozen'], lab)) ?? silent(machine, lab, ask);
    case 'cable':
      return silent(machine, lab, ask);
    case 'one-cable':
      return carrier(machine, fault, lab, ask);
    case 'switch':
      return carrier(lab.client.name, fault, lab, ask);
    case 'link':
      return plugged(lab);
    case 'power-switch':
      return { seen: lab.engine.powerSwitch?.()?.works === false, sign: 'fencing', found: '' };
    case 'pair':
      return apart(machine, fault.peer ?? '', lab, ask);
    case 'kill':
      return killed(fault, before, ask);
    case 'loss':
    case 'delay':
      return slowed(fault.kind, machine, lab, ask);
    case 'disk':
      return ofMachine('room', machine, "stat -f -c '%f %S' /", ask, (out) => {
        const [blocks = Number.NaN, size = Number.NaN] = out.split(' ').map(Number);
        const room = Math.round((blocks * size) / 1048576);
        return { seen: room < ROOM, found: String(room) };
      });
    case 'clock':
      return ofMachine('clock', machine, 'date +%s', ask, (out) => {
        const ahead = Math.round(Number(out) - Date.now() / 1000);
        return { seen: ahead > CLOCK_JUMP / 2, found: String(ahead) };
      });
    default:
      return { seen: null, sign: 'asked', found: fault.kind };
  }
}

/** That the engine says another state of the machine than the fault should have made. */
async function otherState(
  machine: string,
  wanted: string[],
  { engine }: Looking,
): Promise<Effect | undefined> {
  const state = (await engine.states()).get(machine) ?? 'absent';
  return wanted.includes(state) ? undefined : { seen: false, sign: 'state', found: state };
}

/** The machine answers the client no more; that the client is heard by another one shows that it is not the client. */
async function silent(name: string, { topology, client }: Looking, ask: Ask, lost = [name]): Promise<Effect> {
  const witness = topology.machines.find(
    (machine) => !lost.includes(machine.name) && machine.name !== client.name,
  );
  const questions = [machineNamed(topology, name), ...(witness ? [witness] : [])];
  return pinged(
    'answers',
    client.name,
    questions.map(({ address }) => address),
    ask,
  );
}

/** The card that leads to the switch has lost its carrier. */
function carrier(machine: string, fault: Fault, { topology, nic }: Looking, ask: Ask): Promise<Effect> {
  const place = fault.switch ? topology.network.switches.indexOf(fault.switch) : -1;
  return ofMachine('carrier', machine, `cat ${quote(cardsFile(nic))}`, ask, (out) => {
    const card = cardsIn(out)[place];
    return { seen: card ? !card.up : null, found: `${machine} ${card?.name ?? '?'}` };
  });
}

/** No machine needs the cable between the switches while it works with the first one: the engine is asked. */
async function plugged({ engine }: Looking): Promise<Effect> {
  const state = await engine.networkState?.();
  return { seen: state ? state.linkCut : null, sign: 'link', found: '' };
}

/** The machine hears its peer no more, and the client all the same. */
async function apart(name: string, peer: string, { topology, client }: Looking, ask: Ask): Promise<Effect> {
  const addresses = [peer, client.name].map((name) => machineNamed(topology, name).address);
  return pinged('hears', name, addresses, ask);
}

/** `from` is to have no answer from the first address, and one from the second, if there is a second. */
async function pinged(sign: Sign, from: string, addresses: string[], ask: Ask): Promise<Effect> {
  const said = await ask(from, addresses.map((address) => ping(address)).join('; '), QUESTION);
  const [first, second] = said.stdout
    .split(/^(?=PING )/m)
    .filter((part) => part.startsWith('PING '))
    .map(pingAnswers);
  if (!first) return notAsked(from, said);
  if (first.answered === 0 && addresses.length > 1 && !second?.answered)
    return { seen: null, sign: 'asked', found: `${from}: ${addresses[1]} does not answer either` };
  return { seen: first.answered === 0, sign, found: `${first.answered}/${first.sent}` };
}

async function slowed(kind: 'loss' | 'delay', name: string, lab: Looking, ask: Ask): Promise<Effect> {
  const { address } = machineNamed(lab.topology, name);
  // That none of 40 is lost where one in five is, happens once in 7500 times.
  const command = kind === 'loss' ? ping(address, 40, 0.05) : ping(address);
  const said = await ask(lab.client.name, command, QUESTION);
  const answers = pingAnswers(said.stdout);
  if (!answers?.answered) return notAsked(lab.client.name, said);
  const { sent, answered, least = 0 } = answers;
  return kind === 'loss'
    ? { seen: answered < sent, sign: 'loss', found: `${answered}/${sent}` }
    : { seen: least >= DELAYED, sign: 'delay', found: String(least) };
}

/** Another main process, or none; a machine that started anew or answers no more has lost it too. */
async function killed({ machine, service }: Fault, before: string | undefined, ask: Ask): Promise<Effect> {
  const said = await ask(machine, processOf(service ?? ''), QUESTION);
  if (unreached(said)) return { seen: true, sign: 'process', found: 'no answer' };
  if (said.code !== 0 || before === undefined) return notAsked(machine, said);
  const now = said.stdout.trim();
  return { seen: now !== before, sign: 'process', found: /MainPID=(\d+)/.exec(now)?.[1] ?? '' };
}

async function ofMachine(
  sign: Sign,
  machine: string,
  command: string,
  ask: Ask,
  judge: (out: string) => Pick<Effect, 'seen' | 'found'>,
): Promise<Effect> {
  const said = await ask(machine, command, QUESTION);
  return said.code === 0 ? { sign, ...judge(said.stdout.trim()) } : notAsked(machine, said);
}

const notAsked = (machine: string, { code, stderr }: Remote): Effect => ({
  seen: null,
  sign: 'asked',
  found: `${machine}: ${stderr.trim().split('\n').at(-1) || `exit code ${code}`}`,
});
