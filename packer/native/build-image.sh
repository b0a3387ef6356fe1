#!/usr/bin/env bash
# Builds the base image natively on a Debian-like computer: Debian's packages, then packer/files, then
# packer/scripts/configure.sh, then one ext4 file system in a sparse file. Root is not needed.
#
# Usage: build-image.sh OUTPUT SOURCES APT_OPTIONS
#   OUTPUT       file to write (replaced only when whole)
#   SOURCES      APT source lines (one a line)
#   APT_OPTIONS  APT options of the host to carry over (proxy, for example), one `Name "value";` a line; may be empty
# Environment: LAB_SUITE (Debian suite), LAB_DISK (MiB), LAB_EXTRA_PACKAGES (more packages, spaces between),
#   LAB_FILES (a second folder copied over packer/files), LAB_SCRIPTS (scripts of packer/scripts to run, in order)
set -euo pipefail

output=$1
sources=$2
apt_options=$3
here=$(cd "$(dirname "$0")/.." && pwd)
: "${LAB_SUITE:?}" "${LAB_DISK:?}"

# mmdebstrap's users cannot enter a private home directory: everything they touch is below one open folder.
work=$(mktemp -d "${TMPDIR:-/var/tmp}/lab-image.XXXXXX")
trap 'rm -rf "$work"' EXIT
chmod 0711 "$work"
mkdir "$work/tmp" "$work/kit" "$work/out"
chmod 0777 "$work/tmp" "$work/out"
cp -r "$here/files" "$here/scripts" "$work/kit/"
[ -z "${LAB_FILES:-}" ] || cp -r "$LAB_FILES/." "$work/kit/files/"
chmod -R go+rX,go-w "$work/kit"
cp "$sources" "$work/sources"
chmod 0644 "$work/sources"

packages=$(grep -vE '^[[:space:]]*(#|$)' "$here/packages.list" | tr '\n' ',')
for package in ${LAB_EXTRA_PACKAGES:-}; do packages+="$package,"; done

options=()
while IFS= read -r line; do
  [ -z "$line" ] || options+=(--aptopt="$line")
done <"$apt_options"

scripts=()
for script in ${LAB_SCRIPTS:-configure.sh}; do
  scripts+=(--customize-hook="cp $work/kit/scripts/$script \"\$1/tmp/$script\" && chroot \"\$1\" bash /tmp/$script")
done

install -m 0755 "$here/native/pack-ext4.sh" "$work/pack-ext4.sh"
install -m 0644 "$here/native/resolv.conf" "$work/resolv.conf"

export LAB_DISK
TMPDIR=$work/tmp mmdebstrap --variant=minbase --format=null \
  --aptopt='Acquire::Languages "none"' --aptopt='APT::Install-Recommends "false"' "${options[@]}" \
  --skip=cleanup/apt,cleanup/reproducible \
  --setup-hook="mkdir -p \"\$1/etc/apt\" && cp -r $work/kit/files/etc/apt/preferences.d \"\$1/etc/apt/\"" \
  --include="${packages%,}" \
  --customize-hook="cp -rT $work/kit/files \"\$1\" && chown -R 0:0 \"\$1/etc/apt\" \"\$1/etc/ssh\" \"\$1/etc/systemd\"" \
  "${scripts[@]}" \
  --customize-hook="cp $work/resolv.conf \"\$1/etc/resolv.conf\"" \
  --customize-hook="$work/pack-ext4.sh \"\$1\" $work/out" \
  "$LAB_SUITE" /dev/null "$work/sources"

cp --sparse=always "$work/out/image" "$output.part"
for extra in "$work"/out/*; do
  [ "$extra" = "$work/out/image" ] || cp "$extra" "$(dirname "$output")/"
done
mv "$output.part" "$output"
