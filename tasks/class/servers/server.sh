#!/usr/bin/env bash
# Makes a Debian server one of a class's, step by step. May be run again at any moment; says `changed WHAT` for what was not so before, and
# `problem NAME DETAIL` with exit code 3 for what it cannot do (problems.ts has the sentences).
#
# Usage: server.sh packages PACKAGE...       installed, from whatever the server's APT knows
#        server.sh key                       prints munge's key: for the other servers' standard input alone
#        server.sh configure ACCOUNT NUMBER  account, key and configuration; input: key, slurm.conf and cgroup.conf, a line of base64 each
#        server.sh folder FOLDER ACCOUNT     the class's folder on the store; input: a line that the other servers must see in it
#        server.sh look FOLDER ACCOUNT       input: that line
#        server.sh unlook FOLDER ACCOUNT     takes the line away
#        server.sh start UNIT...             the units run, with the configuration that is there
#        server.sh nodes NUMBER SECONDS      waits until so many servers take jobs; prints them
#        server.sh has-kit FOLDER DIGEST     prints `there`, `own` (put there by somebody else) or `missing`
#        server.sh take-kit FOLDER DIGEST    input: the kit, a compressed archive
#        server.sh as ACCOUNT COMMAND...     as the account, in its own folder
set -euo pipefail
export LC_ALL=C

readonly STATE=/var/lib/lab-class
changed() { echo "changed $*"; }
problem() {
  echo "problem $*"
  exit 3
}
as() {
  local account=$1
  shift
  runuser -u "$account" -- "$@"
}

# put FILE OWNER MODE: the standard input becomes the file, whole; nothing happens when it is so already.
put() {
  local file=$1 owner=$2 mode=$3 part
  part=$(mktemp "$file.XXXXXX")
  cat >"$part"
  if cmp -s "$part" "$file" && [ "$(stat -c '%U:%G %a' "$file")" = "$owner $mode" ]; then
    rm -f "$part"
    return
  fi
  chown "$owner" "$part"
  chmod "$mode" "$part"
  mv "$part" "$file"
  changed "$file"
}

verb=$1
shift
case $verb in
  packages)
    [ $# -gt 0 ] || exit 0
    export DEBIAN_FRONTEND=noninteractive
    # What was fetched before may be all that is needed, and a server without Internet cannot fetch.
    apt-get -qq update >/dev/null 2>&1 || :
    for package in "$@"; do
      apt-cache show "$package" >/dev/null 2>&1 || problem no-package "$package"
    done
    # Its own configuration files are not asked about; daemons that find none yet do not start, and are no failure.
    if ! said=$(apt-get -qq install -y --no-install-recommends -o Dpkg::Options::=--force-confold "$@" 2>&1); then
      printf '%s\n' "$said" | tail -n 5 >&2
      problem install "$*"
    fi
    changed packages "$*"
    ;;
  key)
    # Made once, as the package does it; the other servers get this one.
    [ -e /etc/munge/munge.key ] || runuser -u munge -- mungekey -c
    base64 -w 0 /etc/munge/munge.key
    ;;
  configure)
    account=$1 number=$2
    read -r key
    read -r slurm
    read -r groups
    if ! id -u "$account" >/dev/null 2>&1; then
      groupadd -g "$number" "$account"
      # Without a password: nobody logs in with it, root becomes it.
      useradd -m -u "$number" -g "$number" -s /bin/bash -c 'labs of a class' "$account"
      changed account "$account"
    fi
    mkdir -p "$STATE"
    # Whoever knew this server by its former key is served again once that one is put back.
    if ! base64 -d <<<"$key" | cmp -s - /etc/munge/munge.key; then
      [ -e "$STATE/munge.key.before" ] || [ ! -e /etc/munge/munge.key ] || install -m 0400 /etc/munge/munge.key "$STATE/munge.key.before"
      touch "$STATE/restart-munge"
    fi
    base64 -d <<<"$key" | put /etc/munge/munge.key munge:munge 400
    mkdir -p /etc/slurm
    {
      base64 -d <<<"$slurm" | put /etc/slurm/slurm.conf root:root 644
      base64 -d <<<"$groups" | put /etc/slurm/cgroup.conf root:root 644
    } | tee "$STATE/said"
    # Remembered, so that what breaks off here is done by the next run.
    if [ -s "$STATE/said" ]; then touch "$STATE/restart-slurmctld" "$STATE/restart-slurmd"; fi
    rm -f "$STATE/said"
    ;;
  folder)
    folder=$1 account=$2
    read -r line
    parent=$(dirname "$folder")
    [ -d "$parent" ] || problem no-store "$parent"
    if [ ! -d "$folder" ]; then
      # A store may let its users write that does not obey root, or the other way round.
      as "$account" mkdir -m 0700 "$folder" 2>/dev/null || install -d -o "$account" -g "$(id -g "$account")" -m 0700 "$folder" 2>/dev/null ||
        problem store-refuses "$folder $(id -u "$account")"
      changed "$folder"
    fi
    [ "$(stat -c %u "$folder")" = "$(id -u "$account")" ] || problem store-owner "$folder $(id -u "$account")"
    if [ "$(stat -c %a "$folder")" != 700 ]; then as "$account" chmod 0700 "$folder" && changed "$folder"; fi
    # shellcheck disable=SC2016 # its own words
    as "$account" sh -c 'printf "%s\n" "$2" >"$1/.seen"' - "$folder" "$line" 2>/dev/null || problem store-refuses "$folder $(id -u "$account")"
    ;;
  look)
    folder=$1 account=$2
    read -r line
    [ -d "$(dirname "$folder")" ] || problem no-store "$(dirname "$folder")"
    # What a server keeps of a folder's contents may be some seconds old.
    for ((at = 0; at < 30; at++)); do
      seen=$(as "$account" cat "$folder/.seen" 2>/dev/null || :)
      [ "$seen" != "$line" ] || break
      sleep 1
    done
    [ "$seen" = "$line" ] || problem store-differs "$folder"
    as "$account" flock -w 10 "$folder/.seen" true 2>/dev/null || problem store-locks "$folder"
    ;;
  unlook) as "$2" rm -f "$1/.seen" ;;
  start)
    for unit in "$@"; do
      again=$STATE/restart-$unit
      if [ -e "$again" ] || ! systemctl -q is-active "$unit"; then
        systemctl -q enable "$unit" 2>/dev/null || :
        systemctl -q reset-failed "$unit" 2>/dev/null || :
        # On a busy computer systemd's bus may not answer a daemon in time; the next attempt finds it awake.
        if ! systemctl restart "$unit" 2>/dev/null && ! { sleep 5 && systemctl restart "$unit" 2>/dev/null; }; then
          journalctl -q --no-pager -o cat -n 5 -u "$unit" >&2 || :
          problem unit "$unit"
        fi
        rm -f "$again"
        changed "$unit"
      fi
    done
    ;;
  nodes)
    number=$1
    until=$((SECONDS + $2))
    while :; do
      all=$(timeout 20 sinfo -h -N -o '%N %T' 2>/dev/null | sort -u || :)
      [ "$(grep -cE ' (idle|mixed|allocated|completing)$' <<<"$all" || :)" -lt "$number" ] || break
      if [ "$SECONDS" -ge "$until" ]; then
        timeout 20 sinfo -h -R -o '%N: %E' >&2 || :
        problem nodes "${all//$'\n'/, }"
      fi
      sleep 2
    done
    printf '%s\n' "$all"
    ;;
  has-kit)
    if [ "$(cat "$1/.copied" 2>/dev/null || :)" = "$2" ]; then
      echo there
    elif [ -e "$1/bin/lab.js" ] && [ ! -e "$1/.copied" ]; then
      echo own
    else
      echo missing
    fi
    ;;
  take-kit)
    folder=$1 digest=$2
    part=$folder.part
    rm -rf "$part"
    mkdir -p "$part"
    chmod 755 "$part"
    tar -xzf - -C "$part" --no-same-owner || problem kit "$folder"
    echo "$digest" >"$part/.copied"
    chmod -R go=u,go-w "$part"
    rm -rf "$folder.old"
    # Labs that run have the files of the former one open.
    if [ -e "$folder" ]; then mv "$folder" "$folder.old"; fi
    mv "$part" "$folder"
    rm -rf "$folder.old"
    changed "$folder"
    link=/usr/local/bin/lab
    if [ ! -e "$link" ] && [ ! -L "$link" ]; then ln -s "$folder/bin/lab.js" "$link" && changed "$link"; fi
    ;;
  as)
    account=$1
    shift
    cd /
    exec runuser -u "$account" -- env HOME="$(getent passwd "$account" | cut -d : -f 6)" "$@"
    ;;
  *)
    echo "server.sh: unknown: $verb" >&2
    exit 2
    ;;
esac
