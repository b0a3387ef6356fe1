#!/usr/bin/env bash
# Figures for docs/availability.md: power cuts, planned stops and kills, one after the other, on a lab that is up.
#   bash bench/availability.sh [LAB] [REPEAT] [WHICH]
# REPEAT drills of each power cut and planned stop (5), one of each kill; of those whose title matches WHICH (all).
# Prints the median, the load and the verdict of each row as Markdown. Takes about a minute for each drill, alone on the computer.
set -euo pipefail
cd "$(dirname "$0")/.."
lab=${1:-lab} repeat=${2:-5} which=${3:-.}
results=$(mktemp -d)
trap 'rm -rf "$results"' EXIT

# drill TITLE REPEAT ARGUMENT…: goes on whatever the verdict, which is part of the row.
drill() {
  local title=$1 times=$2 code=0
  shift 2
  [[ $title =~ $which ]] || return 0
  echo "$(date +%T) $title" >&2
  node bin/lab.js drill --name "$lab" --repeat "$times" --json "$@" >"$results/one.json" </dev/null || code=$?
  npx tsx bench/availability-row.ts "$title" "$results/one.json" "$code" "$(cut -d' ' -f1 /proc/loadavg)"
}

echo '| fault | page | session | row | upload | failed | lost | redundant again | load | verdict |'
echo '|---|---|---|---|---|---|---|---|---|---|'
for machine in lb1 lb2 web1 web2 db1 db2; do drill "power of $machine" "$repeat" "$machine" --fault power; done
for holder in front router database storage redis; do drill "power of who holds $holder" "$repeat" --holder "$holder" --fault power; done
for machine in lb1 lb2 web1 web2 db1 db2; do drill "planned stop of $machine" "$repeat" "$machine" --fault stop; done
for holder in front router database storage redis; do drill "kill -9 of the process that holds $holder" 1 --holder "$holder" --fault kill; done
for service in nfs-mountd nfsdcld corosync pacemaker; do
  drill "kill -9 of $service on who holds storage" 1 --holder storage --fault kill --service "$service"
done
while read -r machine service; do
  drill "kill -9 of $service on $machine" 1 "$machine" --fault kill --service "$service"
done <<'KILLS'
lb1 keepalived
lb1 garb
lb2 corosync-qnetd
web1 apache2
web1 php8.4-fpm
web1 session-route
web1 redis-sentinel
web1 redis-server
web2 redis-server
KILLS
drill 'db1 and db2 cut from each other' "$repeat" db1 --fault pair --from db2
