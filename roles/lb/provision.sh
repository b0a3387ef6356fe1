#!/usr/bin/env bash
# Load balancer: HAProxy in front of the web machines, keepalived for the front address.
# shellcheck source=../lib.sh
source ../lib.sh

need_packages haproxy
install_file lab.pem /etc/haproxy/lab.pem 0600
install_file haproxy.cfg /etc/haproxy/haproxy.cfg 0600
install_file files/haproxy-finish /usr/local/lib/lab/haproxy-finish 0755
install_file ../pause.sh /usr/local/lib/lab/pause.sh
install_file files/sees-web /usr/local/lib/lab/sees-web 0755
install_unit files/haproxy-unit.conf haproxy
sight=/etc/systemd/system/sees-web.service
install_file sees-web.service "$sight"
if was_changed "$sight"; then systemctl daemon-reload; fi
keep_running haproxy reload /etc/haproxy/haproxy.cfg /etc/haproxy/lab.pem
keep_running sees-web restart "$sight" /usr/local/lib/lab/sees-web

hold_address front
