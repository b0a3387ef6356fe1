import type { Recording, Span } from '../../../tasks/environment/provision/timeline/model.ts';

const span = (
  machine: string | undefined,
  kind: Span['kind'],
  name: string,
  from: number,
  to: number,
  after?: string[],
): Span => ({ ...(machine ? { machine } : {}), kind, name, from, to, ...(after ? { after } : {}) });

/**
 * Two machines of which one boots at a time: `db1` has the database, `web1` waits for its turn, then for the database. The processor
 * time of each is a whole processor while it boots, half of one while a role is applied.
 */
export const MADE: Recording = {
  began: '2026-03-02T10:00:00.000Z',
  seconds: 60,
  computer: 70,
  kit: 2.5,
  spans: [
    span(undefined, 'kit', 'network', 0, 1),
    span(undefined, 'kit', 'roles', 1, 50),
    span('db1', 'turn', '', 1, 1),
    span('db1', 'boot', '', 1, 11),
    span('web1', 'turn', '', 1, 11.2),
    span('db1', 'ship', '', 11, 12),
    span('web1', 'boot', '', 11.2, 21),
    span('db1', 'role', 'common', 12, 14, []),
    span('db1', 'role', 'database', 14, 40, ['common@db1']),
    span('web1', 'ship', '', 21, 22),
    span('web1', 'role', 'common', 22, 24, []),
    span('web1', 'role', 'web', 40.05, 50, ['common@web1', 'database@db1', 'common@db1']),
    span(undefined, 'kit', 'settle', 50, 60),
  ],
  lines: [
    { machine: 'db1', role: 'database', at: 15, text: 'changed: /etc/mysql/my.cnf' },
    { machine: 'db1', role: 'database', at: 28, text: 'waiting for MariaDB, 10 s: joining' },
    { machine: 'db1', role: 'database', at: 38, text: 'waiting for MariaDB, 20 s: synced' },
    { machine: 'db1', role: 'database', at: 39, text: 'changed: user router' },
    { machine: 'web1', role: 'web', at: 49, text: 'waiting for the storage, 5 s' },
  ],
  samples: Array.from({ length: 61 }, (_, at) => ({
    at,
    taken: {
      ...(at >= 1 ? { db1: Math.min(at - 1, 10) + Math.max(0, at - 11) / 2 } : {}),
      ...(at >= 11 ? { web1: Math.min(at - 11, 10) + Math.max(0, at - 21) / 2 } : {}),
    },
  })),
  boots: {
    db1: {
      kernel: 1.2,
      systemd: 2,
      done: 10.5,
      units: [
        { name: 'systemd-journald.service', from: 2.5, to: 3.5, cpu: 0.3 },
        { name: 'ssh.service', from: 9.5, to: 10.4 },
      ],
    },
  },
};
