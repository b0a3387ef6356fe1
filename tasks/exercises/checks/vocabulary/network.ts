import { hasAddress } from '../../../inspect/holders.ts';
import type { Topology } from '../../../topology/model.ts';
import { type Expectation, expectation, type FactsView, plain, Unknown, Unmet } from '../expectation.ts';
import type { Answer, Probe } from '../probe.ts';

export const ADDRESSES: Probe = { kind: 'addresses' };

/** Sockets that wait for connections, as `ss -H -ltnu` lists them. */
export function listeners(answer: Answer): { proto: string; address: string; port: number }[] {
  return answer.out.split('\n').flatMap((line) => {
    const [proto = '', , , , local = ''] = line.trim().split(/\s+/);
    const at = local.lastIndexOf(':');
    const port = Number(local.slice(at + 1));
    if (at < 0 || !Number.isInteger(port)) return [];
    return [{ proto, address: local.slice(0, at).replace(/^\[|\]$|%.*$/g, ''), port }];
  });
}

const ANYWHERE = ['0.0.0.0', '*', '::'];

/** The machine waits for connections on a port; with `address` so that this address is served. */
export function listens(
  machine: string,
  port: number,
  options: { address?: string; proto?: 'tcp' | 'udp' } = {},
): Expectation {
  const proto = options.proto ?? 'tcp';
  const where = options.address ? `${options.address}:${port}` : `port ${port}`;
  return expectation(
    {
      en: `${machine} listens on ${where}/${proto}`,
      fr: `${machine} écoute sur ${options.address ? where : `le port ${port}`}/${proto}`,
    },
    machine,
    { kind: 'sockets' },
    (answer) => {
      const found = listeners(answer).filter(
        (listener) => listener.port === port && listener.proto === proto,
      );
      const fits = found.some(
        (listener) =>
          !options.address || ANYWHERE.includes(listener.address) || listener.address === options.address,
      );
      if (fits) return;
      throw new Unmet(
        plain(where),
        found.length > 0
          ? plain(found.map((listener) => `${listener.address}:${listener.port}`).join(', '))
          : { en: 'nobody listens there', fr: "personne n'y écoute" },
        plain(`lab ssh ${machine} -- ss -ltnp`),
      );
    },
  );
}

export function doesNotListen(machine: string, port: number, proto: 'tcp' | 'udp' = 'tcp'): Expectation {
  return expectation(
    {
      en: `${machine} does not listen on port ${port}/${proto}`,
      fr: `${machine} n'écoute pas sur le port ${port}/${proto}`,
    },
    machine,
    { kind: 'sockets' },
    (answer) => {
      const found = listeners(answer).find((listener) => listener.port === port && listener.proto === proto);
      if (found)
        throw new Unmet(
          { en: 'nobody listens there', fr: "personne n'y écoute" },
          plain(`${found.address}:${found.port}`),
          plain(`lab ssh ${machine} -- ss -ltnp`),
        );
    },
  );
}

/** A TCP connection is made, or not. */
export function reaches(machine: string, host: string, port: number, wanted: boolean): Expectation {
  return expectation(
    wanted
      ? { en: `${machine} reaches ${host}:${port}`, fr: `${machine} atteint ${host}:${port}` }
      : { en: `${machine} does not reach ${host}:${port}`, fr: `${machine} n'atteint pas ${host}:${port}` },
    machine,
    { kind: 'tcp', host, port },
    (answer) => {
      if ((answer.code === 0) === wanted) return;
      const no = { en: 'no connection', fr: 'aucune connexion' };
      const yes = { en: 'a connection', fr: 'une connexion' };
      throw new Unmet(
        wanted ? yes : no,
        wanted ? no : yes,
        plain(`lab ssh ${machine} -- nc -zv ${host} ${port}`),
      );
    },
  );
}

/** An address that moves: which machines have it on an interface now. */
export class FloatingAddress {
  constructor(
    private readonly topology: Topology,
    readonly address: string,
  ) {}

  /** Exactly one machine has it; with `names`, it is one of these. */
  isHeldByOne(names?: string[]): Expectation {
    const among = names ? ` (${names.join(', ')})` : '';
    return {
      title: {
        en: `exactly one machine holds ${this.address}${among}`,
        fr: `une seule machine porte ${this.address}${among}`,
      },
      needs: this.topology.machines.map((machine) => ({ machine: machine.name, probe: ADDRESSES })),
      judge: (facts) => {
        const { holders, unknown } = this.holders(facts);
        if (holders.length === 1 && (!names || names.includes(holders[0] ?? ''))) return;
        // A machine that does not answer may hold it: nobody can say that none does.
        if (holders.length === 0 && unknown) throw unknown;
        throw new Unmet(
          names ? plain(names.join(' / ')) : { en: 'one machine', fr: 'une machine' },
          holders.length > 0 ? plain(holders.join(', ')) : { en: 'nobody', fr: 'personne' },
          plain('lab status'),
        );
      },
    };
  }

  isHeldBy(name: string): Expectation {
    return this.isHeldByOne([name]);
  }

  private holders(facts: FactsView): { holders: string[]; unknown: Unknown | undefined } {
    let unknown: Unknown | undefined;
    const holders = this.topology.machines.flatMap(({ name }) => {
      try {
        return hasAddress(facts.answer(name, ADDRESSES).out, this.address) ? [name] : [];
      } catch (error) {
        if (!(error instanceof Unknown)) throw error;
        unknown ??= error;
        return [];
      }
    });
    return { holders, unknown };
  }
}
