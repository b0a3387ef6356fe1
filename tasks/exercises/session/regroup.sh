#!/usr/bin/env bash
# About the database of a machine that a student has set up by hand, for regroup.ts. (Those of the kit's role compare their positions
# themselves: galera-start.) The word says what is wanted:
#   state   prints `up`, `lost` (it is to run, and waits for a group or gave up), or `none`
#   where   stops a lost one and prints how far its data goes: UUID SEQNO
#   begin   starts the group with it; join: has it join that; wait: starts it as its machine did
#   vote    lets the arbitrator here look for the group again, if there is one
set -euo pipefail
export LC_ALL=C PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin
data=${LAB_DATA:-/var/lib/mysql}
applied=${LAB_APPLIED:-/var/lib/lab/applied}

# own ROLE SERVICE: the student's own work, which is to run when its machine does.
own() { [[ ! -e $applied/$1 ]] && systemctl -q is-enabled "$2" 2>/dev/null; }

state() {
  local now=none
  if own database mariadb && [[ -r $data/grastate.dat ]]; then now=$(systemctl is-active mariadb) || true; fi
  case $now in
    active) echo up ;;
    activating | failed) echo lost ;;
    *) echo none ;;
  esac
}

# value NAME: what Galera wrote down at the last stop.
value() { sed -n "s/^$1: *//p" "$data/grastate.dat" | head -n 1; }

where() {
  # It waits for nothing, since nobody has a group, and hears no signal while it does: its own stop would take a quarter of an hour. What it
  # is killed in has changed nothing since the machine started.
  systemctl stop --no-block mariadb
  systemctl kill --signal=KILL mariadb 2>/dev/null || true
  systemctl stop mariadb
  systemctl reset-failed mariadb 2>/dev/null || true
  local uuid seqno line
  uuid=$(value uuid) seqno=$(value seqno)
  # Only a stop in good order is written down; of any other the engine's log knows.
  if [[ ! $seqno =~ ^[0-9]+$ ]]; then
    line=$(setpriv --reuid=mysql --regid=mysql --init-groups galera_recovery)
    [[ $line =~ =([0-9a-f-]{36}):([0-9]+) ]]
    uuid=${BASH_REMATCH[1]} seqno=${BASH_REMATCH[2]}
  fi
  echo "$uuid $seqno"
}

case $1 in
  state) state ;;
  where) where ;;
  begin)
    sed -i 's/^safe_to_bootstrap:.*/safe_to_bootstrap: 1/' "$data/grastate.dat"
    galera_new_cluster
    ;;
  join) systemctl start mariadb ;;
  wait) systemctl start --no-block mariadb ;;
  vote)
    own arbitrator garb || exit 0
    systemctl reset-failed garb 2>/dev/null || true
    systemctl restart garb
    ;;
esac
