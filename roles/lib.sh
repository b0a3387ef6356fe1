#!/usr/bin/env bash
# Helpers for the roles' provision.sh, which sources this file. Each helper changes only what differs and says
# so. Processes are expensive in a User Mode Linux machine (six times the native cost), so the helpers compare
# inside bash and ask systemd once.
set -Eeuo pipefail
umask 022
export LC_ALL=C DEBIAN_FRONTEND=noninteractive
# shellcheck source=pause.sh
source "${BASH_SOURCE[0]%/*}/pause.sh"
# systemctl enable would start update-rc.d, a Perl program, for each unit that also has an init script.
export SYSTEMCTL_SKIP_SYSV=1

: "${LAB_ROLE:?is set by apply.sh: run bash apply.sh ROLE}"
: "${LAB_STATE:=/var/lib/lab}"
# Everything changed since the role was last applied completely, one a line. It outlives an interrupted run, so
# that a file installed just before the interruption still restarts its service.
lab_pending=$LAB_STATE/pending/$LAB_ROLE

trap 'echo "error: role $LAB_ROLE, ${BASH_SOURCE[0]:-bash} line $LINENO: $BASH_COMMAND" >&2' ERR

fail() {
  trap - ERR
  echo "error: role $LAB_ROLE: $*" >&2
  exit 1
}

# changed WHAT: reports and remembers a change. Call it before the change is made.
changed() {
  echo "changed: $*"
  echo "$*" >>"$lab_pending"
}

# was_changed WHAT…: true if any of them changed since the role was last applied completely.
was_changed() {
  [[ -s $lab_pending ]] || return 1
  local line what
  while IFS= read -r line; do
    for what in "$@"; do
      [[ $line == "$what" ]] && return 0
    done
  done <"$lab_pending"
  return 1
}

# same_content A B: true if B is a file with the text of A.
same_content() {
  local -a a b
  [[ -f $2 && ! -L $2 ]] || return 1
  mapfile -d '' a <"$1"
  mapfile -d '' b <"$2"
  [[ ${#a[@]} == "${#b[@]}" && "${a[*]}" == "${b[*]}" ]]
}

# make_folder PATH [MODE [OWNER:GROUP]]
make_folder() {
  [[ -d $1 ]] && return 0
  local owner=${3:-root:root}
  changed "$1"
  install -d -m "${2:-0755}" -o "${owner%:*}" -g "${owner#*:}" -- "$1"
}

# install_file SRC DST [MODE [OWNER:GROUP]]: at once (a reader sees the old text or the new), with that mode.
install_file() {
  local src=$1 dst=$2 mode=${3:-0644} owner=${4:-root:root}
  if same_content "$src" "$dst"; then
    [[ $(stat -c '0%a %U:%G' -- "$dst") == "$mode $owner" ]] && return 0
  fi
  make_folder "${dst%/*}"
  changed "$dst"
  # Another role may be installing the same file (pause.sh).
  install -m "$mode" -o "${owner%:*}" -g "${owner#*:}" -- "$src" "$dst.lab-new-$LAB_ROLE"
  mv -f -- "$dst.lab-new-$LAB_ROLE" "$dst"
}

# install_tree SRC DST: DST becomes a copy of the folder SRC, owned by root, readable by all.
install_tree() {
  local src=$1 dst=$2
  if [[ -d $dst ]]; then
    diff -rq -- "$src" "$dst" >/dev/null && return 0
  fi
  make_folder "${dst%/*}"
  changed "$dst"
  rm -rf -- "$dst.lab-new"
  cp -r -- "$src" "$dst.lab-new"
  chown -R root:root -- "$dst.lab-new"
  chmod -R u=rwX,go=rX -- "$dst.lab-new"
  if [[ -d $dst ]]; then
    mv --exchange -T -- "$dst.lab-new" "$dst"
    rm -rf -- "$dst.lab-new"
  else
    mv -- "$dst.lab-new" "$dst"
  fi
}

# make_links TARGET_FOLDER LINK_FOLDER NAME…: LINK_FOLDER/NAME points to TARGET_FOLDER/NAME.
make_links() {
  local from=$1 to=$2 name
  local -a missing=()
  shift 2
  for name in "$@"; do
    [[ $to/$name -ef $from/$name ]] && continue
    [[ -e $from/$name ]] || fail "$from/$name is missing: is its package installed?"
    changed "$to/$name"
    missing+=("$from/$name")
  done
  ((${#missing[@]} == 0)) || ln -sfn -t "$to" -- "${missing[@]}"
}

# remove_files PATH…
remove_files() {
  local path
  for path in "$@"; do
    [[ -e $path || -L $path ]] || continue
    changed "$path"
    rm -f -- "$path"
  done
}

# ensure_user NAME [GROUP…]: an account with a home, member of the groups.
ensure_user() {
  local name=$1 group
  shift
  if ! lines_have "$name:*" /etc/passwd; then
    changed "user $name"
    useradd --create-home --shell /bin/bash -- "$name"
  fi
  for group in "$@"; do
    lines_have "$group:*[:,]$name" /etc/group && continue
    lines_have "$group:*[:,]$name,*" /etc/group && continue
    changed "user $name in group $group"
    usermod --append --groups "$group" -- "$name"
  done
}

# lines_have PATTERN FILE: true if a line of the file matches the shell pattern.
lines_have() {
  local line
  while IFS= read -r line; do
    # shellcheck disable=SC2053 # a pattern is wanted
    [[ $line == $1 ]] && return 0
  done <"$2"
  return 1
}

# need_packages NAME…: installs those that are missing, from the image's own repository.
need_packages() {
  local -a missing
  # dpkg-query fails for a name it never heard of; what counts is which names it lists as installed.
  mapfile -t missing < <(
    # shellcheck disable=SC2016 # dpkg-query's own format
    have=$(dpkg-query -W -f='${Package} ${db:Status-Status}\n' "$@" 2>/dev/null || true)
    for name in "$@"; do
      [[ $'\n'$have$'\n' == *$'\n'"$name installed"$'\n'* ]] || echo "$name"
    done
  )
  ((${#missing[@]} == 0)) && return 0
  changed "packages ${missing[*]}"
  apt-get -qq -o Dpkg::Use-Pty=0 -o DPkg::Lock::Timeout=300 install --no-install-recommends -y "${missing[@]}" >/dev/null ||
    fail "cannot install ${missing[*]}: neither in the image nor in its package repository"
}

# systemctl, with the end of the unit's journal when it fails.
service_action() {
  local action=$1 unit=$2
  systemctl --quiet "$action" -- "$unit" && return 0
  # A start that failed is not the end while systemd tries again by itself (a quorum device whose Corosync has only just come).
  if [[ $action == *start ]]; then
    wait_until 30 unit_decided "$unit" || true
    systemctl --quiet is-active -- "$unit" && return 0
  fi
  journalctl --no-pager -q -n 15 -o cat -u "$unit" >&2 || true
  fail "systemctl $action $unit failed (its last messages are above)"
}

# unit_decided UNIT: it is neither starting nor about to be started again.
unit_decided() {
  [[ $(systemctl show --property=ActiveState --value -- "$1") != activating ]]
}

# keep_running UNIT reload|restart WHAT…: the unit is enabled and runs, with what the WHATs (files, trees) say now.
keep_running() {
  local unit=$1 action=$2 state
  shift 2
  state=$(systemctl show --property=ActiveState,UnitFileState -- "$unit")
  if [[ $state != *UnitFileState=enabled* ]]; then
    changed "service $unit enabled"
    service_action enable "$unit"
  fi
  if [[ $state != *ActiveState=active* ]]; then
    changed "service $unit started"
    service_action start "$unit"
  elif was_changed "$@"; then
    changed "service $unit ${action}ed"
    service_action "$action" "$unit"
  fi
}

# install_sysctl SRC DST [OPTION…]: kernel parameters, in force now and at each start. Options are sysctl's.
install_sysctl() {
  install_file "$1" "$2"
  if was_changed "$2"; then sysctl --quiet "${@:3}" --load="$2"; fi
}

# install_unit SRC UNIT: what the lab changes in a package's unit.
install_unit() {
  local dst=/etc/systemd/system/$2.service.d/lab.conf
  install_file "$1" "$dst"
  if was_changed "$dst"; then systemctl daemon-reload; fi
}

# hold_address NAME: keepalived runs here and competes for the floating address that NAME.conf describes. Each role with an
# address calls it; the address of another role on the same machine is left alone.
hold_address() {
  need_packages keepalived
  install_file "$1.conf" "/etc/keepalived/conf.d/$1.conf"
  install_file keepalived.conf /etc/keepalived/keepalived.conf
  install_unit keepalived-unit.conf keepalived
  keep_running keepalived reload "/etc/keepalived/conf.d/$1.conf" /etc/keepalived/keepalived.conf
}

# wait_until SECONDS COMMAND…: true as soon as the command succeeds, false after that many seconds.
wait_until() {
  local end=$((SECONDS + $1))
  shift
  until "$@"; do
    ((SECONDS < end)) || return 1
    pause 0.2
  done
}

# wait_while_moving WHAT STALL END PROGRESS COMMAND…: true as soon as the command succeeds; false when what PROGRESS says has not
# changed for STALL seconds, or after END seconds. PROGRESS is a function that puts how far it is into REPLY, in a few words: every
# ten seconds they are printed with WHAT is waited for, which `lab up` shows. It is asked every 5 s, the command less often the
# longer it takes.
wait_while_moving() {
  local what=$1 stall=$2 end=$3 progress=$4 begun=$SECONDS moved=$SECONDS seen='' look=0 say=10 took
  shift 4
  until "$@"; do
    took=$((SECONDS - begun))
    if ((took >= look)); then
      look=$((took + 5)) REPLY=''
      "$progress" || true
      if [[ $REPLY != "$seen" ]]; then seen=$REPLY moved=$SECONDS; fi
      if ((took >= say)); then
        say=$((took + 10))
        echo "waiting for $what, $took s${seen:+: $seen}"
      fi
    fi
    ((SECONDS - moved < stall && took < end)) || return 1
    if ((took < 10)); then pause 0.2; elif ((took < 60)); then pause 0.5; else pause 2; fi
  done
}
