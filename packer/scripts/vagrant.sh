#!/usr/bin/env bash
# Makes the base system a Vagrant box: the user `vagrant`, and an initramfs of the modules that matter.
# Runs as root inside the guest's file system before configure.sh, with packer/box/files already copied over it.
#
# Environment: LAB_BOX_KEY  file of a public key that `vagrant` accepts at the first start; the Vagrantfile replaces
#   it by the lab's own. Not needed where the lab's key comes with the kernel command line.
set -euo pipefail
export LC_ALL=C

if ! id vagrant >/dev/null 2>&1; then
  useradd --create-home --shell /bin/bash --comment 'Vagrant' vagrant
fi
echo 'vagrant ALL=(ALL) NOPASSWD: ALL' >/etc/sudoers.d/vagrant
chmod 0440 /etc/sudoers.d/vagrant
install -d -m 0700 -o vagrant -g vagrant /home/vagrant/.ssh
if [ -n "${LAB_BOX_KEY:-}" ]; then
  install -m 0600 -o vagrant -g vagrant "$LAB_BOX_KEY" /home/vagrant/.ssh/authorized_keys
fi

# Nobody waits for the management network; a machine whose cable is cut would wait for it for two minutes.
systemctl --quiet mask systemd-networkd-wait-online.service

# ssh over virtio sockets is of no use here, and its generator fails where there are none.
mkdir -p /etc/systemd/system-generators
ln -sf /dev/null /etc/systemd/system-generators/systemd-ssh-generator

# eth0 and eth1 whatever the provider's bus addresses are (a directly booted machine gets this from its command line).
if [ -f /etc/default/grub ]; then
  sed -i 's/^GRUB_CMDLINE_LINUX=.*/GRUB_CMDLINE_LINUX="net.ifnames=0"/; s/^GRUB_TIMEOUT=.*/GRUB_TIMEOUT=0/' \
    /etc/default/grub
  update-grub
fi

# Debian's installer leaves the first interface to ifupdown; here it is systemd-networkd's.
rm -f /etc/network/interfaces

update-initramfs -u -k all
# The kernel's own packages are of no use in the local APT repository.
rm -f /var/cache/apt/archives/linux-*.deb
