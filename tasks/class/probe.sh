#!/usr/bin/env bash
# What a lab needs of a server, tried there inside a job: one line `NAME VALUE` a thing. Changes nothing but a file that it removes.
#
# Usage: probe.sh KIT CLASS SCRATCH CACHE
set -euo pipefail

kit=$1 class=$2 scratch=$3 cache=$4

answer() { printf '%s %s\n' "$1" "${2//$'\n'/ }"; }

answer kit "$([ -r "$kit/bin/lab.js" ] && echo yes || echo no)"
answer node "$(node --version 2>/dev/null || echo none)"
missing=()
for tool in unshare nsenter ip ssh ssh-keygen tar zstd flock; do command -v "$tool" >/dev/null || missing+=("$tool"); done
answer missing "${missing[*]:-}"

# As the kit makes them, in namespaces that are gone afterwards.
as_root=()
[ "$(id -u)" -eq 0 ] || as_root=(--user --map-root-user)
if namespaces=$(timeout 10 unshare "${as_root[@]}" --net --mount --pid --fork --kill-child --mount-proc \
  bash "$kit/tasks/host/namespace-probe.sh" 2>&1); then
  answer namespaces works
else
  answer namespaces "refused: $(grep -m 1 failed <<<"$namespaces" || tail -n 1 <<<"$namespaces")"
fi
tun=missing
[ ! -e /dev/net/tun ] || tun=forbidden
if [ -r /dev/net/tun ] && [ -w /dev/net/tun ]; then tun=usable; fi
answer tun "$tun"

# The limit that the job's own control group has: of this process, or of one above it that the cluster made.
limit=none
while IFS=: read -r _ controllers path; do
  case $controllers in
    memory) root=/sys/fs/cgroup/memory file=memory.limit_in_bytes ;;
    '') root=/sys/fs/cgroup file=memory.max ;;
    *) continue ;;
  esac
  while [ -n "$path" ] && [ "$path" != / ]; do
    value=$(cat "$root$path/$file" 2>/dev/null || echo max)
    # Version 1 writes a number near 2^63 for none.
    if [[ $value =~ ^[0-9]+$ ]] && [ "${#value}" -lt 17 ]; then limit=$((value / 1048576)) && break; fi
    path=${path%/*}
  done
done </proc/self/cgroup
answer memory "$limit"
answer cores "$(nproc)"
answer installed "$(nproc --all)"

mkdir -p "$scratch" 2>/dev/null || :
answer scratch "$([ -w "$scratch" ] && df -Pm "$scratch" | awk 'NR == 2 { print $4 }' || echo no)"
# A shared folder must be written, renamed in and locked by every server.
own="$class/labs/.probe-$(hostname)-$$"
if { echo x >"$own" && mv "$own" "$own.2" && flock -w 5 "$own.2" true; } 2>/dev/null; then answer class works; else answer class no; fi
rm -f "$own" "$own.2"

if [ "$cache" != - ]; then export LAB_CACHE=$cache; fi
images=$(node "$kit/bin/lab.js" image list --json 2>/dev/null || echo '[]')
answer image "$(node -e '
  const kinds = JSON.parse(require("fs").readFileSync(0, "utf8")).filter((one) => one.current).map((one) => one.kind);
  console.log(["image", "kernel"].every((kind) => kinds.includes(kind)) ? "there" : "missing");
' <<<"$images" 2>/dev/null || echo missing)"
