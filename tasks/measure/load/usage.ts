import { haproxyCommand, parseStat } from '../../inspect/haproxy.ts';
import type { Machine } from '../../topology/model.ts';
import type { MachineUse, ServerUse } from './model.ts';

/** Prints what `parseUsage` reads; on a load balancer also what it knows of its servers. One round trip. */
export function usageCommand(machine: Machine): string {
  const haproxy = machine.roles.includes('lb') ? `; echo --; ${haproxyCommand(['show stat'])}` : '';
  return `head -n 1 /proc/stat; cat /proc/loadavg${haproxy}`;
}

/** Counters of one machine at one moment. */
export interface Usage {
  /** Clock ticks in work and in all, since it started. */
  busy: number;
  all: number;
  load: number;
  servers: ServerCounters[];
}

/** A web machine's counters in one HAProxy. */
export interface ServerCounters {
  name: string;
  /** Requests since HAProxy started. */
  total: number;
  /** Milliseconds that the last 1024 of them took with the server, on average. */
  time: number;
  limit: number;
  queueMax: number;
  /** UP, DOWN, DRAIN, MAINT… */
  status: string;
}

/** Reads the output of usageCommand; undefined when it is none. */
export function parseUsage(output: string): Usage | undefined {
  const [counters = '', stat = ''] = output.split('--\n');
  const [cpu = '', load = ''] = counters.split('\n');
  const ticks = cpu.split(/\s+/).slice(1).map(Number);
  if (ticks.length < 8 || ticks.some(Number.isNaN)) return undefined;
  // user nice system idle iowait irq softirq steal; what follows is counted in user already.
  const all = ticks.slice(0, 8).reduce((sum, tick) => sum + tick, 0);
  const idle = (ticks[3] ?? 0) + (ticks[4] ?? 0);
  return { busy: all - idle, all, load: Number.parseFloat(load), servers: parseServers(stat) };
}

/** The web machines of HAProxy's `show stat`; the ones asked "anyway" are left out. */
export function parseServers(stat: string): ServerCounters[] {
  return parseStat(stat)
    .filter(({ backend, name }) => backend === 'web' && !name.endsWith('-anyway'))
    .map(({ name, status, columns }) => ({
      ...{ name, status },
      total: Number(columns.stot),
      time: Number(columns.ctime) + Number(columns.rtime),
      limit: Number(columns.slim),
      queueMax: Number(columns.qmax),
    }));
}

/** Share of a machine's processors that was busy between two moments. */
export function busyShare(before: Usage, after: Usage): number {
  const all = after.all - before.all;
  return all > 0 ? (after.busy - before.busy) / all : 0;
}

/** What the load balancers' counters say of each web machine between two moments, `seconds` apart. */
export function serverUse(
  before: ServerCounters[][],
  after: ServerCounters[][],
  seconds: number,
): ServerUse[] {
  const use = new Map<string, ServerUse>();
  for (const [index, servers] of after.entries()) {
    for (const server of servers) {
      const earlier =
        before[index]?.find((serverCounters) => serverCounters.name === server.name)?.total ?? 0;
      // HAProxy counts anew after a reload.
      const requests = server.total >= earlier ? server.total - earlier : server.total;
      const serverUse = use.get(server.name) ?? {
        server: server.name,
        requests: 0,
        working: 0,
        room: 0,
        queued: 0,
      };
      serverUse.requests += requests;
      serverUse.working += ((requests / seconds) * server.time) / 1000;
      serverUse.room = Math.max(serverUse.room, server.limit);
      serverUse.queued = Math.max(serverUse.queued, server.queueMax);
      use.set(server.name, serverUse);
    }
  }
  return [...use.values()];
}

/** The use of one machine; `taken` in seconds of the computer's processors. */
export function machineUse(
  machine: Machine,
  before: Usage | undefined,
  after: Usage | undefined,
  taken: number | undefined,
  seconds: number,
): MachineUse | undefined {
  if (!before || !after) return undefined;
  return {
    machine: machine.name,
    roles: machine.roles,
    busy: busyShare(before, after),
    load: after.load,
    taken: taken === undefined ? undefined : taken / seconds,
  };
}
