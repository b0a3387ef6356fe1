#!/usr/bin/env bash
# What a machine knows of its part in the lab's redundancy. Arguments: ROLES [SERVICES] (each a list of words);
# without SERVICES neither these nor addresses are told: `lab check` has one question for all units of a machine. Sections,
# judged elsewhere (redundancy.ts). One round trip, few processes, nothing that can hang for long.
set -uo pipefail
export LC_ALL=C PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
roles=" $1 "
has() { [[ $roles == *" $1 "* ]]; }
section() { printf '== %s\n' "$1"; }
contents() {
  local text=()
  mapfile -d '' -n 1 text <"$1" && printf '%s' "${text[0]}"
}

section boot
contents /proc/sys/kernel/random/boot_id
if (($# > 1)); then
  section services
  # shellcheck disable=SC2086 # a list of words
  systemctl is-active $2
  section addresses
  ip -o -4 addr show
fi
# Of a machine with two cards: which of them have a carrier, and which one works.
for file in /proc/net/bonding/*; do
  [[ -r $file ]] || continue
  section cards
  contents "$file"
done
section leftovers
[[ ! -e /var/lib/lab/reserve ]] || echo 'its disk is kept full'
# One table and one queue are what faults leave; both lists are short.
[[ $(nft list tables 2>/dev/null) != *lab_drill* ]] || echo 'its packet filter cuts machines off'
[[ $(tc qdisc show 2>/dev/null) != *netem* ]] || echo 'its network is slowed down'
if has lb; then
  section haproxy
  echo 'show stat' | within 3 socat - /run/haproxy/admin.sock
fi
if has web; then
  section route
  echo 'show stat' | within 3 socat - /run/session-route/admin.sock
fi
if has database; then
  section galera
  database "SHOW GLOBAL STATUS WHERE Variable_name IN ('wsrep_cluster_size', 'wsrep_cluster_status', 'wsrep_local_state_comment', 'wsrep_ready')"
  section gate
  contents /run/galera/state
fi
if has storage; then
  section drbd
  contents /proc/drbd
  section quorum
  within 5 corosync-quorumtool -s
  section cluster
  within 5 crm_mon -1 --output-as=xml
  if [[ -e /etc/lab/power-switch.key ]]; then
    section fencing
    within 5 stonith_admin --list-registered
  fi
fi
if has session; then
  section redis
  setting /etc/redis/lab.conf '^requirepass "?([^" ]+)'
  redis 127.0.0.1:6379 "$REPLY" 'INFO replication'
fi
if has sentinel; then
  section sentinel
  setting /etc/redis/lab-sentinel.conf '^requirepass "?([^" ]+)'
  redis 127.0.0.1:26379 "$REPLY" 'INFO sentinel' 'SENTINEL MASTERS'
fi
section end
