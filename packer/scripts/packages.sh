#!/usr/bin/env bash
# Makes an installed Debian system a box of the lab: the packages of packages.list, then what the native build does
# too (files, box/files, vagrant.sh, configure.sh). Run by Packer as root inside the machine.
#
# Usage: packages.sh KIT   KIT: the folder with packages.list, files/, box/ and scripts/
# Environment: LAB_SUITE, LAB_ROUTER_SUITE, LAB_MIRROR, LAB_SECURITY_MIRROR
set -euo pipefail
kit=$1
: "${LAB_SUITE:?}" "${LAB_ROUTER_SUITE:?}" "${LAB_MIRROR:?}" "${LAB_SECURITY_MIRROR:?}"
export DEBIAN_FRONTEND=noninteractive LC_ALL=C

rm -f /etc/apt/sources.list /etc/apt/sources.list.d/*
sources=/etc/apt/sources.list.d/build.list
{
  echo "deb $LAB_MIRROR $LAB_SUITE main"
  echo "deb $LAB_MIRROR $LAB_SUITE-updates main"
  echo "deb $LAB_SECURITY_MIRROR $LAB_SUITE-security main"
  echo "deb $LAB_MIRROR $LAB_ROUTER_SUITE main"
} >"$sources"
install -m 0644 -t /etc/apt/preferences.d "$kit"/files/etc/apt/preferences.d/*

# Services must not start now: their roles configure them first.
printf '#!/bin/sh\nexit 101\n' >/usr/sbin/policy-rc.d
chmod 0755 /usr/sbin/policy-rc.d
mapfile -t packages < <(grep -vE '^[[:space:]]*(#|$)' "$kit/packages.list")
apt-get -q update
apt-get -q -y --no-install-recommends -o APT::Keep-Downloaded-Packages=true install \
  "${packages[@]}" initramfs-tools lz4
rm -f /usr/sbin/policy-rc.d "$sources"

cp -rT --no-preserve=ownership "$kit/files" /
cp -rT --no-preserve=ownership "$kit/box/files" /
LAB_BOX_KEY=$kit/box/vagrant.pub bash "$kit/scripts/vagrant.sh"
bash "$kit/scripts/configure.sh"
