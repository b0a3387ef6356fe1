#!/usr/bin/env bash
# Who may write what is kept of a lab: the job that took the lease last. A lease is (generation, restart): the class raises the
# generation whenever it gives the lab to the cluster anew, the cluster the restart whenever it runs the job again. A server
# that was cut off may go on running a lab that runs elsewhere by now; its lease is the older one, and nothing it has is taken.
#
# A lab's folder has `lease` (GENERATION RESTART JOB SERVER), `lock`, and `saved/`, whose files are named after the lease under
# which they were made and their number: the last name is the newest, so that even a file that slips in late replaces none that is newer.
#
# Sourced by job.sh; as a command, for the class:
#   lease.sh take FOLDER GENERATION RESTART JOB SERVER   0: taken; 3: somebody has a newer one
#   lease.sh put  FOLDER GENERATION RESTART NUMBER FILE  0: FILE is kept; 3: the lease is somebody else's
#   lease.sh newest FOLDER                               names of what is kept, newest first
set -euo pipefail

# Of what is kept: the newest, and one more for the case that it turns out not to be whole.
LEASE_KEEP=2
# Seconds that the lock is waited for: it is held for the length of a rename.
LEASE_LOCK_SECONDS=60

# lease_read FOLDER: sets lease_generation, lease_restart and lease_job; fails when nobody has the lease.
lease_read() {
  lease_generation='' lease_restart='' lease_job=''
  [ -e "$1/lease" ] || return 1
  read -r lease_generation lease_restart lease_job _ <"$1/lease" || return 1
  # Numbers without leading zeros, or bash takes them for octal ones.
  [[ $lease_generation =~ ^(0|[1-9][0-9]{0,8})$ && $lease_restart =~ ^(0|[1-9][0-9]{0,8})$ ]] || {
    echo "$1/lease is damaged: remove it when no job of this lab runs." >&2
    return 2
  }
}

# lease_holds FOLDER GENERATION RESTART: whether this is the lease now.
lease_holds() {
  lease_read "$1" && [ "$lease_generation" = "$2" ] && [ "$lease_restart" = "$3" ]
}

# locked FOLDER COMMAND...: one process at a time, on whatever server.
lease_locked() {
  local folder=$1
  shift
  (
    flock -w "$LEASE_LOCK_SECONDS" 9 || {
      echo "$folder/lock: no answer from the file system within $LEASE_LOCK_SECONDS s." >&2
      exit 4
    }
    "$@"
  ) 9>"$folder/lock"
}

lease_take_locked() {
  local folder=$1 generation=$2 restart=$3 job=$4 server=$5 code=0
  lease_read "$folder" || code=$?
  [ "$code" -ne 2 ] || return 2
  if [ "$code" -eq 0 ]; then
    # A newer one, or the same one of another job: only one may have it.
    if ((lease_generation > generation || (lease_generation == generation && lease_restart > restart))) ||
      { ((lease_generation == generation && lease_restart == restart)) && [ "$lease_job" != "$job" ]; }; then
      return 3
    fi
  fi
  # Callers ask for the exit code, which turns `set -e` off: each step says itself that it failed.
  printf '%s %s %s %s\n' "$generation" "$restart" "$job" "$server" >"$folder/lease.part" || return 4
  mv -f "$folder/lease.part" "$folder/lease" || return 4
}

# lease_take FOLDER GENERATION RESTART JOB SERVER
lease_take() {
  [[ $2 =~ ^(0|[1-9][0-9]{0,8})$ && $3 =~ ^(0|[1-9][0-9]{0,8})$ ]] || {
    echo "lease.sh: $2 and $3 are no generation and restart." >&2
    return 2
  }
  mkdir -p "$1/saved" || return 4
  lease_locked "$1" lease_take_locked "$@"
}

# lease_list FOLDER: sets lease_names, the names of what is kept, newest first. Without $( ) and <( ), for job.sh.
lease_list() {
  lease_names=()
  local file name
  for file in "$1"/saved/*.saved; do
    name=${file##*/}
    [[ $name =~ ^[0-9]{9}-[0-9]{9}-[0-9]{9}\.saved$ ]] || continue
    lease_names=("$name" "${lease_names[@]}")
  done
}

# lease_newest FOLDER: prints them.
lease_newest() {
  lease_list "$1"
  [ ${#lease_names[@]} -eq 0 ] || printf '%s\n' "${lease_names[@]}"
}

lease_put_locked() {
  local folder=$1 generation=$2 restart=$3 number=$4 file=$5 name
  lease_holds "$folder" "$generation" "$restart" || return 3
  printf -v name '%09d-%09d-%09d.saved' "$generation" "$restart" "$number"
  mv -f "$file" "$folder/saved/$name" || return 4
  lease_list "$folder"
  for name in "${lease_names[@]:LEASE_KEEP}"; do rm -f "$folder/saved/$name"; done
}

# lease_put FOLDER GENERATION RESTART NUMBER FILE: FILE, which is on the same file system, becomes what is kept last.
lease_put() {
  # On the disk before its name is: a server may lose its power at any moment.
  sync -d "$5" || return 4
  lease_locked "$1" lease_put_locked "$@"
}

# lease_write_locked FOLDER GENERATION RESTART NAME FILE, and lease_write: the same for a file of the lab that is replaced.
lease_write_locked() {
  lease_holds "$1" "$2" "$3" || return 3
  mv -f "$5" "$1/$4" || return 4
}
lease_write() { lease_locked "$1" lease_write_locked "$@"; }

if [ "${BASH_SOURCE[0]}" = "$0" ]; then
  case ${1:-} in
    take | put | newest)
      verb=$1
      shift
      "lease_$verb" "$@"
      ;;
    *)
      echo "lease.sh: use take, put or newest." >&2
      exit 2
      ;;
  esac
fi
