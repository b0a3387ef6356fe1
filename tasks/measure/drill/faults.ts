import { LabError } from '../../base/errors.ts';
import { poll, sleep } from '../../base/poll.ts';
import type { Engine } from '../../engines/engine.ts';
import { hostNamed, quote, runRemote, SSH_FAILED } from '../../remote/ssh.ts';
import { timeoutFactor } from '../../roles/timers.ts';
import { machineNamed, type Topology } from '../../topology/model.ts';
import { type Fault, type FaultKind, ofEquipment } from './model.ts';
import { lostBy } from './outcomes.ts';
import { peersOf } from './target.ts';

/** What faults are made with. */
export interface Tools {
  engine: Engine;
  topology: Topology;
  /** The machines' interface on the lab network. */
  nic: string;
  /** The lab's timer factor (roles/timers.ts). */
  factor?: number;
}

/** Seconds after which a machine undoes by itself what was done inside it, should nobody come back to do it. */
const BY_ITSELF = 900;
/** Seconds an orderly shutdown may take before the power is cut. */
export const STOP_SECONDS = 90;
/** Seconds that a clock jumps ahead. */
export const CLOCK_JUMP = 3600;
/** Seconds between the two losses of `fading`: less than it takes to be noticed. */
const FADING = 1;
const LOSS = '20%';
const DELAY = '200ms 50ms';
const TABLE = 'lab_drill';

/** Faults that mend themselves: the drill first waits whether the machine does. */
export const MENDS_ITSELF: FaultKind[] = ['kill'];

/**
 * What a fault inside a machine does there, and what undoes it, by machine. Each may be run again, and undoing is right
 * too when nothing was done. Empty for what the engine does from outside.
 */
export function guestCommands(
  fault: Fault,
  topology: Topology,
  nic: string,
): { do: string; undo: string; on: string }[] {
  const queue = `tc qdisc del dev ${nic} root netem 2>/dev/null || true`;
  switch (fault.kind) {
    case 'kill': {
      const unit = quote(fault.service ?? '');
      return [
        {
          on: fault.machine,
          do: `systemctl kill --signal=KILL --kill-whom=main ${unit}`,
          undo: `systemctl is-active --quiet ${unit} || { systemctl reset-failed ${unit}; systemctl start ${unit}; }`,
        },
      ];
    }
    case 'loss':
    case 'delay': {
      const what = fault.kind === 'loss' ? `loss ${LOSS}` : `delay ${DELAY}`;
      return [{ on: fault.machine, do: `tc qdisc replace dev ${nic} root netem ${what}`, undo: queue }];
    }
    case 'clock':
      return [
        {
          on: fault.machine,
          do: `date -s @$(($(date +%s) + ${CLOCK_JUMP})) >/dev/null`,
          undo: `date -s @$(($(date +%s) - ${CLOCK_JUMP})) >/dev/null`,
        },
      ];
    case 'pair':
      return [[fault.machine, fault.peer ?? ''] as const, [fault.peer ?? '', fault.machine] as const].map(
        ([on, from]) => ({ on, do: cutFrom(machineNamed(topology, from).address), undo: undoTable }),
      );
    case 'fading': {
      const partners = peersOf(topology, fault.machine).map((name) => machineNamed(topology, name).address);
      return [{ on: fault.machine, do: cutFrom(`{ ${partners.join(', ')} }`), undo: undoTable }];
    }
    default:
      return [];
  }
}

const undoTable = `nft delete table inet ${TABLE} 2>/dev/null || true`;

/** Drops everything from and to an address, also of connections that are open. */
function cutFrom(address: string): string {
  const chain = (hook: string, match: string) =>
    `add chain inet ${TABLE} ${hook} { type filter hook ${hook} priority -300; policy accept; }\nadd rule inet ${TABLE} ${hook} ip ${match} ${address} drop`;
  const rules = [
    `add table inet ${TABLE}`,
    `flush table inet ${TABLE}`,
    chain('input', 'saddr'),
    chain('output', 'daddr'),
  ];
  return `printf '%s\\n' ${quote(rules.join('\n'))} | nft -f -`;
}

/** Does it. Throws when it could not be done. */
export async function inject(fault: Fault, tools: Tools): Promise<void> {
  const { engine, topology } = tools;
  if (fault.kind === 'none') return;
  if (ofEquipment(fault.kind)) return toEquipment(fault, engine, false);
  const machine = machineNamed(topology, fault.machine);
  switch (fault.kind) {
    case 'power':
      return engine.powerOff(machine);
    case 'several':
      await Promise.all(lostBy(fault).map((name) => engine.powerOff(machineNamed(topology, name))));
      return;
    case 'stop':
      return engine.halt(machine, STOP_SECONDS * timeoutFactor(tools));
    case 'cable':
      return engine.cutCable(machine);
    case 'one-cable':
      return engine.cutCable(machine, fault.switch);
    case 'freeze':
      return engine.freeze(machine);
    case 'disk':
      return engine.limitDisk(machine, 0);
  }
  const commands = guestCommands(fault, topology, tools.nic);
  const results = await Promise.all(
    commands.map((command) =>
      guest(tools, command.on, fault.kind === 'kill' ? command.do : withTimer(command.do, command.undo)),
    ),
  );
  const failed = results.find((result) => result);
  if (failed) throw failed;
  if (fault.kind !== 'fading') return;
  await sleep(FADING);
  await engine.powerOff(machine);
}

/** Breaks a switch, the cable between them, or the power switch (`well`: mends it). */
async function toEquipment(fault: Fault, engine: Engine, well: boolean): Promise<void> {
  if (fault.kind === 'link') await engine.setLink?.(well);
  else if (fault.kind === 'power-switch') await engine.setPowerSwitch?.(well);
  else if (fault.switch) await engine.setSwitch?.(fault.switch, well);
}

/** Seconds after which a machine undoes a fault by itself; undefined where it does not. */
export const undoesItself = (kind: FaultKind): number | undefined =>
  ['pair', 'loss', 'delay', 'clock'].includes(kind) ? BY_ITSELF : undefined;

/** The machine undoes it by itself later: a drill that is gone cannot. */
function withTimer(act: string, undo: string): string {
  const unit = 'lab-drill-undo';
  return `systemctl stop ${unit}.timer 2>/dev/null; systemd-run --quiet --collect --unit=${unit} --on-active=${BY_ITSELF} sh -c ${quote(undo)} && ${act}`;
}

/** Seconds: a machine whose Corosync was killed resets itself and boots. */
const RETURNS_WITHIN = 90;

/** Undoes it; does nothing where it is undone already. Throws when it could not be undone. */
export async function undo(fault: Fault, tools: Tools): Promise<void> {
  const { engine, topology } = tools;
  if (fault.kind === 'none') return;
  if (ofEquipment(fault.kind)) return toEquipment(fault, engine, true);
  const machine = machineNamed(topology, fault.machine);
  switch (fault.kind) {
    case 'power':
    case 'stop':
      return engine.start(machine, () => undefined);
    case 'several':
      await Promise.all(
        lostBy(fault).map((name) => engine.start(machineNamed(topology, name), () => undefined)),
      );
      return;
    case 'cable':
      // Also where the machine has started again meanwhile, which plugs it in.
      return engine.restoreCable(machine);
    case 'one-cable':
      return engine.restoreCable(machine, fault.switch);
    case 'freeze':
      return engine.thaw(machine);
    case 'disk':
      return engine.limitDisk(machine, undefined);
  }
  for (const command of guestCommands(fault, topology, tools.nic)) {
    if ((await engine.states()).get(command.on) !== 'running') continue;
    // The clock is put right by what this computer says: whether it jumped, and when, is not known for sure.
    const back =
      fault.kind === 'clock' ? `date -s @${Math.round(Date.now() / 1000)} >/dev/null` : command.undo;
    const timer = fault.kind === 'kill' ? '' : 'systemctl stop lab-drill-undo.timer 2>/dev/null; ';
    const problem = await guest(tools, command.on, timer + back, RETURNS_WITHIN * timeoutFactor(tools));
    if (problem) throw problem;
  }
  if (fault.kind === 'fading') await engine.start(machine, () => undefined);
}

/** Seconds that a command of a fault may take. */
const COMMAND_TIMEOUT = 40;

/** `within`: seconds within which a machine that cannot be reached is asked again. */
async function guest(
  tools: Tools,
  machine: string,
  command: string,
  within = 0,
): Promise<LabError | undefined> {
  const host = hostNamed(await tools.engine.sshHosts(), machine);
  const timeout = COMMAND_TIMEOUT * timeoutFactor(tools);
  const result = await poll(
    () => runRemote(host, command, { timeout }),
    ({ code }) => code !== SSH_FAILED,
    { every: 0.5, seconds: within },
  );
  if (result.code === 0) return undefined;
  return new LabError(
    {
      en: `The fault could not be made or undone on ${machine} (exit code ${result.code}).`,
      fr: `La panne n'a pas pu être faite ou défaite sur ${machine} (code ${result.code}).`,
    },
    {
      en: `look at ${machine} with \`lab ssh ${machine}\`; \`lab up\` undoes what is left of a drill.`,
      fr: `regardez ${machine} avec \`lab ssh ${machine}\` ; \`lab up\` défait ce qui reste d'un exercice.`,
    },
    [command, ...result.stderr.trim().split('\n').slice(-3)],
  );
}
