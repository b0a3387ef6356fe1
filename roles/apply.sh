#!/usr/bin/env bash
# Applies one role to this machine: bash apply.sh ROLE [DIGEST]
# Prints a line for every thing changed and `result: changed` or `result: unchanged` last. With a DIGEST (of what
# was shipped) it is written to /var/lib/lab/applied/ROLE on success, and only then: an interrupted run is repeated.
set -euo pipefail

role=${1:?usage: apply.sh ROLE [DIGEST]}
digest=${2:-}
here=$(cd "${BASH_SOURCE[0]%/*}" && pwd)
export LAB_ROLE=$role LAB_STATE=${LAB_STATE:-/var/lib/lab}

((EUID == 0)) || { echo "error: apply.sh must run as root" >&2; exit 1; }
[[ -f $here/$role/provision.sh ]] || { echo "error: no role '$role' in $here" >&2; exit 1; }
[[ -d $LAB_STATE/applied && -d $LAB_STATE/pending ]] || mkdir -p "$LAB_STATE/applied" "$LAB_STATE/pending"

# A run that lost its terminal may still be at work: wait for it instead of mixing with it. A lock for each role: some may be
# applied at the same time (`beside` in role.yaml), and the order of the others is kept by who calls this.
lock=$LAB_STATE/lock.$role
exec 9>>"$lock"
if ! flock -n 9; then
  echo "an earlier run still applies this role; waiting for its end"
  # The caller's own limit for a role is shorter.
  flock -w 3600 9 || { echo "error: the role $role is still being applied by an earlier run (lock $lock)" >&2; exit 1; }
fi

[[ ! -e $LAB_STATE/applied/$role ]] || rm -f "$LAB_STATE/applied/$role"
cd "$here/$role"
bash provision.sh || {
  code=$?
  echo "error: role $role was not applied" >&2
  # A script that is wrong (2, 126, 127) need not be tried again.
  exit "$code"
}

result=unchanged
if [[ -s $LAB_STATE/pending/$role ]]; then
  result=changed
  # On the disk before it is said to be done: a machine may lose its power at any moment.
  sync
  rm -f "$LAB_STATE/pending/$role"
fi
[[ -z $digest ]] || echo "$digest" >"$LAB_STATE/applied/$role"
echo "result: $result"
