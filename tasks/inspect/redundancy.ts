import { type Machine, machinesOf, type RoleName, type Topology } from '../topology/model.ts';
import { isDoubled } from '../topology/switches.ts';
import { cardsIn } from './cards.ts';
import type { Inspections, MachineInspection } from './facts.ts';
import { parseStat } from './haproxy.ts';
import { holdersIn, parsePairs } from './holders.ts';

/** Seconds since the master's last answer to a sentinel that asks it every second; a busy machine is late. */
const ASKED_WITHIN = 5;

/**
 * What is missing to full redundancy: each role's parts at work on every machine that has it, in sync with the others,
 * with all votes, and nothing of a fault left. Empty: the design's redundancy is there. Plain facts, for people who know
 * the parts. `has`: roles that the kit provisions.
 */
export function missingRedundancy(
  topology: Topology,
  facts: Inspections,
  has: (role: RoleName) => boolean = () => true,
): string[] {
  const missing: string[] = [];
  for (const machine of topology.machines) {
    const found = facts[machine.name];
    if (found?.power !== 'running') missing.push(`${machine.name} is ${found?.power ?? 'unknown'}`);
    else if (!found.answers) missing.push(`${machine.name} does not answer`);
    else missing.push(...machineMissing(machine, found, topology, has));
  }
  for (const floating of Object.values(topology.floating)) {
    if (!floating || !has(floating.role)) continue;
    const holders = holdersIn(facts, floating.address);
    if (holders.length !== 1) {
      missing.push(`${floating.address} (${floating.name}) is held by ${holders.join(' and ') || 'nobody'}`);
    }
  }
  return missing;
}

type Has = (role: RoleName) => boolean;

function machineMissing(machine: Machine, found: MachineInspection, topology: Topology, has: Has): string[] {
  const { sections } = found;
  const states = (sections.services ?? '').split('\n');
  const missing = found.services.flatMap((service, index) =>
    states[index] === 'active' ? [] : [`${service} is ${states[index] || 'unknown'}`],
  );
  if (isDoubled(topology)) missing.push(...cardsMissing(sections.cards ?? '', topology));
  missing.push(...(sections.leftovers ?? '').split('\n').filter(Boolean));
  for (const role of machine.roles) {
    if (has(role)) missing.push(...(PARTS[role]?.(sections, topology, has) ?? []));
  }
  return missing.map((what) => `${machine.name}: ${what}`);
}

/** Cards without a carrier: the machine depends on one switch. Each works with the same one, so that nobody needs the cable between them. */
function cardsMissing(text: string, { network }: Topology): string[] {
  const cards = cardsIn(text);
  const down = network.switches.filter((_, index) => !cards[index]?.up);
  if (down.length > 0) return down.map((name) => `no carrier from switch ${name}`);
  return cards[0]?.active ? [] : [`works with ${cards.find(({ active }) => active)?.name ?? 'no card'}`];
}

type Part = (sections: Record<string, string>, topology: Topology, has: Has) => string[];

const PARTS: Partial<Record<RoleName, Part>> = {
  lb(sections, topology, has) {
    if (!has('web')) return [];
    const servers = parseStat(sections.haproxy ?? '');
    return machinesOf(topology, 'web').flatMap(({ name }) => {
      const status =
        servers.find((server) => server.backend === 'web' && server.name === name)?.status ?? 'unknown';
      return status === 'UP' ? [] : [`HAProxy has ${name} ${status}`];
    });
  },
  web(sections, topology, has) {
    if (!has('session') || machinesOf(topology, 'session').length === 0) return [];
    const masters = parseStat(sections.route ?? '').filter(
      (server) => server.backend === 'masters' && server.status === 'UP',
    );
    return masters.length === 1 ? [] : [`its way to the sessions has ${masters.length} masters`];
  },
  database(sections, topology, has) {
    const members =
      machinesOf(topology, 'database').length +
      (has('arbitrator') ? machinesOf(topology, 'arbitrator').length : 0);
    const status = parsePairs(sections.galera ?? '');
    const missing: string[] = [];
    if (status.wsrep_cluster_size !== String(members)) {
      missing.push(`Galera has ${status.wsrep_cluster_size ?? 'no'} of ${members} members`);
    }
    if (status.wsrep_local_state_comment !== 'Synced') {
      missing.push(`Galera is ${status.wsrep_local_state_comment ?? 'down'}`);
    }
    if (!/^primary synced/.test(sections.gate ?? '')) missing.push('its gate is closed');
    return missing;
  },
  storage(sections, topology, has) {
    const nodes = machinesOf(topology, 'storage');
    if (nodes.length < 2) return [];
    const missing: string[] = [];
    const drbd = /^ *0: cs:(\S+) ro:(\S+) ds:(\S+)/m.exec(sections.drbd ?? '');
    if (drbd?.[1] !== 'Connected' || drbd[3] !== 'UpToDate/UpToDate') {
      missing.push(`DRBD is ${drbd ? `${drbd[1]} ${drbd[3]}` : 'down'}`);
    }
    const device = has('quorum-device') && machinesOf(topology, 'quorum-device').length > 0 ? 1 : 0;
    const votes = /^Total votes:\s+(\d+)/m.exec(sections.quorum ?? '')?.[1];
    if (Number(votes) !== nodes.length + device) {
      missing.push(`Corosync has ${votes ?? 'no'} of ${nodes.length + device} votes`);
    }
    const cluster = sections.cluster ?? '';
    const online = [...cluster.matchAll(/<node name="([^"]+)"[^>]* online="true"/g)].map((match) => match[1]);
    for (const node of nodes) if (!online.includes(node.name)) missing.push(`Pacemaker misses ${node.name}`);
    // Each machine must know it: Pacemaker leaves out one that it may not run there, and then the other one's watchdog is waited for.
    if (sections.fencing !== undefined && !/^\s*power-switch-\S+$/m.test(sections.fencing))
      missing.push('Pacemaker cannot use the power switch from here');
    if (/<ban [^>]*id="storage-fence/.test(cluster))
      missing.push('DRBD forbids the other machine to take over');
    return missing;
  },
  session(sections, topology) {
    const replicas = machinesOf(topology, 'session').length - 1;
    const redis = parsePairs(sections.redis ?? '');
    if (redis.role === 'master') {
      const online = Object.keys(redis).filter(
        (name) => /^slave\d+$/.test(name) && redis[name]?.includes('state=online'),
      );
      return online.length === replicas ? [] : [`Redis has ${online.length} of ${replicas} replicas`];
    }
    if (redis.role === 'slave') {
      return redis.master_link_status === 'up' ? [] : ['Redis has lost its master'];
    }
    return ['Redis does not answer'];
  },
  sentinel(sections, topology) {
    const voters = machinesOf(topology, 'sentinel').length;
    const line = /^master0:.*status=(\w+).*slaves=(\d+),sentinels=(\d+)/m.exec(sections.sentinel ?? '');
    if (!line) return ['Sentinel does not answer'];
    const missing = Number(line[3]) === voters ? [] : [`Sentinel sees ${line[3]} of ${voters} sentinels`];
    if (line[1] !== 'ok') missing.push(`Sentinel has the master ${line[1]}`);
    // The master answers a sentinel's question every second. One whose clock was set back asks again only once it has caught up: until
    // then nothing looks wrong to it, and it has no vote when the master is lost.
    const last =
      Number(/^last-ok-ping-reply\r?\n(-?\d+)/m.exec(sections.sentinel ?? '')?.[1] ?? Number.NaN) / 1000;
    if (!(last >= 0 && last <= ASKED_WITHIN)) missing.push('Sentinel does not ask the master');
    return missing;
  },
};
