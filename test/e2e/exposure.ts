import { portName } from '../../tasks/architecture/describe.ts';
import { type AnyRole, type Role, rolesFor } from '../../tasks/roles/roles.ts';
import type { Machine } from '../../tasks/topology/model.ts';

/** A socket that waits for somebody, as `ss -Hlntup` shows it. */
export interface Listener {
  /** `443/tcp`. */
  port: string;
  address: string;
  /** Name of the process; empty for the kernel's own. */
  process: string;
}

/** Options of ss whose output parseListeners understands. */
export const LISTENERS = 'ss -Hlntup';

export function parseListeners(output: string): Listener[] {
  return output
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter((fields) => fields.length >= 5)
    .map(([proto = '', , , , local = '', , ...rest]) => {
      const colon = local.lastIndexOf(':');
      return {
        port: `${local.slice(colon + 1)}/${proto}`,
        address: local.slice(0, colon).replace(/%.*/, ''),
        process: /\(\("([^"]+)"/.exec(rest.join(' '))?.[1] ?? '',
      };
    });
}

/** Only the machine itself gets there. */
const isLoopback = ({ address }: Listener): boolean => /^(127\.|\[::1\])/.test(address);

/** Listeners that neither a role of the machine nor ssh explains. */
export function unexplained(listeners: Listener[], machine: Machine, roles: Map<AnyRole, Role>): Listener[] {
  const known = new Set([
    '22/tcp',
    ...rolesFor(roles, machine.roles).flatMap(({ ports }) => ports.map((port) => portName(port))),
  ]);
  return listeners.filter((listener) => !isLoopback(listener) && !known.has(listener.port));
}

/** A command for a machine with Python: which of ADDRESS:PORT accept a TCP connection, one a line. */
export function probe(targets: string[]): string {
  const script = [
    'import concurrent.futures as f, socket, sys',
    'def t(a):',
    ' h, p = a.rsplit(":", 1)',
    ' try:',
    '  socket.create_connection((h, int(p)), 1.5).close(); return a',
    ' except OSError: return None',
    'with f.ThreadPoolExecutor(64) as e: print("\\n".join(filter(None, e.map(t, sys.argv[1:]))))',
  ].join('\n');
  return `python3 -c '${script}' ${targets.join(' ')}`;
}

/** A command, for root: files that an ordinary user of the machine can read and that hold one of the texts. */
export function readableBySomebody(texts: string[]): string {
  const patterns = texts.map((text) => `-e '${text.replaceAll("'", "'\\''")}'`).join(' ');
  const folders = '/etc /run /srv /usr/local /var /root /home /tmp /opt';
  // As that user, so that what counts is whether the way there is open too.
  // find wants to return to where it began, and gives up where that user may not be.
  return `cd / && setpriv --reuid=student --regid=student --clear-groups find ${folders} -xdev -type f -size -4M -readable -exec grep -lF ${patterns} {} + 2>/dev/null || true`;
}
