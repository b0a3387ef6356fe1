#!/usr/bin/env bash
# One lab of a class, as a job of a cluster: takes the lab's lease, brings back what was saved of it last, runs it, saves it again and
# again and at the end. It knows neither which cluster runs it nor what a lab is: the first tells it LAB_JOB, LAB_RESTARTS and
# LAB_SERVER, the second is a program (uml.sh here) with the verbs begin, save, tell and end.
#
# Usage: job.sh KIT CLASS STUDENT GENERATION LAB SECONDS SCRATCH PROGRAM
#   KIT         the kit's folder
#   CLASS       the class's folder, which all servers see
#   GENERATION  how often the class gave this lab to the cluster
#   LAB         the lab of the kit that is to be started, or -
#   SECONDS     between two saves
#   SCRATCH     a folder of the server's own, for the machines' disks
# LAB_CLASS_LASTS: seconds after which it saves itself and ends, with what the file `extended` of the lab adds; LAB_CLASS_IDLE: seconds that
# nobody used it (HOME/active) after which it does; 0: never.
# Signals, to this process alone: USR1 saves now, TERM saves and ends.
# Exit codes: 0 ended as asked, or somebody has a newer lease; 1 the lab did not start.
set -euo pipefail

kit=$1 class=$2 student=$3 generation=$4 lab=$5 every=$6 scratch=$7 program=$8
# shellcheck source=tasks/class/job/lease.sh
. "$kit/tasks/class/job/lease.sh"

dir=$class/labs/$student
own=$scratch/ha-lab-class-$(id -u)
# Of this run alone: a student may be in two classes, and a former run may have left something. No student's name has a +.
home=$own/$student+$(printf %s "$class" | cksum | cut -d ' ' -f 1)+$generation.$LAB_RESTARTS
umask 077
cores=$(nproc --all)

# Signals may come at any moment. From here on nothing is substituted by what a command prints, neither with $( ) nor with <( ): bash 5.2 takes
# a signal that comes just before for a part of the command, forgets what was asked, and ends the script with a syntax error.
want_end='' want_save=''
trap 'want_end=1' TERM
trap 'want_save=1' USR1

say() { printf '%(%H:%M:%S)T %s\n' -1 "$*"; }

# Seconds between two looks at what is wanted and at the lease; tests are in a hurry.
readonly LOOK=${LAB_JOB_LOOK:-5}
# Seconds between two times that the lab is asked how far it is.
readonly TELL_EVERY=60
# Seconds after which a save that failed is tried again.
readonly RETRY=60
# Seconds that are waited for a turn to start, between two looks at what is wanted.
readonly TURN_LOOK=2

readonly LASTS=${LAB_CLASS_LASTS:-0} IDLE=${LAB_CLASS_IDLE:-0}
printf -v begun '%(%s)T' -1
# When its time is over, and when somebody used it last; empty: not known.
ends='' used=''

state=starting since=$begun saved='' restored='' note='' told=''

# tell STATE [NOTE]: writes down how it goes, unless somebody has a newer lease. Never fails: the lab goes on without.
tell() {
  local part=$dir/state.$LAB_JOB.part beat
  printf -v beat '%(%s)T' -1
  [ "$state" = "$1" ] || since=$beat
  state=$1 note=${2:-}
  {
    printf '%s %s\n' state "$state" since "$since" beat "$beat" job "$LAB_JOB" restarts "$LAB_RESTARTS" \
      generation "$generation" server "$LAB_SERVER" home "$home" program "$program"
    [ -z "$saved" ] || echo "saved $saved"
    [ -z "$ends" ] || echo "ends $ends"
    [ -z "$used" ] || echo "used $used"
    [ -z "$restored" ] || echo "restored $restored"
    [ -z "$note" ] || echo "note ${note//$'\n'/ }"
    printf %s "$told"
  } 2>/dev/null >"$part" || :
  lease_write "$dir" "$generation" "$LAB_RESTARTS" state "$part" 2>/dev/null || rm -f "$part" || :
}

# hand_on: what the lab's program says to its student of how the lab began.
hand_on() {
  local part=$dir/began.$LAB_JOB.part
  [ -e "$home/began" ] || return 0
  { cp "$home/began" "$part" && lease_write "$dir" "$generation" "$LAB_RESTARTS" began "$part"; } || rm -f "$part" || :
}

# look_at_lab: sets told, with how far the lab says it is.
look_at_lab() {
  told=''
  "$program" tell "$home" </dev/null >"$home/told" || :
  IFS= read -r -d '' told <"$home/told" || :
}

# look_at_time: sets ends, with what was added for this generation.
look_at_time() {
  local of='' added=''
  ends=''
  [ "$LASTS" -gt 0 ] || return 0
  if ! read -r of added 2>/dev/null <"$dir/extended" || [ "$of" != "$generation" ] || ! [[ $added =~ ^[1-9][0-9]{0,6}$ ]]; then
    added=0
  fi
  ends=$((begun + LASTS + added))
}

# look_at_use: sets used; who is to use a lab has the same time from its start on.
# Without a program of its own, as it is done every few seconds for each lab of a server: `looked` is when it was done before.
look_at_use() {
  if [ -z "$used" ] || [ "$home/active" -nt "$home/looked" ]; then
    printf -v used '%(%s)T' -1
    : >"$home/looked"
  fi
}

# run COMMAND...: to its end, while signals are noted. Not in the background with `wait`, which a signal interrupts: one that comes when the
# command ends lets bash lose its exit code. Without the turn to start (8), which what it leaves running would keep.
run() { "$@" </dev/null 8>&-; }

pause() {
  sleep "$1" &
  # A signal ends the wait at once, and then the sleep.
  wait $! || kill $! 2>/dev/null || :
}

superseded() {
  say "this lab runs elsewhere by now: nothing of this run is kept"
  finish
  exit 0
}

still_ours() {
  local code=0
  lease_read "$dir" || code=$?
  # A file system that does not answer, or a file that is not there for a moment, is no newer lease.
  [ "$code" -eq 0 ] || return 0
  [ "$lease_generation" = "$generation" ] && [ "$lease_restart" = "$LAB_RESTARTS" ] && [ "$lease_job" = "$LAB_JOB" ]
}

finish() { "$program" end "$home" </dev/null || :; }

clean_up() {
  local code=$?
  if [ "$code" -ne 0 ] && [ "$state" != failed ] && [ "$state" != ended ] && [ "$state" != idle ]; then tell failed 'the job broke off'; fi
  rm -rf "$home" "$home.lock"
  rm -f "$dir/saved/$generation-$LAB_RESTARTS.part"
}

number=0
# save: 0 kept; 1 could not be made or kept.
save() {
  local part=$dir/saved/$generation-$LAB_RESTARTS.part code=0
  want_save=''
  run "$program" save "$home" "$part" || code=$?
  [ "$code" -eq 0 ] || {
    rm -f "$part"
    say "could not be saved ($code)"
    return 1
  }
  number=$((number + 1))
  lease_put "$dir" "$generation" "$LAB_RESTARTS" "$number" "$part" || code=$?
  [ "$code" -ne 3 ] || superseded
  [ "$code" -eq 0 ] || {
    rm -f "$part"
    say "what was saved could not be kept ($code)"
    return 1
  }
  printf -v saved '%(%s)T' -1
}

# A lab's start takes a server's cores whole: as many at once as half of the cores, at least one. Held by file descriptor 8.
wait_for_turn() {
  local slots at
  slots=$((cores / 2))
  [ "$slots" -ge 1 ] || slots=1
  for ((at = 0; at < slots; at++)); do
    exec 8>"$own/start.$at.lock"
    if flock -n 8; then return 0; fi
  done
  tell waiting
  exec 8>"$own/start.$((LAB_JOB % slots)).lock"
  while [ -z "$want_end" ]; do
    if flock -w "$TURN_LOOK" 8; then return 0; fi
  done
  return 1
}

# begin: from what was saved last, or anew.
begin() {
  local name code
  for name in "${lease_names[@]}"; do
    restored=${name%.saved}
    tell restoring
    say "from what was saved ($restored)"
    code=0
    run "$program" begin "$home" "$student" "$lab" "$dir/saved/$name" || code=$?
    [ "$code" -ne 0 ] || return 0
    [ -z "$want_end" ] || return 1
    say "what was saved is not whole, or does not start ($code): the one before is tried"
    finish
    rm -rf "$home"
    mkdir -p "$home"
    restored=''
  done
  # Something is kept, and none of it starts: beginning anew would, at the next save, take its place.
  [ ${#lease_names[@]} -eq 0 ] || return 2
  tell starting
  say "from the beginning"
  run "$program" begin "$home" "$student" "$lab"
}

mkdir -p "$own" "$dir"
if [ -L "$own" ] || [ ! -O "$own" ]; then
  say "$own is not a folder of this user's own: choose another folder for the machines' disks"
  exit 1
fi
code=0
lease_take "$dir" "$generation" "$LAB_RESTARTS" "$LAB_JOB" "$LAB_SERVER" || code=$?
if [ "$code" -eq 3 ]; then
  say "somebody has a newer lease of this lab: nothing to do here"
  exit 0
fi
[ "$code" -eq 0 ] || exit 1
say "lab of $student on $LAB_SERVER: job $LAB_JOB, generation $generation, restart $LAB_RESTARTS"

# What was left here when the server lost its power: a run that lives holds its lock.
for left in "$own"/*+*.lock; do
  [ -e "$left" ] || continue
  if (flock -n 7) 7<"$left"; then rm -rf "${left%.lock}" "$left"; fi
done
exec 7>"$home.lock"
flock 7
mkdir -p "$home"
trap clean_up EXIT

lease_list "$dir"
code=0
wait_for_turn || code=$?
if [ "$code" -eq 0 ]; then begin || code=$?; fi
exec 8>&-
if [ -n "$want_end" ]; then
  say "ended before it had started"
  finish
  tell ended
  exit 0
fi
if [ "$code" -ne 0 ]; then
  finish
  why='the lab did not start'
  [ "$code" -ne 2 ] || why='nothing of what was saved starts'
  tell failed "$why"
  say "$why"
  exit 1
fi

hand_on
look_at_lab
look_at_time
look_at_use
tell running
say "runs"

# rest: saves and ends a lab that nobody uses; it goes on when it cannot be saved, or somebody came meanwhile.
rest() {
  local before=$used code=0
  tell saving
  save || code=$?
  look_at_use
  if [ "$code" -eq 0 ] && [ "$used" = "$before" ]; then
    say "saved and ended: nobody used it for $IDLE s"
    finish
    tell idle
    exit 0
  fi
  note=''
  [ "$code" -eq 0 ] || note='could not be saved'
  tell running "$note"
  next_rest=$((SECONDS + RETRY))
}

next_save=$((SECONDS + every)) next_tell=$((SECONDS + TELL_EVERY)) next_rest=0
while [ -z "$want_end" ]; do
  pause "$LOOK"
  still_ours || superseded
  before=$ends
  look_at_time
  look_at_use
  [ "$ends" = "$before" ] || tell running "$note"
  printf -v now '%(%s)T' -1
  if [ -n "$ends" ] && [ "$now" -ge "$ends" ]; then
    say "its time is over"
    break
  fi
  if [ "$IDLE" -gt 0 ] && [ "$SECONDS" -ge "$next_rest" ] && [ $((now - used)) -ge "$IDLE" ]; then rest; fi
  if [ -n "$want_save" ] || [ "$SECONDS" -ge "$next_save" ]; then
    code=0
    save || code=$?
    next_save=$((SECONDS + (code == 0 ? every : RETRY)))
    next_tell=$SECONDS
    note=''
    [ "$code" -eq 0 ] || note='could not be saved'
  fi
  if [ "$SECONDS" -ge "$next_tell" ]; then
    look_at_lab
    tell running "$note"
    next_tell=$((SECONDS + TELL_EVERY))
  fi
done

say "saves and ends"
tell saving
code=0
save || code=$?
finish
if [ "$code" -ne 0 ]; then
  tell ended 'could not be saved at the end'
  exit 1
fi
tell ended
say "ended"
