#!/usr/bin/env bash
# Boots a VirtualBox box in QEMU, emulated, on the hardware that VirtualBox gives it (AHCI, e1000, no virtio), and looks
# around in it through ssh with the key that the box has. A minute or two.
#
# Usage: test/box/boot-virtualbox.sh BOX [KEY]
#   BOX  what `lab image build --box virtualbox` prints
#   KEY  Vagrant's insecure private key (default: the one of this user's Vagrant)
# Needs qemu-system-x86, qemu-utils, openssh-client. Exit code 0: it boots and is as it should be.
set -euo pipefail

box=$(realpath "$1")
key=${2:-${VAGRANT_HOME:-$HOME/.vagrant.d}/insecure_private_key}

work=$(mktemp -d "${TMPDIR:-/var/tmp}/boot-box.XXXXXX")
machine=
finish() {
  [ -z "$machine" ] || kill "$machine" 2>/dev/null || true
  rm -rf "$work"
}
trap finish EXIT
cd "$work"

tar -xf "$box"
grep -q '"provider": *"virtualbox"' metadata.json
grep -q 'config.vm.base_mac = "0800' Vagrantfile
install -m 0600 "$key" key
qemu-img create -q -f qcow2 -b box.vmdk -F vmdk disk.qcow2
truncate -s 64M second

# Any port of this computer that is free; on Linux the kernel gives such ones from 32768 on.
port=$((20000 + RANDOM % 10000))
qemu-system-x86_64 -machine pc -accel tcg,tb-size=128 -cpu qemu64 -m 512 -display none -serial none -monitor none \
  -device ich9-ahci,id=sata \
  -drive if=none,id=root,file=disk.qcow2,format=qcow2,cache=unsafe -device ide-hd,drive=root,bus=sata.0 \
  -drive if=none,id=second,file=second,format=raw -device ide-hd,drive=second,bus=sata.1 \
  -netdev "user,id=nat,restrict=on,net=10.0.3.0/24,hostfwd=tcp:127.0.0.1:$port-:22" -device e1000,netdev=nat \
  -netdev hubport,id=lab,hubid=1 -device e1000,netdev=lab &
machine=$!

ask() {
  ssh -F none -i key -p "$port" -o IdentitiesOnly=yes -o BatchMode=yes -o ConnectTimeout=5 -o LogLevel=ERROR \
    -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null vagrant@127.0.0.1 "$1"
}
begin=$SECONDS
until ask true 2>/dev/null; do
  kill -0 "$machine"
  [ $((SECONDS - begin)) -lt 600 ]
  sleep 2
done
echo "ssh answers after $((SECONDS - begin)) s"

ask 'cat /proc/cmdline; uname -r; ip -brief address'
[ "$(ask 'sudo id -u')" = 0 ]
[ "$(ask 'findmnt -no SOURCE /')" != "$(ask 'readlink -f /dev/lab-disk')1" ]
[ "$(ask 'lsblk -bdno SIZE /dev/lab-disk')" = $((64 * 1024 * 1024)) ]
[ "$(ask 'ls -d /sys/class/net/eth0 /sys/class/net/eth1 | wc -l')" = 2 ]
[ -z "$(ask 'ls /sys/bus/virtio/devices')" ]
[ -z "$(ask 'systemctl --failed --plain --no-legend')" ]
ask 'sudo systemctl poweroff' || true
wait "$machine"
machine=
echo 'the box boots'
