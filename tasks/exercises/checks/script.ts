import { ROOT } from '../../base/paths.ts';
import { ADDRESSES_COMMAND } from '../../inspect/holders.ts';
import { asking } from '../../inspect/scripts.ts';
import { quote } from '../../remote/ssh.ts';
import type { Probe } from './probe.ts';

/** What is known of a machine by every collection: told before anything else, so that a machine that got this far has answered. */
const IDENTITY = `
read -r boot </proc/sys/kernel/random/boot_id
read -r up _ </proc/uptime
read -r machine_id </etc/machine-id || machine_id=
read -r mark </var/lib/lab/mark || mark=
read -r _ host_key _ </etc/ssh/ssh_host_ed25519_key.pub || host_key=
record=(); mapfile -t record </var/lib/lab/record
say identity 0 "hostname=$HOSTNAME
boot=$boot
up=$up
now=$EPOCHSECONDS
machine_id=$machine_id
host_key=$host_key
mark=$mark
record=\${record[*]}"`;

/**
 * What data has of its own from the moment when it is made: the group of a database, the generation of a replicated disk. A job
 * like any other, since asking DRBD may take its time.
 */
const ORIGIN = `
while read -r name value; do [[ $name != uuid: ]] || echo "galera=$value"; done </var/lib/mysql/grastate.dat
mapfile -d '' -n 1 drbd </proc/drbd
[[ \${drbd[0]} != *" 0: cs:"* ]] || { IFS=: read -r generation _ < <(exec drbdsetup get-gi 0); echo "drbd=$generation"; }`;

/**
 * Ends each job, with whatever it started, once its time is over; those that do not listen, a second later. It waits at
 * a socket that nobody writes to: a `sleep` would be one more program to start.
 */
const WATCH = `
{ exec {never}<>/dev/udp/127.0.0.1/9
  for ((second = 1; second <= 120; second++)); do
    read -r -t 1 -u "$never"
    for pid in "\${!limit[@]}"; do
      id=\${job[$pid]} over=$((second - limit[$pid]))
      ((over == 0 || over == 1)) && [ ! -e "$d/$id.done" ] || continue
      : >"$d/$id.late"
      ((over)) && kill -KILL -- "-$pid" || kill -- "-$pid"
    done
  done
} >/dev/null 2>&1 </dev/null & watch=$!; disown "$watch"`;

/** Seconds that a job may take: a plain one, one that opens a connection, all queries, all requests. */
const LIMIT = { plain: 5, connect: 2, queries: 8, requests: 12 };
/** Seconds of one request, of a connection for it, and of a connection to a database. */
const REQUEST = { all: 6, connect: 1.5, database: 3 };

/**
 * A script that answers all probes of one machine. Few processes (one costs six times more in a User Mode Linux machine
 * than natively): units, packages, requests and queries are asked together, each kind in a process of its own; kinds
 * run side by side and each is told as soon as it is there, so that a stuck one takes nothing from the others. For the
 * same reason a command has no `timeout` and no shell of its own: each job is a process group (`set -m`), and one
 * process ends those that are late.
 *
 * Each answer is a line `@@NONCE ID CODE`, then its text; `ID!` is error output. The nonce keeps what a machine
 * prints from being taken for an answer by accident. `timeoutFactor`: how many times longer jobs may take (roles/timers.ts). `anchor`:
 * of the lab's latest entry in its record (state.ts), kept on the machine.
 */
export function probeScript(probes: Probe[], nonce: string, timeoutFactor = 1, anchor?: string): string {
  const jobs: string[] = [];
  // Whole seconds: a process that looks once a second ends those that are late.
  const job = (id: string, limit: number, body: string) =>
    jobs.push(
      `{ ${body}\n} >"$d/${id}" 2>"$d/${id}!" </dev/null & job[$!]=${id} limit[$!]=${Math.ceil(limit * timeoutFactor)}`,
    );
  const of = <K extends Probe['kind']>(kind: K) =>
    probes.flatMap((probe, index) =>
      probe.kind === kind ? [{ probe: probe as Extract<Probe, { kind: K }>, index }] : [],
    );

  // Requests first: one that a packet filter drops waits the longest of all.
  const requests = of('http');
  if (requests.length > 0) job('http', LIMIT.requests, httpJob(requests, nonce, timeoutFactor));
  job('origin', LIMIT.plain, ORIGIN.trim());
  const units = of('unit');
  if (units.length > 0)
    job(
      'units',
      LIMIT.plain,
      `exec systemctl show --property=Id,LoadState,ActiveState,SubState,UnitFileState -- ${units.map(({ probe }) => quote(probe.name)).join(' ')}`,
    );
  const packages = of('package');
  if (packages.length > 0)
    job(
      'packages',
      LIMIT.plain,
      `exec dpkg-query -W -f '\${Package} \${db:Status-Status}\\n' ${packages.map(({ probe }) => quote(probe.name)).join(' ')}`,
    );
  for (const { index } of of('sockets')) job(String(index), LIMIT.plain, 'exec ss -H -ltnu');
  for (const { index } of of('addresses')) job(String(index), LIMIT.plain, `exec ${ADDRESSES_COMMAND}`);
  for (const { index } of of('mounts')) job(String(index), LIMIT.plain, 'exec cat /proc/self/mounts');
  for (const { probe, index } of of('tcp'))
    job(String(index), LIMIT.connect, `exec 3<>/dev/tcp/${quote(probe.host)}/${probe.port}`);
  for (const { probe, index } of of('command')) {
    const how = probe.as ? `exec runuser -u ${quote(probe.as)} -- bash -c` : 'eval';
    job(String(index), probe.timeout ?? LIMIT.plain, `${how} ${quote(probe.command)}`);
  }
  const files = of('file');
  if (files.length > 0)
    job(
      'files',
      LIMIT.plain,
      fileJob(
        files.map(({ probe }) => probe.path),
        nonce,
      ),
    );
  const targets = new Map<string, { probe: Extract<Probe, { kind: 'sql' }>; index: number }[]>();
  for (const entry of of('sql')) {
    const { query: _query, ...target } = entry.probe;
    const key = JSON.stringify(target);
    targets.set(key, [...(targets.get(key) ?? []), entry]);
  }
  for (const [, queries] of targets)
    job(`sqls${queries[0]?.index}`, LIMIT.queries, sqlJob(queries, nonce, timeoutFactor));

  return `set +e -m; export LC_ALL=C; umask 077
${asking(ROOT, timeoutFactor)}
say() { printf '@@${nonce} %s %s\\n%s\\n' "$1" "$2" "\${3:0:131072}"; }
show() { local text=; mapfile -d '' -n 1 text <"$d/$1" 2>/dev/null; say "$1" "$2" "\${text[0]}"; }
declare -A job limit; HOSTNAME=$(</proc/sys/kernel/hostname)
d=/run/lab-check.$$; mkdir "$d" || d=$(mktemp -d)
trap 'rm -rf "$d"' EXIT
{ ${IDENTITY.trim()}
${anchor === undefined ? '' : `[[ " \${record[*]} " == *" ${anchor} "* ]] || echo ${anchor} >>/var/lib/lab/record`}
} 2>/dev/null
${jobs.join('\n')}
${WATCH.trim()}
ended() {
  local id=\${job[$1]} code=$2
  [ -n "$id" ] || return
  : >"$d/$id.done"; [ ! -e "$d/$id.late" ] || code=124
  show "$id!" "$code"; show "$id" "$code"; unset "job[$1]"
}
while wait -n -p pid; code=$?; [ -n "$pid" ]; do ended "$pid" "$code"; done
# Of a job that ended while another one was started the shell may know the code only: \`wait -n\` passes it over.
for pid in "\${!job[@]}"; do wait "$pid"; ended "$pid" $?; done
kill -- "-$watch"
say end 0
`;
}

/** All files in one process: `stat` for all, contents by the shell. */
function fileJob(paths: string[], nonce: string): string {
  const list = paths.map(quote).join(' ');
  return `set -- ${list}
while IFS= read -r line; do stat+=("$line"); done < <(stat -L -c "%n %a %U:%G" -- "$@" 2>/dev/null)
at=0; for f; do code=1; head=; text=
  for line in "\${stat[@]}"; do [[ $line == "$f "* ]] && head=\${line#"$f "} && code=0; done
  [[ $code == 0 && -f $f ]] && mapfile -d "" -n 1 text <"$f"
  printf "@@${nonce} file%s %s\\n%s\\n%s\\n" $((at++)) $code "$head" "\${text:0:65536}"
done`;
}

/** All requests in one curl, side by side; what is there is told also when curl was ended. */
function httpJob(
  requests: { probe: Extract<Probe, { kind: 'http' }>; index: number }[],
  nonce: string,
  timeoutFactor: number,
): string {
  const config: string[] = [];
  const ids: string[] = [];
  for (const { probe, index } of requests)
    for (let round = 0; round < (probe.times ?? 1); round += 1) {
      const id = `${index}.${round}`;
      if (ids.length > 0) config.push('next');
      ids.push(id);
      config.push(
        `url = ${word(probe.url)}`,
        'globoff',
        'silent',
        `max-time = ${REQUEST.all * timeoutFactor}`,
        `connect-timeout = ${REQUEST.connect * timeoutFactor}`,
        'max-filesize = 1048576',
        'user-agent = "lab-check"',
        `write-out = "\\n@@${nonce} curl${id} 0\\n%{http_code} %{time_total} %{exitcode} %{errormsg}\\n"`,
        // The folder is known to the machine only.
        `output = "@FOLDER@/h${id}"`,
        `dump-header = "@FOLDER@/h${id}.head"`,
        ...(probe.method === 'HEAD' ? ['head'] : probe.method ? [`request = ${word(probe.method)}`] : []),
        ...(probe.headers ?? []).map((header) => `header = ${word(header)}`),
        ...(probe.body === undefined ? [] : [`data-raw = ${word(probe.body)}`]),
        ...(probe.user ? [`user = ${word(probe.user)}`] : []),
        ...(probe.insecure ? ['insecure'] : []),
        ...(probe.follow ? ['location'] : []),
        // And not `resolve`, which holds for every other request of this curl as well.
        ...(probe.resolve ? [`connect-to = ${word(`${probe.resolve}:`)}`] : []),
      );
    }
  const text = config.join('\n');
  return `c=${quote(text)}
trap : TERM
curl --silent --parallel --parallel-immediate --parallel-max 24 -K - <<<"\${c//@FOLDER@/$d}"
for i in ${ids.join(' ')}; do for k in .head ''; do
  text=; [ -e "$d/h$i$k" ] && mapfile -d '' -n 1 text <"$d/h$i$k"
  printf '@@${nonce} http%s%s 0\\n%s\\n' "$i" "$k" "\${text:0:65536}"
done; done`;
}

/** A word of a curl configuration file. */
const word = (text: string) =>
  `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n').replaceAll('\r', '\\r').replaceAll('\t', '\\t')}"`;

/** All queries to one server in one client; an error names the line, and each query is one line. */
function sqlJob(
  queries: { probe: Extract<Probe, { kind: 'sql' }>; index: number }[],
  nonce: string,
  timeoutFactor: number,
): string {
  const target = queries[0]?.probe;
  const options = [
    // Inside the machine itself nothing is gained by TLS, and setting it up takes longer than the queries.
    target?.host ? '' : '--skip-ssl',
    target?.host ? `--host=${quote(target.host)}` : '',
    target?.port ? `--port=${target.port}` : '',
    target?.user ? `--user=${quote(target.user)}` : '',
    target?.database ? `--database=${quote(target.database)}` : '',
  ].filter(Boolean);
  const text = queries
    .map(({ probe, index }) => {
      const query = probe.query.replace(/\s+/g, ' ').trim().replace(/;$/, '');
      return `SELECT '@@${nonce} sql${index} 0';\n${query};`;
    })
    .join('\n');
  const password = target?.password ? `MYSQL_PWD=${quote(target.password)} ` : '';
  return `q=${quote(text)}
${password}mariadb --no-auto-rehash --force -N -B --unbuffered --connect-timeout=${Math.ceil(REQUEST.database * timeoutFactor)} ${options.join(' ')} <<<"$q"`;
}
