#!/usr/bin/env bash
# A stub lab (stub-lab.sh) whose page is the kit's own, with a picture of machines that there are not: a terminal "on" one is a shell of its
# server's, that knows whose lab and which machine it is in the place of.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
verb=$1 home=$2
case $verb in
  begin)
    bash "$here/stub-lab.sh" "$@"
    cd "$here/../.."
    setsid node --import=tsx "$here/page-studio.ts" "$home/studio" "$3" </dev/null >"$home/studio.log" 2>&1 &
    until [ -e "$home/studio.token" ]; do
      kill -0 $!
      sleep 0.1
    done
    ;;
  stream) exec node "$here/../../bin/lab.js" class job-stream "$home/studio" ;;
  *) exec bash "$here/stub-lab.sh" "$@" ;;
esac
