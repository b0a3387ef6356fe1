import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { LabError } from '../../base/errors.ts';
import { insideOf } from '../../engines/engine.ts';
import { requireAbility } from '../../engines/limits.ts';
import { requireRunning } from '../../engines/power.ts';
import { waitForMachine } from '../../environment/provision/answer.ts';
import { askHolders } from '../../inspect/holders.ts';
import { askOverSsh, effectOf, FELT_WITHIN } from '../../measure/drill/effect.ts';
import { hostNamed } from '../../remote/ssh.ts';
import { timeoutFactor, timeoutFactorOf, timersOf } from '../../roles/timers.ts';
import { machineNamed, machinesOf } from '../../topology/model.ts';
import { labIdOf } from '../guides/ids.ts';
import type { LabGuide, NamedFault } from '../guides/model.ts';
import { fillIn } from '../guides/values.ts';
import { changeState, type LabsState, type OpenFault } from '../state/state.ts';
import { mustRunInShell, waitFor } from './machines.ts';
import { type LabSession, valuesFor } from './session.ts';

/** What faults of labs ask of an engine, by the word for it in lab.yaml. */
const ABILITIES = ['cable', 'freeze'] as const;

/** Seconds until a fault must be felt, or its undoing. */
const FELT = 30;
const HEALED = 120;

/** The fault that a user named: NAME, or NN/NAME where several labs have one of this name. */
export function faultNamed(labs: LabGuide[], wish: string, current?: string): NamedFault {
  const [first = '', second] = wish.split('/');
  const all = labs.flatMap((guide) =>
    Object.entries(guide.faults).map(([name, fault]) => ({ guide, name, fault })),
  );
  const found = all.filter(({ guide, name }) =>
    second === undefined ? name === first : name === second && guide.id === labIdOf(first),
  );
  const own = found.find(({ guide }) => guide.id === current);
  if (own) return own;
  const [only] = found;
  if (only && found.length === 1) return only;
  throw new LabError(
    found.length > 1
      ? { en: `Several labs have a fault "${wish}".`, fr: `Plusieurs labs ont une panne « ${wish} ».` }
      : { en: `There is no fault "${wish}".`, fr: `Il n'y a pas de panne « ${wish} ».` },
    found.length > 1
      ? {
          en: `choose one of ${found.map(({ guide, name }) => `${guide.id}/${name}`).join(', ')}.`,
          fr: `choisissez parmi ${found.map(({ guide, name }) => `${guide.id}/${name}`).join(', ')}.`,
        }
      : { en: 'list them with `lab break`.', fr: 'listez-les avec `lab break`.' },
  );
}

/** The text of a script: inline, or a file of the lab's faults/ when it is the name of one. */
export function scriptOf(guide: LabGuide, text: string): string {
  if (!/^[a-z0-9-]+\.sh$/.test(text)) return text;
  const file = join(guide.folder, 'faults', text);
  if (existsSync(file)) return readFileSync(file, 'utf8');
  throw new LabError(
    { en: `There is no file ${file}.`, fr: `Il n'y a pas de fichier ${file}.` },
    {
      en: 'a fault names it; add it or mend lab.yaml.',
      fr: 'une panne le nomme ; ajoutez-le ou corrigez lab.yaml.',
    },
  );
}

/** The machine a fault is made on; `holder:NAME` is looked up now. */
async function targetOf(session: LabSession, { fault }: NamedFault): Promise<string> {
  const [, floating] = /^holder:(.+)$/.exec(fault.machine) ?? [];
  if (floating === undefined) return machineNamed(session.environment.topology, fault.machine).name;
  const { address } =
    Object.values(session.environment.topology.floating).find(({ name }) => name === floating) ?? {};
  const timeout = 6 * timeoutFactorOf(session.environment);
  const [holder] = address === undefined ? [] : await askHolders(session.engine, address, timeout);
  if (holder) return holder;
  throw new LabError(
    {
      en: `Nobody holds the address "${floating}" now.`,
      fr: `Personne ne porte l'adresse « ${floating} » en ce moment.`,
    },
    { en: 'mend that first (`lab status`).', fr: "corrigez d'abord cela (`lab status`)." },
  );
}

/**
 * Makes a fault and remembers it, before it is made: it can be undone after a crash. LabError, with the fault undone, when it
 * does not show within so many seconds: nobody could find what is not there.
 */
export async function makeFault(session: LabSession, named: NamedFault, within = FELT): Promise<OpenFault> {
  const { guide, name, fault } = named;
  const machine = await targetOf(session, named);
  const on = machineNamed(session.environment.topology, machine);
  // Before it is written down as made: what cannot be made here, or on a machine that is off.
  for (const ability of ABILITIES) if (fault[ability]) requireAbility(session.engine, ability, machine);
  await requireRunning(session.engine, [on]);
  const open: OpenFault = { lab: guide.id, name, machine, at: new Date().toISOString() };
  await changeState(session, (state) => void state.faults.push(open));
  const values = valuesFor(session, guide);
  if (fault.power) await session.engine.powerOff(on);
  else if (fault.cable) await session.engine.cutCable(on);
  else if (fault.freeze) await session.engine.freeze(on);
  else await mustRunInShell(session, machine, fillIn(scriptOf(guide, fault.run ?? ''), values));
  const felt = fault.felt
    ? await waitFor(session, machine, fillIn(fault.felt, values), within)
    : await feltOutside(session, named, machine, within);
  if (felt) return open;
  await undoFault(session, open);
  throw notFelt(named, machine);
}

/** Whether what was done to a machine from outside is felt; what cannot be found out counts as felt. */
async function feltOutside(
  { engine, environment }: LabSession,
  { fault }: NamedFault,
  machine: string,
  within: number,
): Promise<boolean> {
  const kind = fault.power ? 'power' : fault.cable ? 'cable' : fault.freeze ? 'freeze' : undefined;
  const [client] = machinesOf(environment.topology, 'client');
  if (!kind || !client || client.name === machine) return true;
  const { factor } = timersOf(environment.record);
  const { nic } = insideOf(environment.record.engine, environment.topology);
  const looking = { engine, topology: environment.topology, nic, client, factor };
  const effect = await effectOf(
    { kind, machine, held: [] },
    looking,
    undefined,
    askOverSsh(looking),
    Math.min(within, FELT_WITHIN) * timeoutFactor({ factor }),
  );
  return effect?.seen !== false;
}

/** Which fault it was stays a secret of incidents. */
function notFelt({ name, fault }: NamedFault, machine: string): LabError {
  return new LabError(
    fault.secret
      ? {
          en: 'What was to be broken shows no effect, so it was undone.',
          fr: "Ce qui devait être cassé n'a pas d'effet : c'est annulé.",
        }
      : {
          en: `The fault ${name} has no effect on ${machine}, so it was undone.`,
          fr: `La panne ${name} n'a pas d'effet sur ${machine} : elle est annulée.`,
        },
    {
      en: 'see what is wrong already (`lab status`, `lab check`), then try again; `lab start` begins the lab anew.',
      fr: 'regardez ce qui ne va pas déjà (`lab status`, `lab check`), puis réessayez ; `lab start` recommence le lab.',
    },
  );
}

/** Takes a fault off the list of those that are open. */
export function forgetFault(state: LabsState, open: OpenFault): void {
  state.faults = state.faults.filter((fault) => !isDeepStrictEqual(fault, open));
}

/** Undoes a fault and waits until it is healed. LabError when it is not in time. */
export async function undoFault(session: LabSession, open: OpenFault): Promise<void> {
  const guide = session.labs.find((lab) => lab.id === open.lab);
  const fault = guide?.faults[open.name];
  const on = machineNamed(session.environment.topology, open.machine);
  if (guide && fault) {
    const values = valuesFor(session, guide);
    if (fault.power) {
      await session.engine.start(on, () => undefined);
      const host = hostNamed(await session.engine.sshHosts(), on.name);
      await waitForMachine(session.engine, host, []);
    } else if (fault.cable) await session.engine.restoreCable(on);
    else if (fault.freeze) await session.engine.thaw(on);
    if (fault.undo) await mustRunInShell(session, on.name, fillIn(scriptOf(guide, fault.undo), values));
    if (fault.healed && !(await waitFor(session, on.name, fillIn(fault.healed, values), HEALED)))
      throw new LabError(
        {
          en: `${on.name} did not recover from ${open.name}.`,
          fr: `${on.name} ne s'est pas remise de ${open.name}.`,
        },
        { en: 'begin the lab again with `lab start`.', fr: 'recommencez le lab avec `lab start`.' },
      );
  }
  await changeState(session, (state) => forgetFault(state, open));
}
