#!/usr/bin/env bash
# Applies the kit's patches to the kernel's source, in the order of their names.
#
# Usage: apply-patches.sh SOURCE FOLDER
#   SOURCE  the unpacked kernel; it is changed
#   FOLDER  with the patches, as `git format-patch` writes them
#
# A patch that does not apply exactly is left out, with those after it, and named: the kernel is complete without them, only slower, and
# a newer series of Debian's must not keep anybody from a lab. Each is tried before anything is changed, so no half of one goes in.
set -euo pipefail

source=$1
folder=$2

apply() { patch -d "$source" -p1 --forward --batch --fuzz=0 "$@" 2>&1; }

for file in "$folder"/*.patch; do
  [ -e "$file" ] || continue
  if ! log=$(apply --dry-run <"$file"); then
    printf '%s\n' "$log" >&2
    echo "${file##*/} does not apply to this kernel: built without it and those after it, so programs start more slowly (docs/kernel.md)" >&2
    break
  fi
  echo "patch ${file##*/}"
  apply <"$file" >/dev/null
done
