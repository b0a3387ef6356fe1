#!/usr/bin/env bash
# Tries, inside throwaway namespaces, each thing the uml engine does there: one line "NAME ok" or "NAME failed WHY" a
# thing. Everything it makes goes away with the namespaces.
set -euo pipefail

failed=0
try() {
  local name=$1 output
  shift
  if output=$("$@" 2>&1); then
    echo "$name ok"
  else
    echo "$name failed ${output//$'\n'/ }"
    failed=1
  fi
}

# Maps of executable memory obey the same mount option as running a program.
runs_programs() {
  local program
  program=$(type -P true)
  cp "$program" /mnt/program && /mnt/program
}

try bridge ip link add probe0 type bridge
# The cables between two switches.
try veth ip link add probe2 type veth peer name probe3
try tap ip tuntap add dev probe1 mode tap
try memory mount -t tmpfs -o mode=0700,exec lab-probe /mnt
# Without its own memory below it, /mnt is the computer's: leave it alone.
if [ "$failed" -eq 0 ]; then
  try execute runs_programs
fi
