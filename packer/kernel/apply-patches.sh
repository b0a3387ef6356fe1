#!/usr/bin/env bash
# Applies the kit's patches to the kernel's source, in the order of their names.
#
# Usage: apply-patches.sh SOURCE FOLDER
#   SOURCE  the unpacked kernel; it is changed
#   FOLDER  with the patches, as `git format-patch` writes them
#
# A patch that does not apply exactly ends with exit code 1 and says which one it was: a kernel that only half of a
# change went into must not be built.
set -euo pipefail

source=$1
folder=$2

for file in "$folder"/*.patch; do
  [ -e "$file" ] || continue
  echo "patch ${file##*/}"
  if ! log=$(patch -d "$source" -p1 --forward --batch --fuzz=0 <"$file" 2>&1); then
    printf '%s\n' "$log" >&2
    echo "${file##*/} does not apply to this kernel: adapt it, or remove it from $folder (docs/kernel.md)" >&2
    exit 1
  fi
done
