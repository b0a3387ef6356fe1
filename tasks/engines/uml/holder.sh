#!/usr/bin/env bash
# First process of a lab's namespaces: makes the lab's network and stays. When it ends, the kernel ends every
# machine of the lab and takes the network away, whatever happened before.
#
# Usage: holder.sh READY_FILE HOST_ADDRESS/PREFIX CPU...
set -euo pipefail

ready=$1
address=$2
shift 2

ip link set lo up
ip link add lab0 type bridge forward_delay 0 mcast_snooping 0
ip address add "$address" dev lab0
ip link set lab0 up

# The machines' memory: a tmpfs of the lab's own, executable as User Mode Linux needs it, at a path short enough for
# its sockets. Nobody outside these namespaces sees it. In small pages, also where the computer would give huge ones: docs/kernel.md.
options=mode=0700,exec,size=100%
mount -t tmpfs -o "$options,huge=never" lab-memory /mnt 2>/dev/null ||
  mount -t tmpfs -o "$options" lab-memory /mnt

bash "${BASH_SOURCE[0]%/*}/balance.sh" "$@" &

echo ready >"$ready"
trap 'exit 0' TERM INT
sleep infinity &
wait "$!"
