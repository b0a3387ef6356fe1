#!/usr/bin/env bash
# Gives machines of a lab a fixed share of one processor each, as small computers of one size would have: on one computer they
# otherwise share its processors, and more of them bring nothing. Until `max` takes the limit away, or the machine starts
# again. For the uml engine; asks for root through sudo where it must.
#   bash bench/share.sh PERCENT|max MACHINE...     of the lab LAB_NAME (lab), as `lab` itself takes it
set -euo pipefail

share=${1:-}
lab=${LAB_NAME:-lab}
# Where the kernel's control groups are.
cgroups=${LAB_CGROUPS:-/sys/fs/cgroup}
period=100000

fail() {
  echo "$*" >&2
  exit 1
}

if [[ ! $share =~ ^(max|[1-9][0-9]?|100)$ ]] || (($# < 2)); then
  fail "A share from 1 to 100 (percent of one processor) or max, and machines: \`bash bench/share.sh 15 web1 web2\`."
fi
if [[ ! -d $cgroups ]]; then
  fail "This computer has no control groups ($cgroups): they are Linux's, and only they limit machines of the uml engine."
fi

# kernel_of MACHINE: number of the process that is its kernel; all processes in it are of its process group.
kernel_of() {
  ps -eo pid=,args= | awk -v machine="umid=$1" -v lab="/.lab/$lab/" '
    $2 ~ /\/linux$/ && index($0, lab) { for (i = 3; i <= NF; i++) if ($i == machine) { print $1; exit } }'
}

# limited GROUP: microseconds of each period, or none.
limited() {
  local quota=$((period * ${share/max/0} / 100))
  if [[ -e $cgroups/cgroup.controllers ]]; then
    # Where nobody has asked for it yet, groups have no processors to share.
    [[ -e $1/cpu.max ]] || echo +cpu >"$cgroups/cgroup.subtree_control"
    if [[ $share == max ]]; then echo "max $period" >"$1/cpu.max"; else echo "$quota $period" >"$1/cpu.max"; fi
    return
  fi
  echo "$period" >"$1/cpu.cfs_period_us"
  if [[ $share == max ]]; then echo -1 >"$1/cpu.cfs_quota_us"; else echo "$quota" >"$1/cpu.cfs_quota_us"; fi
}

# What is wrong with one is said before any is limited.
declare -A kernels=()
for machine in "${@:2}"; do
  kernels[$machine]=$(kernel_of "$machine")
  if [[ $share != max && -z ${kernels[$machine]} ]]; then
    fail "$machine of the lab $lab does not run on the uml engine: see \`lab status\`; \`lab up --engine uml\` makes such a lab."
  fi
done

folder=$cgroups
if [[ ! -e $cgroups/cgroup.controllers ]]; then folder=$cgroups/cpu; fi
if [[ ! -w $folder ]]; then
  if ((EUID == 0)); then fail "Control groups cannot be made here ($folder), as in a container that has them read-only."; fi
  command -v sudo >/dev/null || fail "The processors of machines are limited by root only, and sudo is not here: log in as root."
  exec sudo LAB_NAME="$lab" LAB_CGROUPS="$cgroups" bash "$0" "$@"
fi

for machine in "${@:2}"; do
  group=$folder/lab-$lab-$machine
  # A group with processes in it stays, without a limit.
  if [[ $share == max ]]; then
    if [[ -e $group ]]; then limited "$group"; fi
    continue
  fi
  mkdir -p "$group"
  limited "$group"
  # What ends meanwhile cannot be moved.
  for pid in $(ps -eo pid=,pgid= | awk -v group="${kernels[$machine]}" '$2 == group { print $1 }'); do
    echo "$pid" >"$group/cgroup.procs" 2>/dev/null || true
  done
done
if [[ $share == max ]]; then echo "${*:2}: no limit"; else echo "${*:2}: $share % of a processor each"; fi
