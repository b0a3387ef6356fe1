#!/usr/bin/env bash
# What a server is, before anything of it is changed: one line `NAME VALUE` a thing.
#
# Usage: survey.sh ACCOUNT FIRST_NUMBER LAST_NUMBER PACKAGE...
#   FIRST_NUMBER LAST_NUMBER  of those between them it is said which users and groups have
set -euo pipefail
export LC_ALL=C

account=$1 first=$2 last=$3
shift 3

answer() { printf '%s %s\n' "$1" "${2//$'\n'/ }"; }

id='' version='' pretty=''
while IFS='=' read -r key value; do
  value=${value//[\"\']/}
  case $key in
    ID) id=$value ;;
    VERSION_ID) version=$value ;;
    PRETTY_NAME) pretty=$value ;;
  esac
done </etc/os-release
answer system "$id $version"
answer pretty "$pretty"
answer systemd "$([ -d /run/systemd/system ] && echo yes || echo no)"
answer groups "$(stat -f -c %T /sys/fs/cgroup 2>/dev/null || echo none)"
answer controllers "$(cat /sys/fs/cgroup/cgroup.controllers 2>/dev/null || :)"
answer node "$(hostname -s)"
# The address by which it was reached is one that others reach as well; through some proxies it is not known, or its own.
read -r _ _ address _ <<<"${SSH_CONNECTION:-}" || :
case ${address:-} in '' | 127.* | ::1 | UNKNOWN) address=$(hostname -I 2>/dev/null | cut -d ' ' -f 1) ;; esac
answer address "${address:-}"
answer cores "$(nproc --all)"
answer memory "$(awk '$1 == "MemTotal:" { print int($2 / 1024) }' /proc/meminfo)"
answer account "$(id -u "$account" 2>/dev/null || echo none)"
answer taken "$({ getent passwd && getent group; } | cut -d : -f 3 | awk -v first="$first" -v last="$last" '$1 >= first && $1 <= last' | sort -nu | tr '\n' ' ')"
conf=/etc/slurm/slurm.conf
if [ ! -e "$conf" ]; then
  answer slurm none
elif grep -q '^# Written by lab class init' "$conf"; then
  answer slurm ours
else
  answer slurm other
fi
answer controller "$(sed -n 's/^SlurmctldHost=\([^(]*\).*/\1/p' "$conf" 2>/dev/null | head -n 1)"
missing=()
for package in "$@"; do
  [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || :)" = installed ] || missing+=("$package")
done
answer missing "${missing[*]:-}"
answer time "$(date +%s.%3N)"
