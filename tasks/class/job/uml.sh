#!/usr/bin/env bash
# What a lab is to job.sh: the kit's own, seven machines on this server, in a folder of its own.
#
# Usage: uml.sh VERB HOME [WORDS...]
#   begin HOME STUDENT LAB [FILE]   the machines made, or those that were saved in FILE started; then lab LAB, unless it is - or was begun
#   save HOME FILE                  all that the lab is, into FILE
#   tell HOME                       how far it is: lines `KEY VALUE` (tasks/class/tell.ts)
#   collect HOME LAB FILE           what was reached in LAB, as a bundle for `lab grade`
#   start HOME LAB STUDENT [from-mine]  its machines put to the beginning of LAB; with the student's own files, it says which (began.ts)
#   enter HOME MACHINE [COMMAND...] a shell on a machine, or one command there
#   stream HOME                     the way to the lab's page, over standard input and output (tasks/class/front/)
#   end HOME                        no process and no file is left
# LAB_CLASS_CACHE, LAB_CLASS_TOPOLOGY, LAB_CLASS_APP: the class's choices, for begin; LAB_CLASS_FROM_MINE: not empty where LAB begins with the
# student's own files, and HOME/began then has what `start` would say of them.
set -euo pipefail

kit=$(cd "$(dirname "${BASH_SOURCE[0]}")/../../.." && pwd)
verb=$1
home=$2
shift 2
export LAB_HOME=$home LAB_NAME=lab
if [ "$verb" = begin ]; then printf '%s' "${LAB_CLASS_CACHE:-}" >"$home/cache"; fi
cache=$(cat "$home/cache" 2>/dev/null || :)
[ -z "$cache" ] || export LAB_CACHE=$cache
lab() { node "$kit/bin/lab.js" "$@"; }
# begin_lab LAB STUDENT [WORDS...]
begin_lab() {
  lab start "$1" --student "${@:2}"
  echo "$1" >"$home/lab/class-lab"
}

case $verb in
  begin)
    student=$1 wish=$2 file=${3:-}
    if [ -n "$file" ]; then
      lab class job-restore "$file"
      # Starts the machines as after a power cut, in the lab that they were in.
      lab up
    else
      lab up ${LAB_CLASS_TOPOLOGY:+--topology "$LAB_CLASS_TOPOLOGY"} --app "${LAB_CLASS_APP:-sample}"
    fi
    begun=''
    [ ! -e "$home/lab/class-lab" ] || read -r begun <"$home/lab/class-lab"
    if [ "$wish" != - ] && [ "$wish" != "$begun" ]; then
      if [ -n "${LAB_CLASS_FROM_MINE:-}" ]; then
        begin_lab "$wish" "$student" --from-mine --json >"$home/began"
      else
        begin_lab "$wish" "$student"
      fi
    fi
    # The page of the lab, for the front of the class; it comes back should it fail.
    (
      while [ -d "$home/lab" ]; do
        lab studio --socket "$home/studio" --no-open || :
        sleep 2
      done
    ) >"$home/studio.log" 2>&1 </dev/null &
    echo $! >"$home/studio.pid"
    ;;
  start)
    if [ "${3:-}" = from-mine ]; then begin_lab "$1" "$2" --from-mine --json; else begin_lab "$1" "$2"; fi
    ;;
  save) lab class job-save "$1" ;;
  tell) lab class job-tell ;;
  collect)
    # Exit code 1: not every step holds, which the bundle says.
    lab check "$1" --bundle "$2" || [ -s "$2" ]
    ;;
  enter)
    machine=$1
    shift
    # Options of the command are none of the kit's.
    if [ $# -gt 0 ]; then lab ssh "$machine" -- "$@"; else lab ssh "$machine"; fi
    ;;
  stream) lab class job-stream "$home/studio" ;;
  end)
    if [ -e "$home/studio.pid" ]; then
      pid=$(cat "$home/studio.pid")
      pkill -P "$pid" 2>/dev/null || :
      kill "$pid" 2>/dev/null || :
    fi
    lab destroy --yes || rm -rf "${home:?}/lab"
    ;;
  *)
    echo "uml.sh: unknown verb $verb" >&2
    exit 2
    ;;
esac
