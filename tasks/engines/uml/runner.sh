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

# A kernel that is asked to reboot, or is reset by its watchdog or its own reset key, ends and says so on its console:
# then it is started again, as a computer would be.
while :; do
  : >"$console"
  TMPDIR=/mnt taskset -c "$cpu" "$@" </dev/null >>"$console" 2>&1 || true
  grep -aqE 'reboot: Restarting system|softdog: Initiating system reboot|sysrq: Resetting' "$console" || break
done
