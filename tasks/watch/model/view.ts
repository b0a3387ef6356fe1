import type { LabPlan, Replica, VoteGroup, WebServer } from './plan.ts';
import type { Flow, LabState, MachineState } from './state.ts';

/** What the picture shows of a machine. `unknown`: it may be well or not, nobody can tell. */
export type Mark = 'well' | 'trouble' | 'unknown' | 'frozen' | 'off';

export interface MachineView {
  name: string;
  address: string;
  roles: string[];
  mark: Mark;
  state: MachineState;
  /** Services that are not active, with systemd's word for each. */
  failed: [name: string, state: string][];
  /** Floating addresses: those that it holds, and those that it held when it was last heard. */
  holds: string[];
  held: string[];
}

/** A machine whose word counts now. */
export const isHeard = (machine: MachineState | undefined): machine is MachineState =>
  machine?.power === 'running' && machine.unknownSince === undefined;

/** Bytes a second of a machine: counted at the switch where that is known, else by its own word while that counts. */
export const flowOf = (machine: MachineState): Flow | undefined =>
  machine.cable ?? (isHeard(machine) ? machine.traffic : undefined);

const isOff = (machine: MachineState | undefined) => machine?.power === 'off' || machine?.power === 'absent';

/** Every machine, in the order of the topology. */
export const machineViews = (state: LabState): MachineView[] =>
  (state.plan?.machines ?? []).map((planned) => machineView(state, planned));

/** What a machine says of a service that no role has enabled. */
const UNUSED = 'unused';

function machineView(
  state: LabState,
  { name, address, roles, services }: LabPlan['machines'][number],
): MachineView {
  const machine = state.machines[name] ?? { addresses: [], services: {}, votes: {} };
  const floating = (state.plan?.floating ?? []).map((one) => one.address);
  const has = machine.addresses.filter((one) => floating.includes(one));
  const heard = isHeard(machine);
  // A service that nobody has told of yet is no failed one.
  const failed = heard
    ? services.flatMap((service): [string, string][] => {
        const now = machine.services[service];
        return now === undefined || now === 'active' || now === UNUSED ? [] : [[service, now]];
      })
    : [];
  const mark: Mark = isOff(machine)
    ? 'off'
    : machine.power === 'frozen'
      ? 'frozen'
      : !heard
        ? 'unknown'
        : failed.length > 0
          ? 'trouble'
          : 'well';
  return {
    ...{ name, address, roles, mark, failed },
    state: machine,
    holds: heard ? has : [],
    held: heard ? [] : has,
  };
}

/** Who holds a floating address. `unknown`: nobody who can be asked, but one that cannot be asked held it. */
export interface Holding {
  name: string;
  address: string;
  role: string;
  /** `unused`: nobody can hold it, since its role is not set up on any of the candidates. */
  status: 'one' | 'several' | 'none' | 'unknown' | 'unused';
  holders: string[];
  /** Machines that are not heard and held it when they last were: they may hold it still. */
  perhaps: string[];
  /** Machines that can hold it. */
  candidates: string[];
}

export function holdings(state: LabState): Holding[] {
  const views = machineViews(state);
  return (state.plan?.floating ?? []).map(({ name, address, role }) => {
    const holders = views.filter(({ holds }) => holds.includes(address)).map((one) => one.name);
    const candidates = views.filter(({ roles }) => roles.includes(role)).map((one) => one.name);
    const perhaps = views.filter(({ held }) => held.includes(address)).map((one) => one.name);
    // Before a machine is heard for the first time it may hold anything.
    const never = candidates.some((one) => {
      const machine = state.machines[one];
      return !isOff(machine) && machine?.heard === undefined;
    });
    const status =
      holders.length > 1
        ? 'several'
        : holders.length === 1
          ? 'one'
          : perhaps.length > 0 || never
            ? 'unknown'
            : candidates.every((one) => isUnused(state, one, role))
              ? 'unused'
              : 'none';
    return { name, address, role, status, holders, perhaps, candidates };
  });
}

export interface Voter {
  machine: string;
  role: string;
  /** `here`: it is heard and does its part; `lost`: it has no power, or its part does not run. */
  state: 'here' | 'lost' | 'unknown';
  /** What it believes of its group, as far as it is heard and says so. */
  says?: { votes: number; quorate: boolean };
}

export interface Voting {
  group: VoteGroup;
  voters: Voter[];
  majority: number;
  /** Votes that the best informed member counts; undefined when no member is heard. */
  votes: number | undefined;
  /** Whether any part of the group that is heard has a majority. */
  status: 'majority' | 'none' | 'unknown';
}

/** Services without which a role does nothing and has no vote. */
const MAIN_SERVICE: Record<string, string> = {
  lb: 'haproxy',
  router: 'mysqlrouter',
  database: 'mariadb',
  arbitrator: 'garb',
  storage: 'corosync',
  'quorum-device': 'corosync-qnetd',
  sentinel: 'redis-sentinel',
};

/** Whether a role loses its vote with a service; without one, with its machine. */
export const doesVote = (role: string, service?: string): boolean =>
  service === undefined || MAIN_SERVICE[role] === service;

/** Whether a role is not set up on a machine that says so. */
const isUnused = (state: LabState, machine: string, role: string): boolean =>
  state.machines[machine]?.services[MAIN_SERVICE[role] ?? ''] === UNUSED;

/** The groups that vote; none of which no member is set up. */
export function votings(state: LabState): Voting[] {
  const setUp = (state.plan?.votes ?? []).filter(
    ({ voters }) => !voters.every(({ machine, role }) => isUnused(state, machine, role)),
  );
  return setUp.map(({ group, voters, majority }) => {
    const all = voters.map((voter) => voterOf(state, group, voter));
    const words = all.flatMap(({ says }) => says ?? []);
    const quorate = words.filter((word) => word.quorate);
    const silent = all.some((voter) => voter.state === 'unknown');
    return {
      ...{ group, majority, voters: all },
      votes:
        words.length > 0 ? Math.max(...(quorate[0] ? quorate : words).map(({ votes }) => votes)) : undefined,
      // Members that cannot be heard may have the majority among themselves.
      status: quorate.length > 0 ? 'majority' : silent || words.length === 0 ? 'unknown' : 'none',
    };
  });
}

function voterOf(
  state: LabState,
  group: VoteGroup,
  { machine, role }: { machine: string; role: string },
): Voter {
  const found = state.machines[machine];
  if (isOff(found)) return { machine, role, state: 'lost' };
  if (!isHeard(found)) return { machine, role, state: 'unknown' };
  const service = found.services[MAIN_SERVICE[role] ?? ''];
  if (service !== undefined && service !== 'active' && service !== 'activating')
    return { machine, role, state: 'lost' };
  const says = found.votes[group];
  return {
    ...{ machine, role, state: 'here' },
    ...(says ? { says: { votes: says.votes, quorate: says.quorate } } : {}),
  };
}

/** What a machine says of a copy of data, or said when it was last heard. */
export interface Copies {
  machine: string;
  known: boolean;
  galera?: string;
  replica?: Replica;
  session?: { role: 'master' | 'replica'; linked: boolean };
}

/** The machines that keep copies of data. */
export const copies = (state: LabState): Copies[] =>
  machineViews(state).flatMap(({ name, state: machine }) => {
    const { galera, replica, session } = machine;
    if (!galera && !replica && !session) return [];
    return [
      {
        ...{ machine: name, known: isHeard(machine) },
        ...(galera ? { galera } : {}),
        ...(replica ? { replica } : {}),
        ...(session ? { session } : {}),
      },
    ];
  });

/** A database that others may use: the word that opens its gate. */
export const isOpen = (galera: string): boolean => /^primary /.test(galera);

/** Both copies are whole and connected. */
export const isMirrored = ({ connection, disk, peerDisk }: Replica): boolean =>
  connection === 'Connected' && disk === 'UpToDate' && peerDisk === 'UpToDate';

export interface Requests {
  machine: string;
  rate: number;
  servers: [name: string, server: WebServer][];
}

/** What each load balancer that is heard passes on. */
export const requests = (state: LabState): Requests[] =>
  machineViews(state).flatMap(({ name, state: machine }) =>
    machine.requests && isHeard(machine)
      ? [{ machine: name, rate: machine.requests.rate, servers: Object.entries(machine.requests.servers) }]
      : [],
  );
