#!/usr/bin/env bash
# Runs one machine inside the lab's namespaces: its cables, then its kernel, again after each reboot.
#
# Usage: runner.sh CABLES CPU CONSOLE_LOG OUTLET KERNEL ARGUMENT...
#   CABLES  TAP:BRIDGE:GROUP of each, in one word with spaces between them
#   OUTLET  file that the power switch writes when it cuts or gives this machine's power (power-switch.sh)
set -euo pipefail

read -ra cables <<<"$1"
cpu=$2
console=$3
outlet=$4
shift 4

for cable in "${cables[@]}"; do
  IFS=: read -r tap bridge group <<<"$cable"
  ip link delete "$tap" 2>/dev/null || true
  ip tuntap add dev "$tap" mode tap
  # A switch without power gives no carrier.
  state=up
  [ -n "$(ip -o link show up dev "$bridge")" ] || state=down
  ip link set "$tap" master "$bridge" group "$group" "$state"
done

# has_power: waits while the power switch keeps the outlet off. Fails where it did not cut this machine's power.
has_power() {
  local state=off never
  [ -e "$outlet" ] || return 1
  # To wait at, without a program: nobody writes to it.
  exec {never}<>/dev/udp/127.0.0.1/9
  while [ "$state" != on ]; do
    read -rt 0.2 -u "$never" || true
    read -r state <"$outlet" || true
  done
  exec {never}>&-
  rm -f "$outlet"
}

# A kernel that is asked to reboot, or is reset by its watchdog or its own reset key, ends and says so on its console: then it is started
# again, as a computer would be. So is one whose power the power switch cut and gave again.
rm -f "$outlet"
while :; do
  : >"$console"
  TMPDIR=/mnt taskset -c "$cpu" "$@" </dev/null >>"$console" 2>&1 || true
  has_power || grep -aqE 'reboot: Restarting system|softdog: Initiating system reboot|sysrq: Resetting' "$console" || break
done
