#!/usr/bin/env bash
# Runs a verb of a lab's program beside its job: where the lab is on this server, the job has written down.
#
# Usage: inside.sh CLASS STUDENT VERB [WORDS...]
set -euo pipefail

class=$1 student=$2 verb=$3
shift 3
home='' program=''
while read -r key value; do
  case $key in
    home) home=$value ;;
    program) program=$value ;;
  esac
done <"$class/labs/$student/state"
if [ -z "$home" ] || [ ! -d "$home" ]; then
  echo "The lab of $student is not on this server (any more): look at \`lab class status\`, and try again." >&2
  exit 1
fi
# Somebody uses it now, and a shell as long as it is open: a lab that nobody uses ends.
: 2>/dev/null >"$home/active" || :
if [ "$verb" = enter ]; then
  (while sleep 60 && kill -0 $$ && [ -d "$home" ]; do : >"$home/active"; done) >/dev/null 2>&1 </dev/null &
fi
exec "$program" "$verb" "$home" "$@"
