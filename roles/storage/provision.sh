#!/usr/bin/env bash
# Storage: the second disks of two machines as one (DRBD), served by NFS under Pacemaker with a third vote from the
# quorum device and watchdog self-fencing. One storage machine alone serves its disk without mirror or fencing.
# shellcheck source=../lib.sh
source ../lib.sh
# shellcheck source=/dev/null
source storage.env

scripts=/usr/local/lib/lab
# shellcheck source=files/watchdog.sh
source files/watchdog.sh
# shellcheck source=files/storage-common
LAB_PATH=$PATH source files/storage-common
device=$STORAGE_DEVICE

# Modules: built in (the kit's own kernel) or loaded now and at each start.
load_modules() {
  if [[ ! -r /proc/drbd || ! -c /dev/watchdog ]]; then
    install_file files/modules.conf /etc/modules-load.d/lab-storage.conf
    modprobe -a drbd softdog || fail "this kernel has no DRBD or no softdog module"
  fi
}

install_files() {
  local name
  install_file storage.env /etc/lab/storage.env
  install_file ../pause.sh "$scripts/pause.sh"
  for name in storage-common storage-watch storage-fence-peer storage-unfence-peer storage-ready storage-rejoin \
    storage-fence-wait storage-left; do
    install_file "files/$name" "$scripts/$name" 0755
  done
  install_file nfs.conf /etc/nfs.conf.d/lab.conf
  install_sysctl files/sysctl.conf /etc/sysctl.d/62-lab-storage.conf
  install_file lab.exports /etc/exports.d/lab.exports
  # Where the kernel has no packet filter there is no such folder (common).
  if [[ -d /etc/nftables.d ]]; then
    install_file storage.nft /etc/nftables.d/storage.nft
    keep_running nftables reload /etc/nftables.d/storage.nft
  fi
  for name in filesystem nfs address; do
    install_file "files/agents/$name" "/usr/lib/ocf/resource.d/lab/$name" 0755
  done
  if [[ -n $STORAGE_POWER_SWITCH ]]; then
    install_file files/hmac.sh "$scripts/hmac.sh"
    install_file files/storage-fenced "$scripts/storage-fenced" 0755
    install_file files/fence_lab_power /usr/sbin/fence_lab_power 0755
    install_file power-switch.key /etc/lab/power-switch.key 0600
  fi
  install_file files/storage-watch.service /etc/systemd/system/storage-watch.service
  install_file files/before-pacemaker.conf /etc/systemd/system/nfs-server.service.d/lab.conf
  install_file files/corosync.conf /etc/systemd/system/corosync.service.d/lab.conf
  install_file files/pacemaker.conf /etc/systemd/system/pacemaker.service.d/lab.conf
  install_file files/restart.conf /etc/systemd/system/nfs-mountd.service.d/lab.conf
  install_file files/restart.conf /etc/systemd/system/nfsdcld.service.d/lab.conf
  install_file files/lab-storage.service /etc/systemd/system/lab-storage.service
  # NFSv4 needs none of these; nfs-server would start them at each failover.
  make_masks rpc-statd.service rpc-statd-notify.service nfs-idmapd.service rpc-svcgssd.service auth-rpcgss-module.service \
    rpcbind.service rpcbind.socket
  make_folder /srv/storage 0700
  derive_key corosync.secret /etc/corosync/authkey
  install_file corosync.conf /etc/corosync/corosync.conf
  if was_changed /etc/systemd/system/{nfs-{server,mountd},nfsdcld,corosync,pacemaker}.service.d/lab.conf \
    /etc/systemd/system/{lab-storage,storage-watch}.service /etc/systemd/system/rpcbind.socket; then
    systemctl daemon-reload
  fi
}

# make_masks UNIT…: the units cannot be started, not even by others.
make_masks() {
  local unit
  for unit in "$@"; do
    unit=/etc/systemd/system/$unit
    [[ $unit -ef /dev/null ]] && continue
    changed "$unit"
    ln -sfn /dev/null "$unit"
  done
}

# derive_key SECRET FILE: corosync wants 128 bytes or more; they are derived from the lab's secret.
derive_key() {
  local secret part
  secret=$(<"$1")
  umask 077
  for part in 1 2; do
    printf 'corosync %s %s' "$part" "$secret" | sha512sum
  done | tr -d ' \n-' >authkey
  umask 022
  install_file authkey "$2" 0400
}

drbd_is() {
  mirror_state
  # shellcheck disable=SC2053 # a pattern is wanted
  [[ $mirror == *$1* ]]
}

# disks_move: how far the mirror is, for waits.
disks_move() {
  mirror_state
  REPLY="$mirror${copying:+ $copying}"
}

# wait_for WHAT COMMAND…: as long as the mirror moves.
wait_for() {
  wait_while_moving "$1" "$STORAGE_READY_LIMIT" 3600 disks_move "${@:2}"
}

# Metadata only on a disk that holds nothing at all: an empty one, new or replaced.
mirror_disks() {
  install_file shared.res /etc/drbd.d/shared.res 0600
  if ! drbd_is cs:; then
    local found
    found=$(wipefs --noheadings --output TYPE "$STORAGE_DISK")
    case $found in
      *drbd*) ;;
      '')
        changed "mirror metadata on $STORAGE_DISK"
        drbdadm create-md --force shared >/dev/null 2>&1 || fail "drbdadm create-md shared failed"
        ;;
      *) fail "$STORAGE_DISK holds something else than a mirrored disk ($found); nothing was changed on it" ;;
    esac
  fi
  if ! drbd_is cs: && ! pacemaker_knows drbd; then
    changed "mirror up"
    drbdadm up shared
  elif was_changed /etc/drbd.d/shared.res; then
    drbdadm adjust shared
  fi
}

pacemaker_knows() {
  [[ -f /var/lib/pacemaker/cib/cib.xml ]] && grep -q "primitive id=\"$1\"" /var/lib/pacemaker/cib/cib.xml
}

promoted() {
  drbd_is ds:UpToDate/UpToDate && drbdadm primary shared
}

# Two fresh disks: nothing to copy, both are declared in sync. Then, once in the life of the data, a file system.
prepare_data() {
  if [[ -n $STORAGE_PEER ]]; then
    wait_for "the mirror's other half on $STORAGE_PEER" drbd_is cs:Connected || fail "$STORAGE_PEER does not answer on the replication port: is it running? ($mirror)"
    if drbd_is ds:Inconsistent/Inconsistent; then
      changed "mirror of two fresh disks"
      # A report of the other one that is still on its way would make its disk Inconsistent again in the view of this machine, for good
      # (seen once): the first second waits for it, the second one shows whether it came all the same.
      sleep 1
      drbdadm new-current-uuid --clear-bitmap shared/0
      sleep 1
      if drbd_is cs:Connected && ! drbd_is ds:UpToDate/UpToDate; then
        drbdadm disconnect shared
        drbdadm connect shared
      fi
    fi
    # Tried again: on a slow computer the connection may break in the very moment between the look and the promotion (seen once).
    wait_for "disks in sync" promoted || fail "the disks are not in sync, or this one cannot be promoted: $mirror"
  fi
  local found=0
  blkid -p "$device" >/dev/null || found=$?
  # 2: nothing found. Anything else is left alone.
  if ((found == 2)); then
    changed "file system on $device"
    mkfs.ext4 -q -E nodiscard "$device"
  fi
  mountpoint -q /srv/storage || mount "$device" /srv/storage
  make_folder /srv/storage/nfs 0700
  make_folder /srv/storage/shared 0770 www-data:www-data
  umount /srv/storage
  [[ -z $STORAGE_PEER ]] || drbdadm secondary shared
}

# The first start ever: without any configuration Pacemaker would wait its default of 20 s for a coordinator.
first_configuration() {
  local file=$cluster_configuration
  [[ -n $STORAGE_PEER && ! -e $file ]] || return 0
  changed "$file"
  cibadmin --empty >cib.xml
  CIB_file=$PWD/cib.xml crm_attribute --type crm_config --name dc-deadtime --update "${STORAGE_COORDINATOR_WAIT}s" --quiet
  install --owner hacluster --group haclient --mode 0600 cib.xml "$file"
}

start_cluster() {
  local unit
  if [[ -n $STORAGE_PEER ]]; then
    install_file sbd "$sbd_file"
    # Before corosync, which then starts it: it may only be started that way.
    for unit in sbd corosync-qdevice; do
      systemctl --quiet is-enabled "$unit" && continue
      changed "service $unit enabled"
      service_action enable "$unit"
    done
  fi
  # Timers are taken over while it runs; the watchdog's only by a new start.
  if was_changed /etc/corosync/corosync.conf && systemctl --quiet is-active corosync; then corosync-cfgtool -R >/dev/null; fi
  keep_running corosync restart
  if [[ -n $STORAGE_PEER ]]; then
    install_unit corosync-qdevice-unit.conf corosync-qdevice
    install_file corosync-qdevice /etc/default/corosync-qdevice
    keep_running corosync-qdevice restart /etc/corosync/corosync.conf /etc/default/corosync-qdevice /etc/systemd/system/corosync-qdevice.service.d/lab.conf
  fi
  first_configuration
  [[ -z $STORAGE_PEER ]] || take_watchdog
  keep_running pacemaker restart
  [[ -z $STORAGE_PEER ]] || tell_watchdog
}

# What runs, apart from what Pacemaker and the fencing handler add themselves.
cib_in_use() {
  local scope
  for scope in resources constraints fencing-topology rsc_defaults op_defaults crm_config; do
    cibadmin --query --scope "$scope" 2>/dev/null || true
  done | sed '/<rsc_location id="storage-fence"/,/<\/rsc_location>/d; /name="\(have-watchdog\|dc-version\|cluster-infrastructure\|cluster-name\|last-lrm-refresh\)"/d' | sha256sum
}

cluster_answers() {
  [[ $(timeout 10 crmadmin --quiet --timeout 5s --dc_lookup 2>/dev/null) == ?* ]]
}

# What the configuration does not name any more is stopped: crm deletes nothing that runs. Once it has stopped, load_configuration succeeds.
stop_what_goes() {
  local resources name
  resources=$(crm_resource --list-raw)
  while read -r name; do
    name=${name%%:*}
    [[ -z $name ]] || grep --quiet "^primitive $name " /etc/lab/storage.crm || crm resource stop "$name"
  done <<<"$resources"
}

# Pacemaker may have a coordinator already and still refuse its configuration's clients for a moment (seen with one machine).
load_configuration() {
  crm --force configure load push /etc/lab/storage.crm >load.log 2>&1
}

configuration_is_loaded() {
  [[ -f $remembered ]] && ! was_changed /etc/lab/storage.crm && [[ $(cib_in_use) == "$(<"$remembered")" ]]
}

# Written by the first machine; what it loaded is remembered, so that a change of either side is noticed.
configure_cluster() {
  local remembered=/var/lib/lab/storage.cib
  install_file storage.crm /etc/lab/storage.crm
  configuration_is_loaded && return 0
  wait_for "Pacemaker's coordinator" cluster_answers || fail "Pacemaker has no coordinator; see systemctl status corosync pacemaker"
  configuration_is_loaded && return 0
  [[ -z $STORAGE_PEER ]] || await_watchdogs
  changed "cluster configuration"
  stop_what_goes >load.log 2>&1 || { cat load.log >&2; fail "a resource that the configuration does not name any more could not be stopped"; }
  wait_until 60 load_configuration || { cat load.log >&2; fail "crm configure load failed"; }
  cib_in_use >"$remembered"
}

# Pacemaker's fencing daemon takes a device once it is to run here.
knows_power_switch() {
  local devices
  devices=$(timeout 10 stonith_admin --list-registered 2>/dev/null) && [[ " ${devices//$'\n'/ } " == *" power-switch-$STORAGE_PEER "* ]]
}

is_quorate() {
  [[ $(corosync-quorumtool -s 2>/dev/null) == *Quorate:*Yes* ]]
}

need_packages drbd-utils nfs-kernel-server pacemaker corosync corosync-qdevice crmsh sbd resource-agents
load_modules
install_files
[[ -z $STORAGE_PEER ]] || mirror_disks
if [[ $HOSTNAME == "$STORAGE_FIRST" ]] && ! pacemaker_knows drbd && ! pacemaker_knows filesystem; then
  prepare_data
fi
start_cluster
wait_for "a quorum" is_quorate ||
  fail "no quorum: ${STORAGE_PEER:+$STORAGE_PEER and the quorum device must run; }see corosync-quorumtool -s"
[[ $HOSTNAME != "$STORAGE_FIRST" ]] || configure_cluster
was_changed /etc/exports.d/lab.exports && systemctl --quiet is-active nfs-server && systemctl reload nfs-server
"$scripts/storage-ready" --tell || fail "the storage is not complete (the reason is above)"
[[ -z $STORAGE_POWER_SWITCH ]] || wait_until "$STORAGE_READY_LIMIT" knows_power_switch ||
  fail "Pacemaker cannot use the power switch from here; see crm_mon -1r and journalctl -t pacemaker-fenced"
keep_running lab-storage restart
keep_running storage-watch restart /etc/systemd/system/storage-watch.service "$scripts"/storage-{common,watch} /etc/lab/storage.env
