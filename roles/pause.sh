#!/usr/bin/env bash
# Sourced by lib.sh and, from /usr/local/lib/lab, by scripts of the roles that wait.

# pause SECONDS: lets time pass without starting a program for it (sleep). The pipe that it reads from never brings anything.
pause() {
  [[ -n ${lab_pause:-} ]] || exec {lab_pause}<> <(:)
  read -rt "$1" -u "$lab_pause" || true
}
