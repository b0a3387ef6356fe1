#!/usr/bin/env bash
# Builds the User Mode Linux kernel of the uml engine from Debian's kernel source and the patches beside this script.
#
# Usage: build.sh SOURCE_DEB OUTPUT
#   SOURCE_DEB  Debian's linux-source-X.Y package, already verified by APT
#   OUTPUT      the kernel, an ordinary executable (replaced only when whole)
set -euo pipefail

source_deb=$1
output=$2
here=$(cd "$(dirname "$0")" && pwd)

work=$(mktemp -d "${TMPDIR:-/var/tmp}/lab-kernel.XXXXXX")
trap 'rm -rf "$work"' EXIT

echo "unpacking $(basename "$source_deb")"
dpkg-deb --fsys-tarfile "$source_deb" | tar -xO --wildcards './usr/src/linux-source-*.tar.xz' |
  xz -dcT0 | tar -x -C "$work" --strip-components=1

bash "$here/apply-patches.sh" "$work" "$here/patches"

cd "$work"
export ARCH=um KBUILD_BUILD_USER=lab KBUILD_BUILD_HOST=lab KBUILD_BUILD_TIMESTAMP='1970-01-01'
make -s x86_64_defconfig
scripts/kconfig/merge_config.sh -m .config "$here/uml.config" >merge.log
make -s olddefconfig

# A wish that the kernel's configuration did not take is an error here, not a surprise in a machine.
missing=0
while IFS= read -r wish; do
  name=${wish%%=*}
  if [[ $wish == *=n ]]; then
    if grep -q "^$name=" .config; then echo "still on: $name" && missing=1; fi
  elif ! grep -qxF "$wish" .config; then
    echo "not taken: $wish" && missing=1
  fi
done < <(grep -E '^CONFIG_' "$here/uml.config")
[ "$missing" -eq 0 ]

echo "compiling Linux $(make -s kernelversion) for User Mode Linux"
make -j"$(nproc)" linux
strip -o "$output.part" linux
mv "$output.part" "$output"
