#!/usr/bin/env bash
# What a machine tells a watcher (watcher.ts) for as long as it listens, a line each:
#   beat CLOCK LOAD RECEIVED SENT       once a second
#   addresses ADDRESS...                all of them, at first and after each change
#   member STATE..., replica LINE       the database and DRBD, when they change
#   services NAME=STATE..., votes GROUP NUMBER yes|no, session ROLE LINK, and what `ip monitor` and journalctl print.
# Arguments: NIC ROLES SERVICES CURSOR IDENTIFIER... (the first three are lists of words or one; CURSOR: where in the journal to go
# on, or nothing). Input: `on` now and then, or `ask WHAT`; its end ends everything here.
# At rest no program is started: what is read each second is read by bash itself. asking.sh is sent before this.
set -uo pipefail
export LC_ALL=C PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin
nic=$1 roles=" $2 " services=$3 cursor=$4
shift 4
sys=${LAB_SYS:-/sys} proc=${LAB_PROC:-/proc} run=${LAB_RUN:-/run}
has() { [[ $roles == *" $1 "* ]]; }
# Seconds without a word from the watcher after which it is gone: a machine that was cut off hears no end.
patience=${LAB_PATIENCE:-60}

ask_services() {
  local states enabled=() line='' index=0 name state
  # shellcheck disable=SC2086 # a list of words
  mapfile -t states < <(systemctl is-active $services)
  # What no role has enabled is not set up, which is another thing than a failure.
  # shellcheck disable=SC2086
  [[ " ${states[*]} " != *" inactive "* ]] || mapfile -t enabled < <(systemctl is-enabled $services 2>/dev/null)
  for name in $services; do
    state=${states[index]:-unknown}
    [[ $state-${enabled[index]:-} != inactive-@(disabled|not-found) ]] || state=unused
    line+=" $name=$state"
    ((++index))
  done
  printf 'services%s\n' "$line"
}
ask_addresses() {
  local lines list='' line
  mapfile -t lines < <(ip -o -4 addr show)
  for line in "${lines[@]}"; do
    [[ ! $line =~ \ inet\ ([0-9.]+) ]] || list+=" ${BASH_REMATCH[1]}"
  done
  printf 'addresses%s\n' "$list"
}
ask_galera() {
  local said
  said=$(database "SHOW GLOBAL STATUS WHERE Variable_name IN ('wsrep_cluster_size', 'wsrep_cluster_status')" 2>/dev/null)
  [[ $said =~ wsrep_cluster_size[[:space:]]+([0-9]+) ]] || return 0
  local size=${BASH_REMATCH[1]} quorate=no
  [[ ! $said =~ wsrep_cluster_status[[:space:]]+Primary ]] || quorate=yes
  printf 'votes galera %s %s\n' "$size" "$quorate"
}
ask_corosync() {
  local said quorate=no
  said=$(within 5 corosync-quorumtool -s 2>/dev/null)
  [[ $said =~ 'Total votes:'\ +([0-9]+) ]] || return 0
  local votes=${BASH_REMATCH[1]}
  [[ ! $said =~ Quorate:\ +Yes ]] || quorate=yes
  printf 'votes corosync %s %s\n' "$votes" "$quorate"
}
ask_session() {
  local said link=up
  setting /etc/redis/lab.conf '^requirepass "?([^" ]+)'
  said=$(redis 127.0.0.1:6379 "$REPLY" 'INFO replication' 2>/dev/null)
  [[ $said =~ role:(master|slave) ]] || return 0
  local role=${BASH_REMATCH[1]}
  [[ $said != *master_link_status:down* ]] || link=down
  printf 'session %s %s\n' "$role" "$link"
}
ask_sentinel() {
  local said password name quorate=no
  setting /etc/redis/lab-sentinel.conf '^requirepass "?([^" ]+)'
  password=$REPLY
  setting /etc/redis/lab-sentinel.conf '^sentinel monitor ([^ ]+)'
  name=$REPLY
  said=$(redis 127.0.0.1:26379 "$password" "SENTINEL CKQUORUM $name" 2>/dev/null)
  [[ $said =~ (OK|NOQUORUM)\ ([0-9]+)\ usable ]] || return 0
  [[ ${BASH_REMATCH[1]} != OK ]] || quorate=yes
  printf 'votes sentinel %s %s\n' "${BASH_REMATCH[2]}" "$quorate"
}
ask() {
  case $1 in
    services) ask_services ;;
    addresses) ask_addresses ;;
    galera) ! has database || ask_galera ;;
    corosync) ! has storage || ask_corosync ;;
    redis)
      ! has session || ask_session
      ! has sentinel || ask_sentinel
      ;;
  esac
}

# A service that runs has a group of processes, and one that only did something at its start (nftables) is marked as active by systemd; when
# either comes or goes, systemd is asked how it is: now and until it has settled.
before='' settle=0
look_at_services() {
  local name now=''
  for name in $services; do
    [[ ! -d $sys/fs/cgroup/system.slice/$name.service ]] || now+=" $name"
    [[ ! -L $run/systemd/units/invocation:$name.service ]] || now+=" ($name)"
  done
  if [[ $now != "$before" ]]; then
    before=$now
    settle=20
  fi
  case $settle in
    20 | 18 | 14 | 8 | 1) ask_services & ;;
  esac
  ((settle == 0)) || ((settle--))
}

member='' replica=''
look_at_data() {
  local lines line now
  if has database; then
    now=
    [[ ! -r $run/galera/state ]] || IFS= read -r now <"$run/galera/state" || true
    if [[ $now != "$member" ]]; then
      member=$now
      printf 'member %s\n' "$now"
    fi
  fi
  if has storage && [[ -r $proc/drbd ]]; then
    mapfile -t lines <"$proc/drbd"
    now=
    for line in "${lines[@]}"; do
      [[ ! $line =~ ^\ *0:\ (cs:.*) ]] || now=${BASH_REMATCH[1]}
      [[ ! $line =~ sync.ed:\ *([0-9.]+)% ]] || now+=" synced:${BASH_REMATCH[1]}"
    done
    if [[ $now != "$replica" ]]; then
      replica=$now
      printf 'replica %s\n' "$now"
    fi
  fi
}

beat() {
  local load=0 received=0 sent=0
  read -r load _ <"$proc/loadavg"
  read -r received <"$sys/class/net/$nic/statistics/rx_bytes"
  read -r sent <"$sys/class/net/$nic/statistics/tx_bytes"
  printf 'beat %s %s %s %s\n' "$EPOCHREALTIME" "$load" "$received" "$sent"
} 2>/dev/null

# shellcheck disable=SC2329 # called by the trap
finish() {
  # shellcheck disable=SC2046 # numbers
  kill $(jobs -p) 2>/dev/null
}
trap finish EXIT
trap 'exit 0' HUP TERM PIPE

# Before the addresses are told: what changes meanwhile is told after them.
ip -o -4 monitor address &
names=()
for name; do names+=(-t "$name"); done
if [[ $cursor ]]; then from=("--after-cursor=$cursor" --no-tail); else from=(--lines=30); fi
# Lines that several programs write into one pipe must be written whole: journalctl writes what its buffer holds.
journalctl --follow --quiet --merge --output=json --output-fields=SYSLOG_IDENTIFIER,MESSAGE,_BOOT_ID "${from[@]}" "${names[@]}" \
  > >(exec grep --line-buffered '^{') &
# What was held while nobody could hear it counts before the first beat; the rest may take its time.
ask addresses
beat
for what in services galera corosync redis; do ask "$what" & done
quiet=0
while ((quiet < patience)); do
  IFS= read -r -t 1 word
  code=$?
  if ((code == 0)); then
    quiet=0
    [[ $word != ask\ * ]] || ask "${word#ask }" &
    continue
  fi
  # Neither a word nor a second without one: the input has ended.
  ((code > 128)) || break
  ((quiet++))
  look_at_services
  look_at_data
  beat
done
