#!/usr/bin/env bash
# A lab that is one small process with its state in a file: what job.sh needs, without machines. Verbs: tasks/class/job/uml.sh.
# The work of its student is HOME/work, a line each second, which says whose it is and how much of it there is.
set -euo pipefail

verb=$1
home=$2
shift 2

case $verb in
  begin)
    if [ -n "${3:-}" ]; then cp "$3" "$home/work"; else echo "student $1 lab $2" >"$home/work"; fi
    # A file that is not whole is found here.
    grep -q "^student $1 " "$home/work" || exit 5
    (
      exec >/dev/null 2>&1
      while [ -e "$home/work" ]; do
        date +%s >>"$home/work"
        sleep 1
      done
    ) &
    echo $! >"$home/pid"
    ;;
  save) cp "$home/work" "$1" ;;
  start) echo "$1" >"$home/lab" ;;
  tell) printf '%s %s\n' lab "$(cat "$home/lab" 2>/dev/null || echo 01)" passed "$(wc -l <"$home/work")" steps 6 ;;
  collect) cp "$home/work" "$2" ;;
  stream)
    here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
    read -r _ who _ <"$home/work"
    node "$here/stub-studio.mjs" "$home/studio" "$who" </dev/null >/dev/null 2>&1 &
    until [ -e "$home/studio.token" ]; do sleep 0.1; done
    node "$here/../../bin/lab.js" class job-stream "$home/studio"
    ;;
  enter) printf '%s\n' "$(hostname)" "$@" ;;
  end) if [ -e "$home/pid" ]; then kill "$(cat "$home/pid")" 2>/dev/null || :; fi ;;
  *) exit 2 ;;
esac
