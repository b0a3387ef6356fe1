import { readFileSync } from 'node:fs';
import { LabError } from '../../base/errors.ts';
import type { Text } from '../../base/text.ts';
import { knownTopologies, loadTopology } from '../../topology/load.ts';
import { machinesOf, type Topology } from '../../topology/model.ts';
import { SCALED_ROLE, scaleTopology } from '../../topology/scale.ts';

/** What a bundle is judged with: the teacher's topology, and in what the student's is another one. */
export interface JudgedWith {
  topology: Topology;
  differences: Text[];
  /** Machines that it has more than the teacher's file: those of `lab scale`. */
  added: string[];
}

/** More web machines than any lab has: a bundle that claims so many is judged with as many as the teacher's topology has. */
const MOST = 50;

/**
 * Finds the teacher's topology for a bundle: `wish` (a name of the kit's or a file), or the kit's own of the name that the
 * student's has. The student's file decides nothing but the number of web machines, which `lab scale` changes. LabError when
 * the kit has none of that name, or `wish` is not valid.
 */
export function teachersTopologies(root: string, wish?: string): (sent: Topology) => Promise<JudgedWith> {
  const known = knownTopologies(root);
  const read = new Map<string, Promise<{ topology: Topology; text: string }>>();
  const load = async (nameOrFile: string) => {
    const topology = await loadTopology(nameOrFile, root);
    return { topology, text: readFileSync(topology.file, 'utf8') };
  };
  return async (sent) => {
    const name = wish ?? sent.name;
    // A name in a student's file is no path.
    if (wish === undefined && !known.includes(name)) throw unknownTopology(name, known);
    const own = read.get(name) ?? load(name);
    read.set(name, own);
    const { topology, text } = await own;
    const scaled = scaledLike(topology, text, sent);
    const added = scaled.machines.flatMap(({ name }) =>
      topology.machines.some((machine) => machine.name === name) ? [] : [name],
    );
    return { topology: scaled, differences: differences(scaled, sent), added };
  };
}

function unknownTopology(name: string, known: string[]): LabError {
  return new LabError(
    {
      en: `It was made on the topology "${name}", which is none of the kit's (${known.join(', ')}).`,
      fr: `Il a été fait sur la topologie « ${name} », qui n'est pas du kit (${known.join(', ')}).`,
    },
    {
      en: 'give the file that the class was given: `lab grade --topology FILE`.',
      fr: 'donnez le fichier que la classe a reçu : `lab grade --topology FICHIER`.',
    },
  );
}

/** The topology with as many web machines as the student's; itself where it cannot have so many. */
function scaledLike(topology: Topology, text: string, sent: Topology): Topology {
  const count = machinesOf(sent, SCALED_ROLE).length;
  if (count === machinesOf(topology, SCALED_ROLE).length || count < 1 || count > MOST) return topology;
  try {
    return scaleTopology(topology, text, count, topology.file).topology;
  } catch (error) {
    if (error instanceof LabError) return topology;
    throw error;
  }
}

/** In what the student's topology is another one than the teacher's, as far as a check can see it. */
function differences(own: Topology, sent: Topology): Text[] {
  const found: Text[] = [];
  const { network } = own;
  if (network.cidr !== sent.network.cidr || network.host !== sent.network.host)
    found.push({
      en: `its network is ${sent.network.cidr}, not ${network.cidr}`,
      fr: `son réseau est ${sent.network.cidr}, et non ${network.cidr}`,
    });
  for (const { name, address } of Object.values(own.floating))
    if (sent.floating[name]?.address !== address)
      found.push({
        en: `its floating address ${name} is not ${address}`,
        fr: `son adresse flottante ${name} n'est pas ${address}`,
      });
  for (const machine of own.machines) {
    const { name, address, roles } = machine;
    const other = sent.machines.find((machine) => machine.name === name);
    if (!other) found.push({ en: `it has no ${name}`, fr: `elle n'a pas ${name}` });
    else if (other.address !== address)
      found.push({ en: `its ${name} is not ${address}`, fr: `sa machine ${name} n'est pas ${address}` });
    else if ([...other.roles].sort().join() !== [...roles].sort().join())
      found.push({ en: `its ${name} has other roles`, fr: `sa machine ${name} a d'autres rôles` });
  }
  for (const { name } of sent.machines)
    if (!own.machines.some((machine) => machine.name === name))
      found.push({ en: `it has ${name} as well`, fr: `elle a aussi ${name}` });
  return found;
}
