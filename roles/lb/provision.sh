#!/usr/bin/env bash
# Load balancer: HAProxy in front of the web machines, keepalived for the front address.
# shellcheck source=../lib.sh
source ../lib.sh

need_packages haproxy keepalived
install_file lab.pem /etc/haproxy/lab.pem 0600
install_file haproxy.cfg /etc/haproxy/haproxy.cfg 0600
keep_running haproxy reload /etc/haproxy/haproxy.cfg /etc/haproxy/lab.pem

install_file front.conf /etc/keepalived/conf.d/front.conf
install_file keepalived.conf /etc/keepalived/keepalived.conf
keep_running keepalived reload /etc/keepalived/conf.d/front.conf /etc/keepalived/keepalived.conf
