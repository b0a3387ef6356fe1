#!/usr/bin/env bash
# HMAC-SHA-256 (RFC 2104) with nothing but the shell and sha256sum: keys as arguments of a program could be read by every user of the machine.
# Sourced by both ends of the power switch.

# digest FORMAT MESSAGE: sets REPLY to the SHA-256 of the bytes that printf makes of FORMAT, and MESSAGE after them, in hexadecimal digits.
digest() {
  # shellcheck disable=SC2059 # the format is the bytes
  REPLY=$({ printf "$1"; printf '%s' "$2"; } | sha256sum)
  REPLY=${REPLY%% *}
}

# hmac KEY MESSAGE: sets REPLY to 64 hexadecimal digits. KEY: at most 64 ASCII characters.
hmac() {
  local LC_ALL=C key=$1 message=$2 inner='' outer='' byte index code
  for ((index = 0; index < 64; index++)); do
    code=0
    ((index >= ${#key})) || printf -v code %d "'${key:index:1}"
    printf -v byte '\\x%02x' $((code ^ 0x36))
    inner+=$byte
    printf -v byte '\\x%02x' $((code ^ 0x5c))
    outer+=$byte
  done
  digest "$inner" "$message"
  for ((index = 0; index < 64; index += 2)); do outer+="\\x${REPLY:index:2}"; done
  digest "$outer" ''
}
