#!/usr/bin/env bash
# Runs one machine inside the lab's namespaces: its cable, then its kernel, again after each reboot.
#
# Usage: runner.sh TAP CPU CONSOLE_LOG KERNEL ARGUMENT...
set -euo pipefail

tap=$1
cpu=$2
console=$3
shift 3

ip link delete "$tap" 2>/dev/null || true
ip tuntap add dev "$tap" mode tap
ip link set "$tap" master lab0 up

# A kernel that is asked to reboot ends and says so on its console: then it is started again, as a computer would be.
while :; do
  : >"$console"
  TMPDIR=/mnt taskset -c "$cpu" "$@" </dev/null >>"$console" 2>&1 || true
  tail -c 4096 "$console" | grep -aq 'reboot: Restarting system' || break
done
