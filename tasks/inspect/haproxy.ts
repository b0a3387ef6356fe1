import { quote } from '../remote/ssh.ts';

/** HAProxy's sockets on a load balancer: of the process that serves, and of the one that leads old and new processes. */
export const ADMIN_SOCKET = '/run/haproxy/admin.sock';
export const MASTER_SOCKET = '/run/haproxy-master.sock';

/** A shell command that prints what HAProxy answers to commands at one of its sockets. */
export const haproxyCommand = (commands: string[], socket = ADMIN_SOCKET): string =>
  `echo ${quote(commands.join('; '))} | socat -t 10 - ${socket}`;

/** One server of a backend as `show stat` tells it. */
export interface Server {
  backend: string;
  name: string;
  /** UP, DOWN, DRAIN, MAINT… */
  status: string;
  /** All columns, by HAProxy's names for them. */
  columns: Record<string, string>;
}

const TOTALS = ['FRONTEND', 'BACKEND'];

/** The servers of `show stat`: CSV whose first line names the columns. */
export const parseStat = (csv: string): Server[] => rows(csv).filter(({ name }) => !TOTALS.includes(name));

/** A frontend of `show stat`; undefined when there is none of that name. */
export const frontend = (csv: string, name: string): Server | undefined =>
  rows(csv).find((row) => row.backend === name && row.name === 'FRONTEND');

function rows(csv: string): Server[] {
  const [head = '', ...lines] = csv.split('\n');
  const names = head.replace(/^# /, '').split(',');
  return lines.flatMap((line) => {
    const cells = line.split(',');
    const columns = Object.fromEntries(names.map((name, index) => [name, cells[index] ?? '']));
    const { pxname: backend = '', svname: name = '', status = '' } = columns;
    return name ? [{ backend, name, status, columns }] : [];
  });
}
