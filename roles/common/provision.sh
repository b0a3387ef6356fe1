#!/usr/bin/env bash
# What every machine has: names, time, users, packet filter, trust in the lab's certificate authority.
# shellcheck source=../lib.sh
source ../lib.sh

# The same bundle and links that update-ca-certificates makes, without reading the 150 other certificates again
# (it takes seconds in a User Mode Linux machine); a CA that replaces another is left to the tool.
trust_ca() {
  local file=/usr/local/share/ca-certificates/lab-ca.crt bundle=/etc/ssl/certs/ca-certificates.crt
  local first=yes hash
  [[ -e $file ]] && first=no
  install_file lab-ca.crt "$file"
  was_changed "$file" || return 0
  if [[ $first == no || ! -f $bundle || -e /etc/ssl/certs/lab-ca.pem ]]; then
    update-ca-certificates --fresh >/dev/null 2>&1 || fail "update-ca-certificates failed"
    return 0
  fi
  hash=$(openssl x509 -noout -subject_hash -in "$file")
  ln -sfn "$file" /etc/ssl/certs/lab-ca.pem
  ln -sfn lab-ca.pem "/etc/ssl/certs/$hash.0"
  cat "$bundle" "$file" >"$bundle.lab-new"
  mv -f "$bundle.lab-new" "$bundle"
}

# A kernel without nf_tables (a distribution's User Mode Linux kernel) runs the lab without a packet filter.
filter_packets() {
  if ! nft list tables >/dev/null 2>&1; then
    echo "warning: this kernel has no packet filter (nf_tables): the machine runs without one"
    return 0
  fi
  make_folder /etc/nftables.d
  install_file nftables.conf /etc/nftables.conf 0755
  install_unit files/nftables-unit.conf nftables
  keep_running nftables reload /etc/nftables.conf
  # The limits belong to a module that must be there before systemd-sysctl reads them.
  install_file files/conntrack-module.conf /etc/modules-load.d/lab-conntrack.conf
  install_file files/conntrack.conf /etc/sysctl.d/61-lab-conntrack.conf
  if was_changed /etc/sysctl.d/61-lab-conntrack.conf; then
    sysctl --quiet --load=/etc/sysctl.d/61-lab-conntrack.conf || fail "the limits of connection tracking cannot be set"
  fi
}

keep_time() {
  if [[ ! /etc/localtime -ef /usr/share/zoneinfo/Etc/UTC ]]; then
    changed /etc/localtime
    ln -sfn /usr/share/zoneinfo/Etc/UTC /etc/localtime
  fi
  # A User Mode Linux machine has its host's clock.
  [[ $(systemd-detect-virt || true) == uml ]] && return 0
  need_packages chrony
  install_file chrony.conf /etc/chrony/chrony.conf
  keep_running chrony restart /etc/chrony/chrony.conf
}

install_file hosts /etc/hosts
install_file files/drain /usr/local/lib/lab/drain 0755
install_file drain.env /etc/lab/drain.env
install_file hostname /etc/hostname
read -r name <hostname
if [[ $HOSTNAME != "$name" ]]; then
  changed "host name $name"
  echo "$name" >/proc/sys/kernel/hostname
fi
ensure_user student sudo
filter_packets
trust_ca
keep_time
