import { eventOf, type JournalLine, parseEntry } from '../inspect/journal/parse.ts';
import type { Happening } from './model/event.ts';
import type { VoteGroup } from './model/plan.ts';

/** What a line of a machine says, with the time at which it happened (ms since 1970 on this computer's clock). */
export interface Told {
  t: number;
  happening: Happening;
}

/** The newest of several beats, from which a machine's clock is known, at most. */
const BEATS = 10;
/** Clocks that differ by less than this many ms are taken to agree: the way of a line takes time, too. */
const AGREE = 1000;

const GROUPS = ['galera', 'corosync', 'sentinel'] as const;
/** Characters of a machine's own word that are believed. */
const LONGEST = 200;

/** Reads what machine.sh of one machine prints. */
export class Lines {
  /** Where the journal has been read to. */
  cursor = '';
  /** How far behind this computer's clock the machine's is with each beat, the way of the line included; ms. */
  private readonly behind: number[] = [];

  /** What a line says that came at `now`; nothing for one that says nothing. What a machine prints is data: it is checked. */
  read(line: string, now: number): Told[] {
    if (line.startsWith('{')) return this.journal(line, now);
    if (/^(Deleted )?\d+: /.test(line)) return this.address(line, now);
    const [word = '', ...rest] = plain(line.slice(0, 2000)).split(' ');
    const happening = this.own(word, rest, now);
    return happening ? [{ t: now, happening }] : [];
  }

  private own(word: string, rest: string[], now: number): Happening | undefined {
    switch (word) {
      case 'beat': {
        const [clock = Number.NaN, load = Number.NaN, received = Number.NaN, sent = Number.NaN] =
          rest.map(Number);
        if (![clock, load, received, sent].every(Number.isFinite)) return undefined;
        this.behind.push(now - clock * 1000);
        if (this.behind.length > BEATS) this.behind.shift();
        return { source: 'beat', what: 'beat', load, received, sent };
      }
      case 'addresses': {
        const addresses = rest.filter(isAddress);
        return { source: 'address', what: 'addresses', addresses };
      }
      case 'member':
        return { source: 'galera', what: 'member', state: rest.join(' ').slice(0, LONGEST) };
      case 'replica':
        return replicaOf(rest.join(' '));
      case 'session': {
        const [role, link] = rest;
        if (role !== 'master' && role !== 'slave') return undefined;
        return {
          source: 'redis',
          what: 'session',
          role: role === 'master' ? 'master' : 'replica',
          linked: link === 'up',
        };
      }
      case 'votes': {
        const [name, count, quorate] = rest;
        const group = GROUPS.find((one) => one === name);
        if (!group || !/^\d{1,3}$/.test(count ?? '')) return undefined;
        return votes(group, Number(count), quorate === 'yes');
      }
      case 'services': {
        const services = rest.flatMap((pair) => {
          const [, name, state] = /^([\w@.:-]+)=([\w-]+)$/.exec(pair) ?? [];
          return name && state ? [[name, state]] : [];
        });
        return { source: 'systemd', what: 'services', services: Object.fromEntries(services) };
      }
      default:
        return undefined;
    }
  }

  private address(line: string, now: number): Told[] {
    const address = / inet ([0-9.]+)/.exec(line)?.[1] ?? '';
    if (!isAddress(address)) return [];
    const what = line.startsWith('Deleted ') ? 'address-removed' : 'address-added';
    return [{ t: now, happening: { source: 'address', what, address } }];
  }

  private journal(line: string, now: number): Told[] {
    const entry = parseEntry(line);
    if (!entry) return [];
    this.cursor = entry.cursor || this.cursor;
    const behind = this.behind.length > 0 ? Math.min(...this.behind) : 0;
    const t = Math.min(now, entry.wall + (Math.abs(behind) < AGREE ? 0 : behind));
    const said: JournalLine = { at: t, identifier: entry.identifier, message: plain(entry.message) };
    const event = eventOf(said);
    if (!event) return [];
    const belief = beliefOf(event.what, event.text);
    return [
      { t, happening: { source: 'journal', what: 'said', code: event.what, text: event.text } },
      ...(belief ? [{ t, happening: belief }] : []),
    ];
  }
}

/** What a line of the journal says of the vote of the databases. */
function beliefOf(code: string, text: string): Happening | undefined {
  const members = Number(/members: (\d+)/.exec(text)?.[1] ?? Number.NaN);
  if (Number.isNaN(members)) return undefined;
  if (code === 'database-view') return votes('galera', members, true);
  return code === 'database-no-majority' ? votes('galera', members, false) : undefined;
}

const votes = (group: VoteGroup, count: number, quorate: boolean): Happening => ({
  source: 'votes',
  what: 'votes',
  group,
  votes: count,
  quorate,
});

/** Without what a terminal would obey: whoever writes into a machine's journal writes onto the screens of those who look. */
const plain = (text: string) => text.replaceAll(/\p{Cc}+/gu, ' ');

const isAddress = (word: string) => /^\d{1,3}(\.\d{1,3}){3}$/.test(word);

/** `cs:Connected ro:Primary/Secondary ds:UpToDate/UpToDate C r-----`, and percents while a copy is made. */
function replicaOf(line: string): Happening | undefined {
  const [, connection, role, peerRole, disk, peerDisk] =
    /^cs:(\w+) ro:(\w+)\/(\w+) ds:(\w+)\/(\w+)/.exec(line) ?? [];
  if (!connection || !role || !peerRole || !disk || !peerDisk) return undefined;
  const synced = Number(/ synced:([\d.]+)/.exec(line)?.[1] ?? Number.NaN);
  return {
    source: 'drbd',
    what: 'replica',
    replica: { connection, role, peerRole, disk, peerDisk, ...(Number.isNaN(synced) ? {} : { synced }) },
  };
}

/** What a machine is asked once more after a line of its journal; undefined: nothing. */
export function questionAfter(code: string): 'galera' | 'corosync' | 'redis' | 'services' | undefined {
  if (code.startsWith('database-')) return 'galera';
  if (/^(cluster-|resource$|fenc|promoted$|demoted$)/.test(code)) return 'corosync';
  if (code.startsWith('redis-')) return 'redis';
  return code === 'service-died' || code === 'stopping' ? 'services' : undefined;
}
