/** What was to be sent in pieces, what the web machines wrote down of it, and what is on the disk. */

/** Header and all: how many bytes a request may have beside its piece. */
const HEAD = 65_536;
export const MIB = 1_048_576;

/** Size and SHA-256 of what was to be sent. */
export const LARGE = {
  kind: 'command',
  command: 'stat -c %s /root/large && sha256sum </root/large | cut -c1-64',
  timeout: 9,
} as const;

/** On a web machine: each request for pieces, as the guide has Apache write it down. */
export const REQUESTS = {
  kind: 'command',
  command: 'cat /var/log/apache2/uploads.log.1 /var/log/apache2/uploads.log 2>/dev/null | tail -n 2000',
} as const;

/** On a web machine: SHA-256 of what arrived, then what is left where pieces are kept. */
export const ARRIVED = {
  kind: 'command',
  command:
    "setpriv --reuid=www-data --regid=www-data --init-groups sh -c 'cd /srv/shared/nextcloud/admin && sha256sum <files/large.bin | cut -c1-64; find uploads -mindepth 1 | head -n 5'",
  timeout: 9,
} as const;

interface Request {
  /** Seconds since 1970 at which it came. */
  at: number;
  method: string;
  /** The folder of the pieces. */
  folder: string;
  piece: string;
  status: number;
  bytes: number;
  /** Destination. */
  to: string;
}

/** The lines that can be read, in the order of their time; others are left out. */
export function requestsOf(text: string): Request[] {
  const found = text.split('\n').flatMap((line) => {
    const match =
      /^(\d+) ([A-Z]+) \/remote\.php\/dav\/uploads\/admin\/([^/ ]+)(?:\/([^/ ]*))? (\d{3}) (\d+) (\S+)$/.exec(
        line,
      );
    if (!match) return [];
    const [, at, method = '', folder = '', piece = '', status, bytes, to = ''] = match;
    return [{ at: Number(at), method, folder, piece, status: Number(status), bytes: Number(bytes), to }];
  });
  return found.sort((one, other) => one.at - other.at);
}

/** How a file came in pieces: those that were acknowledged, each once. */
export interface Transfer {
  /** When the first piece came, and when they were put together; seconds since 1970. */
  from: number;
  to: number;
  /** Bytes of each piece, with the header of its request. */
  pieces: number[];
}

/** The latest transfer of admin's file `name`, by what all web machines wrote down; undefined: there was none. */
export function transferOf(text: string, name: string): Transfer | undefined {
  const all = requestsOf(text);
  // Not its first MOVE: the answer may have been lost, and then there is another one.
  const end = all.findLast(
    ({ method, to }) => method === 'MOVE' && to.endsWith(`/remote.php/dav/files/admin/${name}`),
  );
  const own = all.filter(({ folder }) => folder === end?.folder);
  // A program may call the folder of each transfer alike.
  const begun = own.findLast(({ method, status }) => method === 'MKCOL' && status === 201)?.at ?? 0;
  const puts = own.filter(
    ({ method, status, at }) => method === 'PUT' && status >= 200 && status < 300 && at >= begun,
  );
  const [first] = puts;
  if (!end || !first) return undefined;
  const pieces = new Map(puts.map(({ piece, bytes }) => [piece, bytes]));
  return { from: first.at, to: end.at, pieces: [...pieces.values()] };
}

/** Each piece has so many MiB, but for a last one that is what is left, and together they are the whole of `size` bytes. */
export function inPieces({ pieces }: Transfer, mebibytes: number, size: number): boolean {
  const each = mebibytes * MIB;
  const full = pieces.filter((bytes) => bytes >= each && bytes <= each + HEAD);
  const sum = pieces.reduce((sum, bytes) => sum + bytes, 0);
  return full.length === Math.floor(size / each) && pieces.length === Math.ceil(size / each) && sum >= size;
}
