import { LabError } from '../../base/errors.ts';
import type { Holder } from '../../inspect/holders.ts';
import { machineNamed, type SwitchName, type Topology } from '../../topology/model.ts';
import { isDoubled } from '../../topology/switches.ts';
import type { Fault, FaultKind } from './model.ts';

/** What a drill is asked to do; who that is may only be known when the fault comes. */
export interface Target {
  kind: FaultKind;
  machine?: string;
  holder?: Holder;
  service?: string;
  peer?: string;
  switch?: SwitchName;
  with?: string[];
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
  if (kind === 'link' || kind === 'power-switch') return { kind, machine: '', held: [] };
  const onSwitch = kind === 'switch' || kind === 'one-cable' ? { switch: switchOf(target, topology) } : {};
  if (kind === 'switch') return { kind, machine: '', held: [], ...onSwitch };
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
  const others = kind === 'several' ? withOthers(target, topology, name) : [];
  const held = (Object.keys(PROCESS) as Holder[]).filter((word) =>
    [name, ...others].includes(holds[word] ?? ''),
  );
  const fault: Fault = { kind, machine: name, held, ...(holder ? { holder } : {}), ...onSwitch };
  if (kind === 'several') fault.with = others;
  if (kind === 'kill') fault.service = target.service ?? (holder ? PROCESS[holder] : serviceMissing(name));
  if (kind === 'pair') {
    const peer = target.peer ?? peersOf(topology, name)[0];
    if (!peer || peer === name) throw peerMissing(name);
    fault.peer = machineNamed(topology, peer).name;
  }
  return fault;
}

/** The machines that are lost with this one, each once. LabError when none is said. */
function withOthers({ with: names = [] }: Target, topology: Topology, first: string): string[] {
  const others = [...new Set(names)]
    .filter((name) => name !== first)
    .map((name) => machineNamed(topology, name).name);
  if (others.length > 0) return others;
  throw new LabError(
    {
      en: `Which machines lose their power together with ${first} is not said.`,
      fr: `Les machines privées de courant en même temps que ${first} ne sont pas indiquées.`,
    },
    {
      en: 'name them with --with, with commas between them.',
      fr: 'indiquez-les avec --with, séparées par des virgules.',
    },
  );
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

/** The switch that a target is about. LabError when it is not said. */
function switchOf({ kind, switch: name }: Target, topology: Topology): SwitchName {
  if (name !== undefined) return name;
  const names = topology.network.switches.join(', ');
  throw new LabError(
    kind === 'switch'
      ? {
          en: 'Which switch is to lose its power is not said.',
          fr: "Le commutateur dont l'alimentation doit être coupée n'est pas indiqué.",
        }
      : {
          en: 'Which switch the cable leads to is not said.',
          fr: "Le commutateur vers lequel mène le câble n'est pas indiqué.",
        },
    { en: `name it with --switch (${names}).`, fr: `indiquez-le avec --switch (${names}).` },
  );
}

/** LabError for a fault of the switches that this lab cannot have: it has one. */
export function requireSwitches({ kind, switch: name }: Target, topology: Topology): void {
  if (!['switch', 'link', 'one-cable'].includes(kind)) return;
  if (isDoubled(topology) && (name === undefined || topology.network.switches.includes(name))) return;
  throw new LabError(
    {
      en: `The network of this lab has one switch (topology ${topology.name}).`,
      fr: `Le réseau de ce lab a un seul commutateur (topologie ${topology.name}).`,
    },
    {
      en: 'a lab that is made anew from a topology with `switches: 2` has two (docs/topology.md); `--fault cable` cuts the cable of a machine.',
      fr: 'un lab recréé à partir d’une topologie avec `switches: 2` en a deux (docs/topology.md) ; `--fault cable` coupe le câble d’une machine.',
    },
  );
}
