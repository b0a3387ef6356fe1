#!/usr/bin/env bash
# Quorum device: corosync-qnetd gives one of two storage machines that lost each other the deciding vote.
# shellcheck source=../lib.sh
source ../lib.sh

need_packages corosync-qnetd
install_file corosync-qnetd /etc/default/corosync-qnetd
install_unit corosync-qnetd-unit.conf corosync-qnetd
keep_running corosync-qnetd restart /etc/default/corosync-qnetd /etc/systemd/system/corosync-qnetd.service.d/lab.conf
