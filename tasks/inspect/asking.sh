#!/usr/bin/env bash
# What scripts ask a machine with: those of a drill (facts.sh, timers.sh) and the probes of `lab check`; it is sent before them. Few
# processes: a small program takes 3 ms to start in a User Mode Linux machine, one that is linked with TLS 30 ms.
# setting FILE PATTERN: what the first line that matches has in its group, in $REPLY.
setting() {
  local lines=() line
  REPLY=
  mapfile -t lines <"$1"
  for line in "${lines[@]}"; do
    if [[ $line =~ $2 ]]; then
      REPLY=${BASH_REMATCH[1]}
      return
    fi
  done
} 2>/dev/null
# within SECONDS COMMAND…: ended when it takes longer; slow machines get TIMEOUT_TENTHS tenths of that time.
within() {
  local seconds=$1
  shift
  timeout "$((seconds * ${TIMEOUT_TENTHS:-10} / 10))" "$@"
}
# database QUERY: the local server, as root; inside the machine TLS gains nothing and takes longer than the query.
database() { within 5 mariadb --skip-ssl -N -B -e "$1"; }
# redis HOST:PORT PASSWORD COMMAND…: what redis-cli would print. A command that no server knows ends it: Sentinel has no QUIT.
redis() {
  local place=$1 password=$2 end=LAB-END line
  shift 2
  {
    printf '%s\r\n' ${password:+"AUTH $password"} "$@" "$end" >&3
    while IFS= read -r -t "$((3 * ${TIMEOUT_TENTHS:-10} / 10))" line <&3; do
      line=${line%$'\r'}
      [[ $line != -*"$end"* ]] || break
      # Not the lengths that the protocol tells, nor that AUTH was understood.
      [[ $line =~ ^([*$]-?[0-9]+|\+OK)$ ]] || printf '%s\n' "${line#[+-]}"
    done
  } 3<>"/dev/tcp/${place%:*}/${place##*:}"
}
