#!/usr/bin/env bash
# Makes an installed Debian system a box of the lab, whatever installed it: the packages of packages.list and no others,
# then what the native build does too (files, box/files, vagrant.sh, configure.sh). Run by Packer as root inside the machine.
#
# Usage: packages.sh KIT   KIT: the folder with packages.list, resolv.conf, files/, box/ and scripts/
# Environment: LAB_SUITE, LAB_ROUTER_SUITE, LAB_MIRROR, LAB_SECURITY_MIRROR, LAB_APT_OPTIONS (for the build; may be empty)
set -euo pipefail
kit=$1
: "${LAB_SUITE:?}" "${LAB_ROUTER_SUITE:?}" "${LAB_MIRROR:?}" "${LAB_SECURITY_MIRROR:?}"
export DEBIAN_FRONTEND=noninteractive APT_LISTCHANGES_FRONTEND=none LC_ALL=C

# Packages of a state (installed, config-files), of those that match.
packages_that_are() { dpkg-query -W -f '${db:Status-Status} ${Package}\n' "${@:2}" 2>/dev/null | sed -n "s/^$1 //p"; }
installed() { packages_that_are installed "$@"; }

# What a cloud image does by itself after its start holds APT's locks.
if command -v cloud-init >/dev/null; then cloud-init status --wait >/dev/null || true; fi
systemctl stop apt-daily.timer apt-daily-upgrade.timer apt-daily.service apt-daily-upgrade.service unattended-upgrades.service 2>/dev/null || true
# The name servers behind systemd-resolved, which goes below.
servers=/run/systemd/resolve/resolv.conf
if [ -e "$servers" ]; then cp --remove-destination "$servers" /etc/resolv.conf; fi

rm -rf /etc/apt/sources.list /etc/apt/sources.list.d/* /etc/apt/mirrors
sources=/etc/apt/sources.list.d/build.list
{
  echo "deb $LAB_MIRROR $LAB_SUITE main"
  echo "deb $LAB_MIRROR $LAB_SUITE-updates main"
  echo "deb $LAB_SECURITY_MIRROR $LAB_SUITE-security main"
  echo "deb $LAB_MIRROR $LAB_ROUTER_SUITE main"
} >"$sources"
options=/etc/apt/apt.conf.d/99build
printf '%s\n' "${LAB_APT_OPTIONS:-}" >"$options"
install -m 0644 -t /etc/apt/preferences.d "$kit"/files/etc/apt/preferences.d/*

# Services must not start now: their roles configure them first.
printf '#!/bin/sh\nexit 101\n' >/usr/sbin/policy-rc.d
chmod 0755 /usr/sbin/policy-rc.d
mapfile -t packages < <(grep -vE '^[[:space:]]*(#|$)' "$kit/packages.list")
packages+=(linux-image-amd64 initramfs-tools lz4)
get() { apt-get -q -y --no-install-recommends -o APT::Keep-Downloaded-Packages=true "$@"; }
# What is slow without KVM and of no use here: an index of manual pages, and every initramfs with every driver.
rm -f /var/lib/man-db/auto-update
mkdir -p /etc/initramfs-tools
cp -rT --no-preserve=ownership "$kit/box/files/etc/initramfs-tools" /etc/initramfs-tools
get update
get install lz4
get dist-upgrade
# Only these are wanted from now on. Not with apt-mark, which does not know the names of virtual packages.
mapfile -t boot < <(installed 'grub-*' 'shim-signed')
mapfile -t manual < <(apt-mark showmanual)
apt-mark auto "${manual[@]}" >/dev/null
get install apt "${packages[@]}" "${boot[@]}"

# The native build starts from nothing. So here whatever is not needed by its packages or by the boot loader goes: the
# installer's choices, cloud-init and what comes with it, other kernels than the newest one.
kernel=$(dpkg-query -W -f '${Depends}' linux-image-amd64 | cut -d ' ' -f 1)
mapfile -t kernels < <(installed 'linux-image-*' | grep -vxF -e linux-image-amd64 -e "$kernel" || true)
mapfile -t removed < <(packages_that_are config-files)
get purge "${kernels[@]}" "${removed[@]}"
get autoremove --purge -o APT::AutoRemove::RecommendsImportant=false -o APT::AutoRemove::SuggestsImportant=false
rm -rf /etc/cloud /var/lib/cloud /var/log/cloud-init* /etc/netplan /etc/ssh/sshd_config.d/50-cloud-init.conf \
  /etc/sudoers.d/90-cloud-init-users /etc/.resolv.conf.systemd-resolved.bak

# The local APT repository has every package of the machine, also those that were there before.
mapfile -t others < <(installed | grep -v '^linux-' || true)
get --reinstall --download-only install "${others[@]}"
declare -A here
for name in "${others[@]}"; do here[$name]=yes; done
for file in /var/cache/apt/archives/*.deb; do
  name=${file##*/}
  [ -n "${here[${name%%_*}]:-}" ] || rm "$file"
done
rm -f /usr/sbin/policy-rc.d "$sources" "$options"

# As in the native build: `vagrant` is reached with its key only, and a lab has no name server.
usermod --password '!' vagrant
cp --remove-destination "$kit/resolv.conf" /etc/resolv.conf

cp -rT --no-preserve=ownership "$kit/files" /
cp -rT --no-preserve=ownership "$kit/box/files" /
LAB_BOX_KEY=$kit/box/vagrant.pub bash "$kit/scripts/vagrant.sh"
bash "$kit/scripts/configure.sh"

# What was deleted is not carried along in the box; a disk that takes no discards only makes it larger.
fstrim / || true
