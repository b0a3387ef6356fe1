import { LabError } from '../../base/errors.ts';
import type { Holder } from '../../inspect/holders.ts';
import { machineNamed, type Topology } from '../../topology/model.ts';
import type { Fault, FaultKind } from './model.ts';

/** What a drill is asked to do; who that is may only be known when the fault comes. */
export interface Target {
  kind: FaultKind;
  machine?: string;
  holder?: Holder;
  service?: string;
  peer?: string;
}

/** The process behind what is held. */
const PROCESS: Record<Holder, string> = {
  front: 'haproxy',
  router: 'mysqlrouter',
  storage: 'corosync',
  database: 'mariadb',
  redis: 'redis-server',
};

/** The fault itself, now that it is known who holds what. LabError when nobody does, or something is missing. */
export function targetOf(target: Target, topology: Topology, holds: Partial<Record<Holder, string>>): Fault {
  const { kind, holder } = target;
  if (kind === 'none') return { kind, machine: '', held: [] };
  const name = target.machine ?? (holder && holds[holder]);
  if (!name) {
    throw new LabError(
      {
        en: `Nobody holds ${holder ?? 'it'} now.`,
        fr: `Personne ne détient ${holder ?? 'cela'} en ce moment.`,
      },
      { en: '`lab status` shows what is wrong.', fr: '`lab status` montre ce qui ne va pas.' },
    );
  }
  machineNamed(topology, name);
  const held = (Object.keys(PROCESS) as Holder[]).filter((word) => holds[word] === name);
  const fault: Fault = { kind, machine: name, held, ...(holder ? { holder } : {}) };
  if (kind === 'kill') fault.service = target.service ?? (holder ? PROCESS[holder] : serviceMissing(name));
  if (kind === 'pair') {
    const peer = target.peer ?? peersOf(topology, name)[0];
    if (!peer || peer === name) throw peerMissing(name);
    fault.peer = machineNamed(topology, peer).name;
  }
  return fault;
}

/** Machines that do the same as this one, in part. */
export function peersOf(topology: Topology, name: string): string[] {
  const { roles } = machineNamed(topology, name);
  return topology.machines
    .filter((machine) => machine.name !== name && machine.roles.some((role) => roles.includes(role)))
    .map((machine) => machine.name);
}

function serviceMissing(machine: string): never {
  throw new LabError(
    {
      en: `Which service of ${machine} is to be killed is not said.`,
      fr: `Le service de ${machine} à tuer n'est pas indiqué.`,
    },
    {
      en: 'name it with --service; `lab status` lists the services.',
      fr: 'indiquez-le avec --service ; `lab status` liste les services.',
    },
  );
}

const peerMissing = (machine: string): LabError =>
  new LabError(
    {
      en: `From which machine ${machine} is to be cut is not said.`,
      fr: `La machine dont ${machine} doit être coupée n'est pas indiquée.`,
    },
    { en: 'name it with --from.', fr: 'indiquez-la avec --from.' },
  );
