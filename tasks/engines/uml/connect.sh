#!/usr/bin/env bash
# ssh's ProxyCommand: a connection into the network of a running lab.
#
# Usage: connect.sh HOLDER_FILE ADDRESS PORT
set -euo pipefail

read -r pid started userns <"$1" || { echo "the lab is not running: run lab up" >&2; exit 1; }
# Field 22 of stat is the start time: a process that merely got the same number is not the lab.
stat=$(cat "/proc/$pid/stat" 2>/dev/null) || { echo "the lab is not running: run lab up" >&2; exit 1; }
read -ra fields <<<"${stat##*) }"
[ "${fields[19]}" = "$started" ] || { echo "the lab is not running: run lab up" >&2; exit 1; }
# The process namespace too: the connection ends with the lab.
options=(--target "$pid" --net --pid)
[ "$userns" = 0 ] || options+=(--user --preserve-credentials)
exec nsenter "${options[@]}" socat - "TCP:$2:$3,connect-timeout=5,nodelay"
