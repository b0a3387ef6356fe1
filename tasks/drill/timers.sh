#!/usr/bin/env bash
# The timers that this machine really runs with: bash -s ROLES. Each line: NAME VALUE UNIT WHERE-IT-WAS-READ. From the
# running program where it tells, from the file it was started with otherwise.
set -uo pipefail
export LC_ALL=C PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
roles=" $1 "
has() { [[ $roles == *" $1 "* ]]; }
tell() { [[ -z ${2:-} ]] || printf '%s %s %s %s\n' "$1" "$2" "$3" "$4"; }
# setting FILE PATTERN: what the first line that matches has in its group, in $REPLY. No process, and the file is read at once.
setting() {
  local lines=() line
  REPLY=
  mapfile -t lines <"$1"
  for line in "${lines[@]}"; do
    if [[ $line =~ $2 ]]; then
      REPLY=${BASH_REMATCH[1]}
      return
    fi
  done
} 2>/dev/null
# option TEXT NAME: the seconds of evs.NAME = PT…S
option() { [[ $1 =~ (^|[^a-z_.])$2\ *=\ *PT([0-9.]+)S ]] && echo "${BASH_REMATCH[2]}"; }

for pair in lb:front router:router; do
  role=${pair%:*} name=${pair#*:} file=/etc/keepalived/conf.d/${pair#*:}.conf
  has "$role" || continue
  setting "$file" '^ *advert_int ([0-9.]+)'
  tell "$name.advert" "$REPLY" s "$file"
  setting "$file" '^ *priority ([0-9]+)'
  tell "$name.priority" "$REPLY" - "$file"
done
if has lb; then
  file=/etc/haproxy/haproxy.cfg
  setting "$file" '^ *timeout connect ([0-9]+)ms'
  tell "web.connect" "$REPLY" ms "$file"
fi
if has router; then
  file=/etc/mysqlrouter/mysqlrouter.conf
  setting "$file" '^connect_timeout *= *([0-9]+)'
  tell "router.connect" "$REPLY" s "$file"
fi
if has database; then
  options=$(timeout 5 mariadb -N -B -e "SELECT @@wsrep_provider_options")
  for name in suspect_timeout inactive_check_period join_retrans_period; do
    tell "galera.$name" "$(option "$options" "evs.$name")" s '@@wsrep_provider_options'
  done
fi
if has storage; then
  for name in token consensus; do
    tell "corosync.$name" "$(timeout 5 corosync-cmapctl -g "runtime.config.totem.$name" 2>/dev/null | sed -n 's/.*= //p')" ms "corosync-cmapctl"
  done
  wait=$(timeout 5 crm_attribute --query --quiet --name stonith-watchdog-timeout 2>/dev/null)
  tell storage.fencing "${wait%s}" s crm_attribute
  [[ ! -r /proc/fs/nfsd/nfsv4gracetime ]] || tell nfs.grace "$(</proc/fs/nfsd/nfsv4gracetime)" s /proc/fs/nfsd/nfsv4gracetime
  drbd=$(timeout 5 drbdsetup show shared 2>/dev/null)
  [[ ! $drbd =~ protocol[[:space:]]+([ABC]) ]] || tell drbd.protocol "${BASH_REMATCH[1]}" - 'drbdsetup show'
fi
if has web; then
  # shellcheck disable=SC2094 # it only names the file
  while read -r _ folder type mount _; do
    [[ $folder == /srv/shared && $type == nfs4 && $mount =~ timeo=([0-9]+) ]] || continue
    tell nfs.timeo "${BASH_REMATCH[1]}" ds /proc/mounts
  done </proc/mounts
  file=/etc/haproxy/session-route.cfg
  setting "$file" 'downinter ([0-9]+)ms'
  tell "route.check" "$REPLY" ms "$file"
fi
if has sentinel; then
  key='' pass=''
  while read -r key pass; do [[ $key == requirepass ]] && break; done </etc/redis/lab-sentinel.conf
  setting /etc/redis/lab-sentinel.conf '^sentinel monitor ([^ ]+)'
  set=$REPLY
  mapfile -t fields < <(REDISCLI_AUTH=$pass timeout 3 redis-cli -h 127.0.0.1 -p 26379 sentinel master "$set")
  for ((i = 0; i + 1 < ${#fields[@]}; i += 2)); do
    [[ ${fields[i]} != down-after-milliseconds ]] || tell redis.down_after "${fields[i + 1]}" ms 'sentinel master'
  done
fi
