/** What Prometheus and Alertmanager say of themselves, over HTTP on the client. */

const PROMETHEUS = 'curl -sfG --max-time 5 http://127.0.0.1:9090/api/v1';
const ALERTMANAGER = 'curl -sf --max-time 5 http://127.0.0.1:9093/api/v2';

/** Figures of now that the checks look at: `name machine instance value`, a hyphen for a label that is not there. */
export const FIGURES = {
  kind: 'command',
  command: `# the newest figures
${PROMETHEUS}/query --data-urlencode 'query={__name__=~"up|node_load1|haproxy_backend_active_servers|mysql_up|corosync_votes|redis_connected_replicas|node_bonding_slaves|probe_success"}' |
  jq -r '.data.result[] | "\\(.metric.__name__) \\(.metric.machine // "-") \\(.metric.instance // "-") \\(.value[1])"'`,
} as const;

/** Its rules that make alerts: `name health seconds severity`, the seconds those of \`for\`. */
export const RULES = {
  kind: 'command',
  command: `# the rules that make alerts
${PROMETHEUS}/rules -d type=alert | jq -r '.data.groups[].rules[] | "\\(.name) \\(.health) \\(.duration) \\(.labels.severity // "-")"'`,
} as const;

/** How many Alertmanagers Prometheus tells, whether one is ready, and how many inhibitions it has. */
export const TELLING = {
  kind: 'command',
  command: `# who is told
${PROMETHEUS}/alertmanagers | jq -r '"alertmanagers \\(.data.activeAlertmanagers | length)"'
${ALERTMANAGER}/status | jq -r '"ready \\(.cluster.status)", "inhibitions \\([.config.original | scan("source_match")] | length)"'`,
} as const;

/** How often a machine was out in the last hours, however short: what waits for its \`for\` counts. */
export const OUTS = {
  kind: 'command',
  command: `# how often a web machine was out
${PROMETHEUS}/query --data-urlencode 'query=sum(changes(ALERTS_FOR_STATE{alertname="WebMachineOut"}[6h]) + 1)' | jq -r '.data.result[].value[1]'`,
} as const;

/**
 * Silences, the newest ones: state, begin, end (Unix time), the machine that they are for or a hyphen, how many figures of a firing alert of
 * that machine Prometheus has from within, and whether a comment says why.
 */
export const SILENCES = {
  kind: 'command',
  command: `# the silences
${ALERTMANAGER}/silences | jq -r 'def time: sub("[.][0-9]+Z"; "Z") | fromdate;
  sort_by(.startsAt) | reverse | .[:6][] | [.status.state, (.startsAt | time), (.endsAt | time),
  ([.matchers[] | select(.name == "machine" and (.isRegex | not)) | .value][0] // "-"), (.comment | length)] | join(" ")' |
  while read -r state from to machine comment; do
    fired=0
    if [[ $machine =~ ^[a-z0-9]+$ ]] && ((to > from)); then
      printf -v now '%(%s)T' -1
      fired=$(${PROMETHEUS}/query --data-urlencode "query=sum(count_over_time(ALERTS{alertstate=\\"firing\\",machine=\\"$machine\\"}[$((to - from))s] @ $((to < now ? to : now))))" | jq -r '.data.result[0].value[1] // 0')
    fi
    echo "$state $from $to $machine $fired $comment"
  done`,
} as const;

export interface Figure {
  name: string;
  machine: string;
  instance: string;
  value: number;
}

export const figuresOf = (text: string): Figure[] =>
  text.split('\n').flatMap((line) => {
    const [, name, machine, instance, value] = /^(\w+) (\S+) (\S+) (\S+)$/.exec(line.trim()) ?? [];
    return name && machine && instance ? [{ name, machine, instance, value: Number(value) }] : [];
  });

export interface Rule {
  name: string;
  healthy: boolean;
  /** Seconds of `for`. */
  wait: number;
  severity: string;
}

export const rulesOf = (text: string): Rule[] =>
  text.split('\n').flatMap((line) => {
    const [, name, health, wait, severity] = /^(\S+) (\w+) ([\d.]+) (\S+)$/.exec(line.trim()) ?? [];
    return name && severity ? [{ name, healthy: health === 'ok', wait: Number(wait), severity }] : [];
  });

export interface Silence {
  active: boolean;
  from: number;
  until: number;
  machine: string;
  fired: number;
  commented: boolean;
}

export const silencesOf = (text: string): Silence[] =>
  text.split('\n').flatMap((line) => {
    const [, state, from, until, machine, fired, comment] =
      /^(\w+) (\d+) (\d+) (\S+) (\d+) (\d+)$/.exec(line.trim()) ?? [];
    if (!state || !machine) return [];
    return [
      {
        ...{ active: state !== 'expired', from: Number(from), until: Number(until), machine },
        ...{ fired: Number(fired), commented: Number(comment) > 0 },
      },
    ];
  });
