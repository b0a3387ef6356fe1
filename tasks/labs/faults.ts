import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { machineNamed } from '../lab/lab.ts';
import { timeoutFactorOf } from '../lab/timers.ts';
import { waitForMachine } from '../provision/answer.ts';
import { hostNamed, runRemote } from '../remote/ssh.ts';
import { LabError } from '../ui/errors.ts';
import { mustRun, waitFor } from './machines.ts';
import type { FaultData, LabGuide } from './model.ts';
import { type LabSession, valuesFor } from './session.ts';
import { changeState, type LabsState, type OpenFault } from './state.ts';
import { fillIn } from './values.ts';

export interface NamedFault {
  guide: LabGuide;
  name: string;
  fault: FaultData;
}

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
    second === undefined ? name === first : name === second && guide.id === first.padStart(2, '0'),
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
  if (floating === undefined) return machineNamed(session.lab.topology, fault.machine).name;
  const address = Object.values(session.lab.topology.floating).find((one) => one.name === floating)?.address;
  const hosts = await session.engine.sshHosts();
  const holders = await Promise.all(
    session.lab.topology.machines.map(async ({ name }) => {
      const { stdout } = await runRemote(hostNamed(hosts, name), 'ip -o -4 addr show', {
        timeout: 6 * timeoutFactorOf(session.lab),
      });
      return stdout.includes(` ${address}/`) ? [name] : [];
    }),
  );
  const [holder] = holders.flat();
  if (holder) return holder;
  throw new LabError(
    {
      en: `Nobody holds the address "${floating}" now.`,
      fr: `Personne ne porte l'adresse « ${floating} » en ce moment.`,
    },
    { en: 'mend that first (`lab status`).', fr: "corrigez d'abord cela (`lab status`)." },
  );
}

/** Makes a fault and remembers it, before it is made: it can be undone after a crash. */
export async function makeFault(session: LabSession, named: NamedFault): Promise<OpenFault> {
  const { guide, name, fault } = named;
  const machine = await targetOf(session, named);
  const open: OpenFault = { lab: guide.id, name, machine, at: new Date().toISOString() };
  await changeState(session, (state) => void state.faults.push(open));
  const on = machineNamed(session.lab.topology, machine);
  const values = valuesFor(session, guide);
  if (fault.power) await session.engine.powerOff(on);
  else if (fault.cable) await session.engine.cutCable(on);
  else if (fault.freeze) await session.engine.freeze(on);
  else await mustRun(session, machine, fillIn(scriptOf(guide, fault.run ?? ''), values));
  if (fault.felt) await waitFor(session, machine, fillIn(fault.felt, values), FELT);
  return open;
}

/** Takes a fault off the list of those that are open. */
export function forgetFault(state: LabsState, open: OpenFault): void {
  state.faults = state.faults.filter((one) => !isDeepStrictEqual(one, open));
}

/** Undoes a fault and waits until it is healed. LabError when it is not in time. */
export async function undoFault(session: LabSession, open: OpenFault): Promise<void> {
  const guide = session.labs.find((one) => one.id === open.lab);
  const fault = guide?.faults[open.name];
  const on = machineNamed(session.lab.topology, open.machine);
  if (guide && fault) {
    const values = valuesFor(session, guide);
    if (fault.power) {
      await session.engine.start(on, () => undefined);
      const host = hostNamed(await session.engine.sshHosts(), on.name);
      await waitForMachine(session.engine, host, []);
    } else if (fault.cable) await session.engine.restoreCable(on);
    else if (fault.freeze) await session.engine.thaw(on);
    if (fault.undo) await mustRun(session, on.name, fillIn(scriptOf(guide, fault.undo), values));
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
