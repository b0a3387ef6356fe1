import type { Text } from '../../../base/text.ts';
import { type Expectation, expectation, plain, seen, Unmet } from '../expectation.ts';
import type { Answer, Probe } from '../probe.ts';

/** What one member of a group of votes says of it. */
interface Votes {
  /** The member belongs to the part that may go on. */
  holds: boolean;
  /** Votes or members that it sees. */
  count: number;
}

type QuorumKind = 'galera' | 'corosync' | 'sentinel';

const GALERA =
  "SELECT variable_name, variable_value FROM information_schema.global_status WHERE variable_name IN ('wsrep_cluster_status','wsrep_cluster_size','wsrep_local_state_comment','wsrep_ready')";

const PROBES: Record<QuorumKind, Probe> = {
  galera: { kind: 'sql', query: GALERA },
  corosync: { kind: 'command', command: 'corosync-quorumtool -s' },
  sentinel: {
    kind: 'command',
    // The name of the set is the second line of what it knows of its masters; `redis` is of tasks/inspect/asking.sh.
    command:
      'at=127.0.0.1:26379; read -r password < <(grep -rhsoP "^requirepass \\"?\\K[^\\"]+" /etc/redis/sentinel.conf /etc/redis); { read -r; read -r set; } < <(redis $at "$password" "SENTINEL MASTERS"); redis $at "$password" "SENTINEL CKQUORUM $set"',
  },
};

const LOOK: Record<QuorumKind, string> = {
  galera: `mariadb -e "SHOW STATUS LIKE 'wsrep_cluster%'"`,
  corosync: 'corosync-quorumtool -s',
  sentinel: 'redis-cli -p 26379 sentinel masters',
};

/** What the member says, or undefined when it says nothing of the kind. */
export function votesOf(kind: QuorumKind, answer: Answer): Votes | undefined {
  const text = answer.out;
  if (kind === 'galera') {
    const value = (name: string) => new RegExp(`^${name}\\t(.*)$`, 'im').exec(text)?.[1];
    const size = Number(value('wsrep_cluster_size'));
    if (!Number.isInteger(size) || size < 1) return undefined;
    return {
      holds: value('wsrep_cluster_status') === 'Primary' && value('wsrep_ready') === 'ON',
      count: size,
    };
  }
  if (kind === 'corosync') {
    const total = /^Total votes:\s+(\d+)/m.exec(text)?.[1];
    if (total === undefined) return undefined;
    return { holds: /^Quorate:\s+Yes/m.test(text), count: Number(total) };
  }
  const usable = /(\d+) usable Sentinels/.exec(text)?.[1];
  if (usable === undefined) return undefined;
  return { holds: /^OK /m.test(text), count: Number(usable) };
}

/** A group that decides by votes, as one of its members sees it. */
export class Quorum {
  constructor(
    private readonly kind: QuorumKind,
    private readonly member: string,
  ) {}

  /** The member sees a majority and may go on. */
  holds(): Expectation {
    return this.expect(
      {
        en: `${this.kind}: ${this.member} is in the majority`,
        fr: `${this.kind} : ${this.member} a le quorum`,
      },
      { en: 'a majority', fr: 'le quorum' },
      (votes) => votes.holds,
    );
  }

  isLost(): Expectation {
    return this.expect(
      {
        en: `${this.kind}: ${this.member} has no majority`,
        fr: `${this.kind} : ${this.member} n'a pas le quorum`,
      },
      { en: 'no majority', fr: 'pas de quorum' },
      (votes) => !votes.holds,
    );
  }

  /** Members (galera, arbitrator included), votes present (corosync), usable sentinels. */
  hasVotes(count: number): Expectation {
    return this.expect(
      {
        en: `${this.kind}: ${this.member} sees ${count} votes`,
        fr: `${this.kind} : ${this.member} voit ${count} voix`,
      },
      plain(String(count)),
      (votes) => votes.count === count,
    );
  }

  private expect(title: Text, wanted: Text, good: (votes: Votes) => boolean): Expectation {
    return expectation(title, this.member, PROBES[this.kind], (answer) => {
      const votes = votesOf(this.kind, answer);
      if (votes && good(votes)) return;
      const state = (yes: string, no: string) => `${votes?.count} (${votes?.holds ? yes : no})`;
      throw new Unmet(
        wanted,
        votes
          ? { en: state('majority', 'no majority'), fr: state('quorum', 'sans quorum') }
          : seen(answer.out.trim() || (answer.err ?? '')),
        plain(`lab ssh ${this.member} -- ${LOOK[this.kind]}`),
      );
    });
  }
}
