#!/usr/bin/env bash
# Makes one ext4 file system in a sparse file from a root directory; a hook of build-image.sh, run with its mounts.
#
# Usage: LAB_DISK=MIB pack-ext4.sh ROOT OUTPUT_FOLDER
set -euo pipefail

root=$1
out=$2

# From a plain bind mount: below it, /proc and /sys are empty as they should be.
mkdir "$out/plain"
mount --bind "$root" "$out/plain"
truncate -s "${LAB_DISK:?}M" "$out/image"
# Nothing is left for the kernel to initialize later: that would be written into every machine's own disk.
mke2fs -q -F -t ext4 -L root -m 1 -d "$out/plain" -E nodiscard,lazy_itable_init=0,lazy_journal_init=0 "$out/image"
chmod 0644 "$out/image"
umount "$out/plain"
rmdir "$out/plain"
