import type { Text } from '../base/text.ts';
import type { Engine, NetworkState } from '../engines/engine.ts';
import type { SwitchName, Topology } from '../topology/model.ts';
import { isDoubled } from '../topology/switches.ts';

/** The network of a lab that has two switches. */
export interface NetworkStatus extends NetworkState {
  switches: SwitchName[];
}

/** What the engine says of a lab's network; undefined where it has one switch, or nothing of the lab runs. */
export async function askNetwork(
  engine: Pick<Engine, 'networkState'>,
  topology: Topology,
  runs: boolean,
): Promise<NetworkStatus | undefined> {
  if (!runs || !isDoubled(topology) || !engine.networkState) return undefined;
  return { switches: topology.network.switches, ...(await engine.networkState()) };
}

/** What is cut or without power, a short sentence each. */
export function networkProblems({ off, linkCut, cut }: NetworkState): Text[] {
  return [
    ...off.map((name) => ({
      en: `switch ${name} has no power`,
      fr: `le commutateur ${name} n'a pas de courant`,
    })),
    ...(linkCut
      ? [{ en: 'the cable between the switches is cut', fr: 'le câble entre les commutateurs est coupé' }]
      : []),
    ...cut.map(({ machine, switch: name }) => ({
      en: `the cable of ${machine} to switch ${name} is cut`,
      fr: `le câble de ${machine} vers le commutateur ${name} est coupé`,
    })),
  ];
}

/** The switches and cables in one line. */
export function networkText(status: NetworkStatus): Text {
  const problems = networkProblems(status);
  const { switches } = status;
  if (problems.length === 0)
    return {
      en: `Switches: ${switches.join(' and ')}, linked, a cable of each machine to each`,
      fr: `Commutateurs : ${switches.join(' et ')}, reliés, un câble de chaque machine vers chacun`,
    };
  return {
    en: `Switches: ${switches.join(' and ')}; ${problems.map(({ en }) => en).join('; ')}`,
    fr: `Commutateurs : ${switches.join(' et ')} ; ${problems.map(({ fr }) => fr).join(' ; ')}`,
  };
}
