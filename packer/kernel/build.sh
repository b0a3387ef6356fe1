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
# Two thirds of the source are drivers of hardware and other processors, of which only the build's own files are read.
unused=()
for folder in Documentation rust samples sound tools/{perf,testing} \
  drivers/{accel,clk,gpu,iio,infiniband,media,pinctrl,scsi,staging,usb,video,net/ethernet,net/wireless} \
  arch/{alpha,arc,arm,arm64,csky,hexagon,loongarch,m68k,microblaze,mips,nios2,openrisc,parisc,powerpc,riscv,s390,sh,sparc,xtensa}; do
  for kind in c h S rs rst dts dtsi yaml json; do unused+=("--exclude=*/$folder/*.$kind"); done
done
dpkg-deb --fsys-tarfile "$source_deb" | tar -xO --wildcards './usr/src/linux-source-*.tar.xz' |
  xz -dcT0 | tar -x -C "$work" --strip-components=1 "${unused[@]}"

bash "$here/apply-patches.sh" "$work" "$here/patches"

cd "$work"
export ARCH=um KBUILD_BUILD_USER=lab KBUILD_BUILD_HOST=lab KBUILD_BUILD_TIMESTAMP='1970-01-01'
KCONFIG_ALLCONFIG=$here/uml.config make -s allnoconfig

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
