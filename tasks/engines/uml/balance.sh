#!/usr/bin/env bash
# Keeps a lab's machines spread over the processors while their work shifts: whoever takes over a dead machine's work
# would otherwise share one processor with the busy half of the lab while the other processor idles.
#
# A machine is dozens of processes that take turns, one at a time, and a turn costs several times less when all of them
# are on one processor. The host's scheduler cannot know that, so a machine is pinned as a whole (runner.sh) and moved
# as a whole, here.
#
# Usage: balance.sh CPU...      inside the lab's namespaces: their /proc shows the processes of this lab only
set -euo pipefail

cpus=("$@")
# Hundredths of a processor: how different two processors must be, and what a move must gain at least. A move costs
# one taskset for each process of the machine, some 60 ms.
unequal=30
gain=20

# Smoothed over about two looks, one look a second.
declare -A idle=() used=() place=() idle_at=() ticks_at=()

# How idle each processor of the host is, whoever uses it.
look_at_processors() {
  local name now _
  while read -r name _ _ _ now _; do
    [[ $name == cpu[0-9]* ]] || continue
    name=${name#cpu}
    idle[$name]=$(((${idle[$name]:-0} + now - ${idle_at[$name]:-$now}) / 2))
    idle_at[$name]=$now
  done </proc/stat
}

# How much each machine works, and on which processor: by its kernel's process, which does about two thirds of it. Reading
# all of a machine's processes each second would cost several times more than all of this.
look_at_machines() {
  local file pid line now
  local -a fields
  place=()
  for file in /mnt/*/pid; do
    { read -r pid <"$file" && read -r line <"/proc/$pid/stat"; } 2>/dev/null || continue
    [[ $line == *"(linux) "* ]] || continue
    read -ra fields <<<"${line##*) }"
    place[$pid]=${fields[36]}
    now=$(((fields[11] + fields[12]) * 3 / 2))
    used[$pid]=$(((${used[$pid]:-0} + now - ${ticks_at[$pid]:-$now}) / 2))
    ticks_at[$pid]=$now
  done
}

# move KERNEL CPU: the kernel first, since what it starts afterwards is born where it is.
move() {
  local child
  taskset -acp "$2" "$1" >/dev/null 2>&1 || return 0
  for child in $(<"/proc/$1/task/$1/children"); do
    taskset -acp "$2" "$child" >/dev/null 2>&1 || true
  done
}

# Moves the machine that evens out the busiest and the idlest processor best, if one does.
balance() {
  local cpu kernel difference rest best='' best_rest busiest=${cpus[0]} idlest=${cpus[0]}
  for cpu in "${cpus[@]}"; do
    if ((idle[$cpu] < idle[$busiest])); then busiest=$cpu; fi
    if ((idle[$cpu] > idle[$idlest])); then idlest=$cpu; fi
  done
  difference=$((idle[$idlest] - idle[$busiest]))
  ((difference > unequal)) || return 0
  best_rest=$((difference - gain))
  for kernel in "${!place[@]}"; do
    [[ ${place[$kernel]} == "$busiest" ]] || continue
    rest=$((difference - 2 * used[$kernel]))
    rest=${rest#-}
    if ((rest < best_rest)); then best=$kernel best_rest=$rest; fi
  done
  [[ -n $best ]] || return 0
  move "$best" "$idlest"
  idle[$busiest]=$((idle[$busiest] + used[$best]))
  idle[$idlest]=$((idle[$idlest] - used[$best]))
}

((${#cpus[@]} > 1)) || exit 0
look_at_processors
look_at_machines
# A pipe that brings nothing: reading it with a time limit is a pause without a process.
exec {pause}<> <(:)
while :; do
  read -r -t 1 -u "$pause" || true
  look_at_processors
  look_at_machines
  balance
done
