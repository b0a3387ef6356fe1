#!/usr/bin/env bash
# Turns an installed Debian system into the lab's base image; the same for every build (native, qemu, VirtualBox).
# Runs as root inside the guest's file system, with packer/files already copied over it.
set -euo pipefail
export LC_ALL=C

# Users: the student works with sudo; root is reached with the lab's key only.
if ! id student >/dev/null 2>&1; then
  useradd --create-home --shell /bin/bash --comment 'Student' student
fi
echo 'student ALL=(ALL) NOPASSWD: ALL' >/etc/sudoers.d/student
chmod 0440 /etc/sudoers.d/student
passwd --lock root >/dev/null

# The local APT repository: every package that was downloaded for this image.
repository=/usr/share/lab/apt
mkdir -p "$repository"
find /var/cache/apt/archives -maxdepth 1 -name '*.deb' -exec mv -t "$repository" {} +
(cd "$repository" && apt-ftparchive packages . >Packages && apt-ftparchive release . >Release)
rm -f /etc/apt/sources.list /etc/apt/sources.list.d/0000*.list
rm -rf /var/lib/apt/lists/*
mkdir -p /var/lib/apt/lists/partial
apt-get -qq -o Acquire::Languages=none update

# Services: only what the preset names. Units that would work at every start for nothing are masked.
systemctl --quiet preset-all
systemctl --quiet set-default multi-user.target
systemctl --quiet mask \
  apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer e2scrub_all.timer e2scrub_reap.service \
  fstrim.timer logrotate.timer systemd-firstboot.service systemd-pstore.service man-db.timer \
  systemd-network-generator.service phpsessionclean.timer

# What the first start of each copy would otherwise do again.
ldconfig
journalctl --update-catalog
mkdir -p /var/log/journal
touch /etc/.updated /var/.updated

# An empty database, made once: each database machine begins as a copy of it (roles/database).
install -d -m 0700 -o mysql -g mysql /usr/share/lab/mariadb
mariadb-install-db --user=mysql --datadir=/usr/share/lab/mariadb --skip-test-db \
  --auth-root-authentication-method=socket >/dev/null

# Nothing that must differ between two copies. An empty machine-id is filled by the engine or at the first start.
: >/etc/machine-id
rm -f /var/lib/dbus/machine-id /etc/ssh/ssh_host_* /etc/hostname /var/lib/systemd/random-seed
rm -rf /var/log/*.log /var/log/apt /tmp/* /var/tmp/* /var/lib/mysql/*
mkdir -p /var/lib/lab/applied
