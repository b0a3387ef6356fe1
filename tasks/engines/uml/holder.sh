#!/usr/bin/env bash
# First process of a lab's namespaces: makes the lab's network and stays. When it ends, the kernel ends every
# machine of the lab and takes the network away, whatever happened before.
#
# Usage: holder.sh READY_FILE HOST_ADDRESS/PREFIX SWITCHES CPU...
#   SWITCHES  their names in one word, with spaces between them; one switch is the bridge lab0
set -euo pipefail

ready=$1
address=$2
read -ra switches <<<"$3"
shift 3

bridge() { ip link add "$1" type bridge forward_delay 0 mcast_snooping 0; }

ip link set lo up
bridge lab0
ip address add "$address" dev lab0
ip link set lab0 up

# Two switches are two bridges. The host is plugged into both of them, and the cable between them leads through its bridge: pulled, that
# does not forward from one to the other any more (`isolated`, uml/cable.ts). A group holds whatever is plugged into a switch.
if ((${#switches[@]} > 1)); then
  group=0
  for name in "${switches[@]}"; do
    group=$((group + 1))
    bridge "lab-$name"
    ip link add "host-$name" type veth peer name "port-$name"
    ip link set "host-$name" master lab0 up
    ip link set "port-$name" master "lab-$name" group "$group" up
    ip link set "lab-$name" up
  done
fi

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
