#!/usr/bin/env bash
# The lab's power switch, as a computer room has one: machines cut each other's power through it when they do not know whether the other one
# still works (fencing). It listens on the computer's own address in the lab network, in the lab's namespaces, and can do one thing:
# cut and give the power of the machines that it is told of.
#
# Usage: power-switch.sh listen ADDRESS PORT KEY_FILE OUTLETS MACHINE...
#   KEY_FILE  what both ends know; read for each connection
#   OUTLETS   folder with a file for each outlet that was switched (runner.sh): it says off, or on again
#
# A connection: it says `lab-power-switch NONCE`, is told `ACTION MACHINE HMAC` (off, on, reboot, status; HMAC of `NONCE ACTION MACHINE`), and
# answers `WORD HMAC` (off, on or refused; HMAC of `NONCE ACTION MACHINE WORD`), so that nobody else can give the answer either.
set -euo pipefail
cd "${BASH_SOURCE[0]%/*}"
# shellcheck source=../../../roles/storage/files/hmac.sh
source ../../../roles/storage/files/hmac.sh

# Seconds that the other end may take for its line, and a machine to be gone once its processes are killed. Long: a machine of a slow computer needs
# more than five to work its line out, and Pacemaker ends an agent that waits for too long.
readonly ASKED_WITHIN=60 GONE_WITHIN=20
readonly MEMORY=${LAB_POWER_MEMORY:-/mnt}

listen() {
  local address=$1 port=$2
  export LAB_POWER_KEY=$3 LAB_POWER_OUTLETS=$4 LAB_POWER_MACHINES="${*:5}"
  mkdir -p "$4"
  exec socat "TCP-LISTEN:$port,bind=$address,fork,reuseaddr,max-children=8" 'EXEC:bash ./power-switch.sh answer'
}

# kernel_of MACHINE: sets kernel to the number of its kernel's process, or to nothing when it has none.
kernel_of() {
  local words=''
  kernel=''
  [[ -r $MEMORY/$1/pid ]] || return 0
  read -r kernel <"$MEMORY/$1/pid" || true
  # The number alone may name another process by now.
  [[ $kernel =~ ^[1-9][0-9]{0,9}$ && -r /proc/$kernel/cmdline ]] && words=$(tr '\0' ' ' <"/proc/$kernel/cmdline")
  [[ " $words " == *" umid=$1 "* ]] || kernel=''
}

# session_of PID: sets session to the process's, or to nothing.
session_of() {
  local stat='' fields
  session=''
  read -r stat 2>/dev/null <"/proc/$1/stat" || return 0
  read -ra fields <<<"${stat##*) }"
  session=${fields[3]}
}

# cut MACHINE: its kernel and all that it started are killed, nothing is written back.
cut() {
  local pid own until=$((SECONDS + GONE_WITHIN))
  echo off >"$LAB_POWER_OUTLETS/$1"
  kernel_of "$1"
  [[ -n $kernel ]] || return 0
  session_of "$kernel"
  own=$session
  for pid in /proc/[1-9]*; do
    session_of "${pid#/proc/}"
    [[ -z $own || $session != "$own" ]] || kill -KILL "${pid#/proc/}" 2>/dev/null || true
  done
  kill -KILL "$kernel" 2>/dev/null || true
  while kernel_of "$1" && [[ -n $kernel ]]; do
    ((SECONDS < until)) || return 1
    read -rt 0.02 -u "$never" || true
  done
}

# give MACHINE: its runner starts the kernel again. One that the engine itself keeps without power has no runner: it stays as it is.
give() {
  [[ ! -e $LAB_POWER_OUTLETS/$1 ]] || echo on >"$LAB_POWER_OUTLETS/$1"
}

# act ACTION MACHINE: sets word to what is answered.
act() {
  word=refused
  case $1 in
    off) cut "$2" && word=off ;;
    reboot) cut "$2" && word=off && give "$2" ;;
    on) give "$2" && word=on ;;
    status)
      kernel_of "$2"
      word=${kernel:+on}
      word=${word:-off}
      ;;
  esac
}

answer() {
  local key='' nonce request action machine mac extra word
  # To wait at, without a program: nobody writes to it.
  exec {never}<>/dev/udp/127.0.0.1/9
  # There from when the lab was provisioned the first time.
  [[ ! -r $LAB_POWER_KEY ]] || read -r key <"$LAB_POWER_KEY" || true
  # 122 random bits of the kernel's.
  read -r nonce </proc/sys/kernel/random/uuid
  nonce=${nonce//-/}
  echo "lab-power-switch $nonce"
  read -rt "$ASKED_WITHIN" -n 200 request || return 0
  read -r action machine mac extra <<<"$request"
  # Nothing is said to somebody who does not know the key.
  [[ -n $key && -z $extra && $action =~ ^[a-z]{2,8}$ && $machine =~ ^[a-z][a-z0-9-]{0,19}$ ]] || return 0
  hmac "$key" "$nonce $action $machine"
  [[ $mac == "$REPLY" ]] || return 0
  word=refused
  [[ " $LAB_POWER_MACHINES " != *" $machine "* ]] || act "$action" "$machine" || true
  hmac "$key" "$nonce $action $machine $word"
  echo "$word $REPLY"
  [[ $action == status ]] || printf '%(%F %T)T %s %s: %s\n' -1 "$action" "$machine" "$word" >>"$LAB_POWER_OUTLETS.log"
}

case ${1:-} in
  listen) listen "${@:2}" ;;
  answer) answer ;;
  *)
    echo "usage: power-switch.sh listen ADDRESS PORT KEY_FILE OUTLETS MACHINE..." >&2
    exit 2
    ;;
esac
