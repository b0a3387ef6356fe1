#!/usr/bin/env bash
# Builds the libvirt box natively on a Debian-like computer: the base image of build-image.sh with a kernel and an
# initramfs, booted directly (without a boot loader, which is what makes it start fast without KVM). Root is not needed.
#
# Usage: build-box.sh OUTPUT SOURCES APT_OPTIONS
#   OUTPUT       the box to write; vmlinuz and initrd.img go beside it (the box last: it is there when all is)
#   SOURCES, APT_OPTIONS and the environment: as for build-image.sh
set -euo pipefail

output=$1
folder=$(dirname "$output")
sources=$2
apt_options=$3
here=$(cd "$(dirname "$0")/.." && pwd)
: "${LAB_SUITE:?}" "${LAB_DISK:?}"

mkdir -p "$folder"
work=$(mktemp -d "$folder/build.XXXXXX")
trap 'rm -rf "$work"' EXIT

# No libpam-systemd: without KVM the user manager that it starts at a login takes ten seconds and more.
LAB_EXTRA_PACKAGES="linux-image-amd64 initramfs-tools lz4 ${LAB_EXTRA_PACKAGES:-}" \
  LAB_FILES=$here/box/files LAB_SCRIPTS='vagrant.sh configure.sh' \
  bash "$here/native/build-image.sh" "$work/image" "$sources" "$apt_options"

# The newest file in /boot whose name starts with the given word.
boot_file() {
  debugfs -R 'ls -p /boot' "$work/image" 2>/dev/null | cut -d / -f 6 | grep "^$1-" | sort -V | tail -n 1
}
debugfs -R "dump /boot/$(boot_file vmlinuz) $work/vmlinuz" "$work/image" 2>/dev/null
debugfs -R "dump /boot/$(boot_file initrd.img) $work/initrd.img" "$work/image" 2>/dev/null
[ -s "$work/vmlinuz" ] && [ -s "$work/initrd.img" ]
chmod 0644 "$work/vmlinuz" "$work/initrd.img"

qemu-img convert -O qcow2 "$work/image" "$work/box.img"
printf '{"provider": "libvirt", "format": "qcow2", "virtual_size": %d}\n' $(((LAB_DISK + 1023) / 1024)) >"$work/metadata.json"
cp "$here/box/Vagrantfile" "$work/Vagrantfile"
tar -C "$work" -cf "$work/package.box" metadata.json Vagrantfile box.img
mv "$work/vmlinuz" "$work/initrd.img" "$folder/"
mv "$work/package.box" "$output"
