#!/usr/bin/env bash
# A Slurm cluster on one computer, for tests: a controller (ctl) and servers, each a network, process, mount and name space of its own
# over an overlay of this computer's files, joined by a bridge inside the controller's network. Real munge, slurmctld and slurmd.
# Nothing of it reaches any other network, and all of it is gone after `stop`. Root only.
#
# Usage: cluster.sh start FOLDER SERVER...    makes it; FOLDER/shared is seen by all, at the same path
#        cluster.sh in FOLDER NODE COMMAND... runs a command as the user `teacher` there (TEACHER=root: as root)
#        cluster.sh kill FOLDER NODE          the power of a node is cut
#        cluster.sh boot FOLDER NODE          it comes back, with empty disks
#        cluster.sh cable FOLDER NODE up|down
#        cluster.sh restart FOLDER            the controller's slurmctld is killed and started again
#        cluster.sh stop FOLDER
set -euo pipefail

# In namespaces of their own; the computer's own networks are not touched.
readonly NET=10.99.77
# MiB and labs a core that a server says it has: stubs take next to nothing.
readonly MEMORY=48000 SHARED=256
# Control groups, of version 1, that slurmd limits jobs with.
readonly CONTROLLERS=(cpuset memory freezer)

has_groups() { [ -d /sys/fs/cgroup/memory ] && [ -d /sys/fs/cgroup/freezer ] && [ -d /sys/fs/cgroup/cpuset ]; }

# Where a node's control groups are: below this process's own, and of this cluster alone.
group_of() {
  local own
  own=$(sed -n "s/^[0-9]*:$1://p" /proc/self/cgroup | head -n 1)
  echo "/sys/fs/cgroup/$1${own%/}/$(basename "$2")-$3"
}

address_of() {
  local at=1 name
  while read -r name; do
    [ "$name" != "$2" ] || break
    at=$((at + 1))
  done <"$1/names"
  echo "$NET.$at"
}

pid_of() { cat "$1/$2/pid"; }

write_configuration() {
  local folder=$1 name
  {
    echo "ClusterName=class
SlurmctldHost=ctl($NET.1)
SlurmUser=root
AuthType=auth/munge
StateSaveLocation=/var/spool/slurmctld
SlurmdSpoolDir=/var/spool/slurmd
SlurmctldPidFile=/run/slurmctld.pid
SlurmdPidFile=/run/slurmd.pid
SlurmctldLogFile=/var/log/slurmctld.log
SlurmdLogFile=/var/log/slurmd.log
ReturnToService=2
SlurmdTimeout=10
SlurmdParameters=config_overrides
KillWait=10
JobRequeue=1
MpiDefault=none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU_Memory
SchedulerType=sched/backfill
SchedulerParameters=batch_sched_delay=0,sched_min_interval=0
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none"
    if has_groups; then
      echo "ProctrackType=proctrack/cgroup
TaskPlugin=task/affinity,task/cgroup"
    else
      echo "ProctrackType=proctrack/linuxproc
TaskPlugin=task/none"
    fi
    for name in $(tail -n +2 "$folder/names"); do
      echo "NodeName=$name NodeAddr=$(address_of "$folder" "$name") CPUs=$(nproc --all) RealMemory=$MEMORY State=UNKNOWN"
    done
    echo "PartitionName=class Nodes=ALL Default=YES MaxTime=INFINITE State=UP LLN=YES OverSubscribe=FORCE:$SHARED"
  } >"$folder/slurm.conf"
  echo "CgroupPlugin=cgroup/v1
CgroupAutomount=no
ConstrainCores=yes
ConstrainRAMSpace=yes" >"$folder/cgroup.conf"
}

# Runs as the first process of a node.
node_main() {
  local folder=$1 name=$2 root=$1/$2/root controller
  hostname "$name"
  mount --make-rprivate /
  mount -t overlay -o "lowerdir=/,upperdir=$folder/$name/upper,workdir=$folder/$name/work" overlay "$root"
  mount --rbind /dev "$root/dev"
  # Where this computer keeps it for root alone, servers for labs do not.
  mkdir -p "$root/dev/net"
  mount -t tmpfs -o mode=0755 class-test "$root/dev/net"
  mknod -m 0666 "$root/dev/net/tun" c 10 200
  mount --rbind /sys "$root/sys"
  if has_groups; then
    for controller in "${CONTROLLERS[@]}"; do
      mount --bind "$(cat "$folder/$name/group-$controller")" "$root/sys/fs/cgroup/$controller"
    done
  fi
  mount -t proc proc "$root/proc"
  mkdir -p "$root$folder/shared"
  mount --bind "$folder/shared" "$root$folder/shared"
  mkdir -p "$root/etc/slurm"
  cp "$folder/slurm.conf" "$folder/cgroup.conf" "$root/etc/slurm/"
  cp "$folder/hosts" "$root/etc/hosts"
  grep -q ^teacher: "$root/etc/passwd" || echo 'teacher:x:2999:2999::/home/teacher:/bin/bash' >>"$root/etc/passwd"
  grep -q ^teacher: "$root/etc/group" || echo 'teacher:x:2999:' >>"$root/etc/group"
  mkdir -p "$root/home/teacher" "$root/old"
  chown 2999:2999 "$root/home/teacher"
  cd "$root"
  # Not chroot: a process in one may make no user namespace.
  pivot_root . old
  umount -l /old
  ip link set lo up
  # Under these names Debian's daemons find their control groups.
  local daemon
  for daemon in slurmctld slurmd slurmstepd; do cp --remove-destination "/usr/sbin/$daemon-wlm" "/usr/sbin/$daemon"; done
  mkdir -p /run/munge /var/spool/slurmctld /var/spool/slurmd
  chown munge: /run/munge
  touch "/var/log/node-ready"
  # The cable comes from the controller.
  if [ "$name" != ctl ]; then
    until ip link show eth0 >/dev/null 2>&1; do sleep 0.1; done
    ip addr add "$(awk -v name="$name" '$2 == name { print $1 }' /etc/hosts)/24" dev eth0
    ip link set eth0 up
  fi
  runuser -u munge -- munged
  if [ "$name" = ctl ]; then
    (while :; do slurmctld -D || :; sleep 0.5; done) >/dev/null 2>&1 &
  else
    slurmd -D >/dev/null 2>&1 &
  fi
  while :; do
    sleep 3600 &
    wait $! || :
  done
}

boot() {
  local folder=$1 name=$2 controller group
  mkdir -p "$folder/$name"
  rm -rf "$folder/$name/upper" "$folder/$name/work"
  mkdir -p "$folder/$name/upper" "$folder/$name/work" "$folder/$name/root"
  if has_groups; then
    for controller in "${CONTROLLERS[@]}"; do
      group=$(group_of "$controller" "$folder" "$name")
      mkdir -p "$group"
      echo "$group" >"$folder/$name/group-$controller"
      if [ "$controller" = cpuset ]; then
        cat "$(dirname "$group")/cpuset.cpus" >"$group/cpuset.cpus"
        cat "$(dirname "$group")/cpuset.mems" >"$group/cpuset.mems"
      fi
    done
  fi
  # In its groups before it gets a name space of them: what they are called inside is what a server would see.
  # shellcheck disable=SC2016 # its own words
  setsid bash -c 'for file in "$2/$3"/group-*; do [ ! -e "$file" ] || echo $$ >"$(cat "$file")/cgroup.procs"; done
    exec unshare --net --mount --pid --uts --ipc --cgroup --fork --kill-child bash "$1" node-main "$2" "$3"' \
    - "$0" "$folder" "$name" >"$folder/$name/log" 2>&1 </dev/null &
  local outer=$! at
  for ((at = 0; at < 100; at++)); do
    [ ! -e "$folder/$name/upper/var/log/node-ready" ] || break
    sleep 0.1
  done
  [ -e "$folder/$name/upper/var/log/node-ready" ] || {
    echo "the node $name did not start:" >&2
    tail -n 5 "$folder/$name/log" >&2
    return 1
  }
  tr -d ' ' <"/proc/$outer/task/$outer/children" >"$folder/$name/pid"
  if [ "$name" = ctl ]; then
    in_net "$folder" ip link add br0 type bridge
    in_net "$folder" ip addr add "$NET.1/24" dev br0
    in_net "$folder" ip link set br0 up
  else
    in_net "$folder" ip link del "port-$name" 2>/dev/null || :
    in_net "$folder" ip link add "port-$name" type veth peer name eth0 netns "$(pid_of "$folder" "$name")"
    in_net "$folder" ip link set "port-$name" master br0 up
  fi
}

in_net() {
  local folder=$1
  shift
  nsenter -t "$(pid_of "$folder" ctl)" -n "$@"
}

cut_power() {
  local pid controller group
  pid=$(pid_of "$1" "$2")
  kill -9 "$pid" 2>/dev/null || :
  while kill -0 "$pid" 2>/dev/null; do sleep 0.05; done
  # What a computer without power forgets.
  has_groups || return 0
  for controller in "${CONTROLLERS[@]}"; do
    group=$(cat "$1/$2/group-$controller" 2>/dev/null) || continue
    find "$group" -depth -type d -exec rmdir {} + 2>/dev/null || :
  done
}

case ${1:-} in
  start)
    folder=$2
    shift 2
    mkdir -p "$folder"
    # The nodes see this folder, and not what is mounted on it.
    chmod 755 "$folder"
    mountpoint -q "$folder" || mount -t tmpfs -o mode=0755 class-test "$folder"
    mkdir -p "$folder/shared"
    chown 2999:2999 "$folder/shared"
    printf '%s\n' ctl "$@" >"$folder/names"
    { echo "127.0.0.1 localhost"; for name in ctl "$@"; do echo "$(address_of "$folder" "$name") $name"; done; } >"$folder/hosts"
    write_configuration "$folder"
    for name in ctl "$@"; do boot "$folder" "$name"; done
    ;;
  in)
    folder=$2 name=$3
    shift 3
    as=(setpriv --reuid 2999 --regid 2999 --clear-groups env HOME=/home/teacher USER=teacher)
    [ "${TEACHER:-teacher}" = teacher ] || as=()
    exec nsenter -t "$(pid_of "$folder" "$name")" -n -m -p -u -i -C -r -w -- "${as[@]}" "$@"
    ;;
  kill) cut_power "$2" "$3" ;;
  boot) boot "$2" "$3" ;;
  cable) in_net "$2" ip link set "port-$3" "$4" ;;
  restart) TEACHER=root bash "$0" in "$2" ctl bash -c 'kill -9 "$(cat /run/slurmctld.pid)"' ;;
  stop)
    if [ -e "$2/names" ]; then
      while read -r name; do
        if [ -e "$2/$name/pid" ]; then cut_power "$2" "$name"; fi
      done <"$2/names"
    fi
    umount -l "$2" 2>/dev/null || :
    rmdir "$2" 2>/dev/null || :
    ;;
  node-main) node_main "$2" "$3" ;;
  *)
    echo "cluster.sh: use start, in, kill, boot, cable, restart or stop." >&2
    exit 2
    ;;
esac
