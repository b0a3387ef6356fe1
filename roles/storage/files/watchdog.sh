# shellcheck shell=bash
# Another time of the watchdog, taken over. Read by provision.sh.
#
# sbd arms the watchdog when it starts, which it does together with corosync only; and Pacemaker stops where the wait for a lost machine
# (stonith-watchdog-timeout) is not longer than the watchdog it was started with. While the cluster runs, the wait is raised first if it
# grows; then each machine starts its cluster software again, the later one once the earlier one is back, and the service moves as for a
# planned stop; the wait is lowered last (configure_cluster), once both have said that they are done. A machine whose Pacemaker does not
# run yet serves nothing: it begins again with the new time, and Pacemaker's start raises the wait that it has kept (storage-fence-wait).

sbd_file=/etc/default/sbd
watchdog_seconds=$(sed -n 's/^SBD_WATCHDOG_TIMEOUT=//p' sbd)
wait_seconds=$(sed -n 's/.*stonith-watchdog-timeout=\([0-9]*\)s.*/\1/p' storage.crm)

# fence_wait: the wait in force, whole seconds; 0 when there is none.
fence_wait() {
  local said
  said=$(crm_attribute --type crm_config --name stonith-watchdog-timeout --query --quiet 2>/dev/null) || said=0
  said=${said%s}
  [[ $said =~ ^[0-9]+$ ]] || said=0
  echo "$said"
}

# has_watchdog MACHINE: it has said that its watchdog has the time that is wanted now.
has_watchdog() {
  [[ $(crm_attribute --node "$1" --name lab-watchdog --query --quiet 2>/dev/null) == "$watchdog_seconds" ]]
}

# has_former_watchdog: an sbd runs, or waits for the cluster, that began before its file was written (seconds since 1970; what it was
# started with cannot be asked: it writes its title over its environment).
has_former_watchdog() {
  local property began=0 state=''
  while IFS= read -r property; do
    case $property in
      ActiveState=*) state=${property#*=} ;;
      InactiveExitTimestamp=@*) began=${property#*=@} ;;
    esac
  done < <(systemctl show --timestamp=unix --property=ActiveState,InactiveExitTimestamp -- sbd)
  [[ $state == @(active|activating) ]] && ((began < $(stat --format=%Y "$sbd_file")))
}

need_coordinator() {
  wait_until "$STORAGE_READY_LIMIT" cluster_answers || fail "Pacemaker has no coordinator; see systemctl status corosync pacemaker"
}

take_watchdog() {
  was_changed "$sbd_file" || return 0
  if ! systemctl --quiet is-active pacemaker; then
    if has_former_watchdog; then begin_again; fi
    return
  fi
  need_coordinator
  if (($(fence_wait) < wait_seconds)); then
    changed "wait for a lost machine, $wait_seconds s"
    crm_attribute --type crm_config --name stonith-watchdog-timeout --update "${wait_seconds}s" --quiet
  fi
  # The machine was reset or booted since: it has the new time.
  if ! has_former_watchdog; then
    say_watchdog
    return
  fi
  if [[ $HOSTNAME != "$STORAGE_FIRST" ]]; then
    wait_until "$STORAGE_READY_LIMIT" has_watchdog "$STORAGE_FIRST" ||
      fail "$STORAGE_FIRST has not taken the watchdog's new time; this machine stays as it is"
  fi
  # Nothing is stopped before the other machine can take over.
  "$scripts/storage-ready" || fail "the storage is not complete (the reason is above); its watchdog keeps its time"
  begin_again
  service_action start pacemaker
  wait_until "$STORAGE_READY_LIMIT" cluster_answers || fail "Pacemaker has no coordinator after its restart"
  say_watchdog
}

# The cluster software with the new time, but for Pacemaker, which provision.sh starts.
begin_again() {
  changed "cluster software started again, watchdog $watchdog_seconds s"
  service_action stop pacemaker
  service_action restart corosync
  service_action start corosync-qdevice
}

say_watchdog() {
  crm_attribute --node "$HOSTNAME" --name lab-watchdog --update "$watchdog_seconds" --quiet
}

# Once Pacemaker runs: only who lowers the wait waits to be told.
tell_watchdog() {
  was_changed "$sbd_file" && (($(kept_fence_wait) > wait_seconds)) || return 0
  need_coordinator
  has_watchdog "$HOSTNAME" || say_watchdog
}

# Before a shorter wait is loaded: both machines have the shorter watchdog.
await_watchdogs() {
  local machine
  was_changed "$sbd_file" && (($(fence_wait) > wait_seconds)) || return 0
  for machine in "$STORAGE_FIRST" "$STORAGE_PEER"; do
    wait_until "$STORAGE_READY_LIMIT" has_watchdog "$machine" ||
      fail "$machine has not taken the watchdog's new time; the wait for a lost machine stays as it is"
  done
}
