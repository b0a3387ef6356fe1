#!/usr/bin/env bash
# What this computer pays for what a lab does most, in microseconds of the clock on the wall: a line `start N` for each batch of programs
# that were started, a line `switch N` for a change from one process to another.
set -euo pipefail
PATH=/usr/bin:/bin
BATCHES=5
# Longer than the period in which a control group hands out its share of the processors (100 ms): each batch sees it whole.
BATCH_MICROSECONDS=110000

# now: microseconds, in $REPLY. The decimal sign is the locale's.
now() { REPLY=${EPOCHREALTIME/[^0-9]/}; }

for ((batch = 0; batch < BATCHES; batch++)); do
  now
  begun=$REPLY
  for ((count = 1; ; count++)); do
    /bin/true
    now
    ((REPLY - begun < BATCH_MICROSECONDS)) || break
  done
  echo "start $(((REPLY - begun) / count))"
done

# Two processes that wait for each other: there and back are two changes.
coproc cat
now
begun=$REPLY
for ((count = 1; ; count++)); do
  echo >&"${COPROC[1]}"
  read -r -u "${COPROC[0]}"
  now
  ((REPLY - begun < BATCH_MICROSECONDS)) || break
done
echo "switch $(((REPLY - begun) / count / 2))"
