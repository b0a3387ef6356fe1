#!/usr/bin/env bash
# Makes the VirtualBox box from the disk of the libvirt box (build-box.sh), on a Debian-like computer. VirtualBox does not
# start a kernel directly, so the disk gets a partition table and a boot loader; and it has no kernel command line for
# the lab's key, so the box accepts Vagrant's well-known one until the lab's own replaces it. Neither root nor VirtualBox
# is needed.
#
# Usage: build-virtualbox-box.sh LIBVIRT_BOX OUTPUT
set -euo pipefail

box=$1
output=$2
here=$(cd "$(dirname "$0")/.." && pwd)
export PATH=$PATH:/usr/sbin:/sbin

work=$(mktemp -d "$(dirname "$output")/build.XXXXXX")
trap 'rm -rf "$work"' EXIT

# Bytes before the partition: room for the boot loader, and where partitions begin everywhere.
gap=$((1024 * 1024))
size_of() { qemu-img info --output=json "$1" | sed -n 's/.*"virtual-size": \([0-9]*\).*/\1/p' | head -n 1; }

echo 'disk'
tar -C "$work" -xf "$box" box.img
size=$(size_of "$work/box.img")
disk=$work/disk
truncate -s $((gap + size)) "$disk"
qemu-img convert -n --target-is-zero --image-opts --target-image-opts \
  "driver=qcow2,file.driver=file,file.filename=$work/box.img" \
  "driver=raw,offset=$gap,file.driver=file,file.filename=$disk"
rm "$work/box.img"
printf 'label: dos\nstart=%d, type=83, bootable\n' $((gap / 512)) | sfdisk --quiet "$disk"

# debugfs and e2fsck find the file system behind the partition table.
system="$disk?offset=$gap"
ask() { debugfs -R "$1" "$system" 2>/dev/null; }
# The newest file in /boot whose name starts with the given word.
boot_file() { ask 'ls -p /boot' | cut -d / -f 6 | grep "^$1-" | sort -V | tail -n 1; }
kernel=$(boot_file vmlinuz)
initrd=$(boot_file initrd.img)

echo 'boot loader'
cat >"$work/grub.cfg" <<GRUB
set root=(hd0,msdos1)
linux /boot/$kernel root=LABEL=root rw rootfstype=ext4 net.ifnames=0 quiet panic=-1
initrd /boot/$initrd
boot
GRUB
modules=/usr/lib/grub/i386-pc
grub-mkimage -O i386-pc -d "$modules" -p /boot/grub -c "$work/grub.cfg" -o "$work/core.img" \
  biosdisk part_msdos ext2 linux boot
[ "$(stat -c %s "$work/core.img")" -lt $((gap - 512)) ]
# The first sector's code (the partition table is behind it) loads the image that follows it.
dd if="$modules/boot.img" of="$disk" bs=440 count=1 conv=notrunc status=none
dd if="$work/core.img" of="$disk" bs=512 seek=1 conv=notrunc status=none

echo 'key'
owner=$(ask 'cat /etc/passwd' | sed -n 's/^vagrant:[^:]*:\([0-9]*\):\([0-9]*\):.*/\1 \2/p')
read -r uid gid <<<"$owner"
keys=/home/vagrant/.ssh/authorized_keys
debugfs -w -f /dev/stdin "$system" >/dev/null 2>&1 <<DEBUGFS
rm $keys
write $here/box/vagrant.pub $keys
sif $keys uid $uid
sif $keys gid $gid
sif $keys mode 0100600
DEBUGFS
# debugfs reports no errors by its exit code.
ask "cat $keys" | cmp - "$here/box/vagrant.pub"
e2fsck -fn "$system"

echo 'box'
qemu-img convert -f raw -O vmdk -o subformat=streamOptimized "$disk" "$work/box.vmdk"
rm "$disk"
sed -e "s/@SIZE@/$(stat -c %s "$work/box.vmdk")/" -e "s/@CAPACITY@/$((gap + size))/" "$here/virtualbox/box.ovf" >"$work/box.ovf"
cp "$here/virtualbox/Vagrantfile" "$work/Vagrantfile"
printf '{"provider": "virtualbox"}\n' >"$work/metadata.json"
chmod 0644 "$work/box.vmdk"
tar -C "$work" -cf "$work/package.box" metadata.json Vagrantfile box.ovf box.vmdk
mv "$work/package.box" "$output"
