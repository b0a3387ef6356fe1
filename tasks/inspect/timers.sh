#!/usr/bin/env bash
# The timers that this machine really runs with. Argument: ROLES. Each line: NAME VALUE UNIT WHERE-IT-WAS-READ. From the
# running program where it tells, from the file it was started with otherwise.
set -uo pipefail
export LC_ALL=C PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
roles=" $1 "
has() { [[ $roles == *" $1 "* ]]; }
tell() { [[ -z ${2:-} ]] || printf '%s %s %s %s\n' "$1" "$2" "$3" "$4"; }

# A machine with two cards: how often it looks whether they have a carrier.
for file in /sys/class/net/*/bonding/miimon; do
  [[ ! -r $file || $(<"$file") == 0 ]] || tell network.link_check "$(<"$file")" ms "$file"
done
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
  options=$(database 'SELECT @@wsrep_provider_options')
  for name in suspect_timeout inactive_check_period join_retrans_period; do
    [[ ! $options =~ (^|[^a-z_.])evs\.$name\ *=\ *PT([0-9.]+)S ]] ||
      tell "galera.$name" "${BASH_REMATCH[2]}" s '@@wsrep_provider_options'
  done
fi
if has storage; then
  totem=$(within 5 corosync-cmapctl runtime.config.totem. 2>/dev/null)
  for name in token consensus; do
    [[ ! $totem =~ totem\.$name\ [^=]*=\ ([0-9]+) ]] || tell "corosync.$name" "${BASH_REMATCH[1]}" ms corosync-cmapctl
  done
  # As Pacemaker keeps it: written with each change, and read without a program.
  file=/var/lib/pacemaker/cib/cib.xml
  setting "$file" 'name="stonith-watchdog-timeout" value="([0-9.]+)s?"'
  tell storage.fencing "$REPLY" s "$file"
  setting "$file" 'name="pcmk_reboot_timeout" value="([0-9.]+)s?"'
  tell storage.power_switch "$REPLY" s "$file"
  [[ ! -r /proc/fs/nfsd/nfsv4gracetime ]] || tell nfs.grace "$(</proc/fs/nfsd/nfsv4gracetime)" s /proc/fs/nfsd/nfsv4gracetime
  drbd=$(within 5 drbdsetup show shared 2>/dev/null)
  [[ ! $drbd =~ protocol[[:space:]]+([ABC]) ]] || tell drbd.protocol "${BASH_REMATCH[1]}" - 'drbdsetup show'
fi
if has web; then
  # shellcheck disable=SC2094 # it only names the file
  while read -r _ folder type mount _; do
    [[ $folder == /srv/shared && $type == nfs4 && $mount =~ timeo=([0-9]+) ]] || continue
    tell nfs.timeo "${BASH_REMATCH[1]}" ds /proc/mounts
  done </proc/mounts
  file=/proc/sys/net/ipv4/tcp_rto_max_ms
  [[ ! -r $file ]] || tell tcp.rto_max "$(<"$file")" ms "$file"
  file=/etc/haproxy/session-route.cfg
  setting "$file" 'downinter ([0-9]+)ms'
  tell "route.check" "$REPLY" ms "$file"
fi
if has sentinel; then
  setting /etc/redis/lab-sentinel.conf '^requirepass "?([^" ]+)'
  mapfile -t fields < <(redis 127.0.0.1:26379 "$REPLY" 'SENTINEL MASTERS')
  for ((i = 0; i + 1 < ${#fields[@]}; i += 2)); do
    [[ ${fields[i]} != down-after-milliseconds ]] || tell redis.down_after "${fields[i + 1]}" ms 'sentinel masters'
  done
fi
