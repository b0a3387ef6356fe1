#!/usr/bin/env bash
# What one, two and three web machines carry when each has a fixed share of a processor, as machines of one size would: on
# one computer they otherwise share its processors, and more of them bring nothing. For labs on the uml engine, as root.
#   bash bench/scaling.sh [LAB] [PERCENT]     PERCENT of one processor for each web machine (15)
set -euo pipefail
cd "$(dirname "$0")/.."
lab=${1:-lab} percent=${2:-15}
period=100000
groups=()

# The limits end with the measurement, also when it is interrupted; a group with processes in it is left without one.
unlimited() {
  local group
  for group in "${groups[@]}"; do
    if [[ -e $group/cpu.max ]]; then echo "max $period" >"$group/cpu.max"; else echo -1 >"$group/cpu.cfs_quota_us"; fi
  done
}
trap unlimited EXIT

# limit MACHINE: its kernel and all processes in it, by the kernel's process group.
limit() {
  local group main pid
  main=$(ps -eo pid=,args= | awk -v machine="umid=$1" -v lab="/.lab/$lab/" '
    $2 ~ /\/linux$/ && index($0, lab) { for (i = 3; i <= NF; i++) if ($i == machine) { print $1; exit } }')
  if [[ -z $main ]]; then
    echo "$1 of $lab does not run on the uml engine; \`lab up --engine uml\` makes such a lab." >&2
    exit 1
  fi
  if [[ -e /sys/fs/cgroup/cgroup.controllers ]]; then group=/sys/fs/cgroup/lab-$lab-$1; else group=/sys/fs/cgroup/cpu/lab-$lab-$1; fi
  mkdir -p "$group"
  groups+=("$group")
  if [[ -e $group/cpu.max ]]; then
    echo "$((period * percent / 100)) $period" >"$group/cpu.max"
  else
    echo "$period" >"$group/cpu.cfs_period_us"
    echo "$((period * percent / 100))" >"$group/cpu.cfs_quota_us"
  fi
  # What ends meanwhile cannot be moved.
  for pid in $(ps -eo pid=,pgid= | awk -v group="$main" '$2 == group { print $1 }'); do
    echo "$pid" >"$group/cgroup.procs" 2>/dev/null || true
  done
}

node bin/lab.js scale web=3 --name "$lab" --yes
for machine in web1 web2 web3; do limit "$machine"; done
node bin/lab.js load --name "$lab" --find-limit --rate 8 --for 8s --web 1,2,3
