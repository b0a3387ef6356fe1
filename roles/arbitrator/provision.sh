#!/usr/bin/env bash
# Arbitrator: garbd, the third vote of the database group.
# shellcheck source=../lib.sh
source ../lib.sh
# shellcheck source=/dev/null
source arbitrator.env

need_packages galera-arbitrator-4
install_file tls/ca.pem /etc/garb/ca.pem
install_file tls/cert.pem /etc/garb/cert.pem
install_file tls/key.pem /etc/garb/key.pem 0600 _galera:nogroup
install_file garb /etc/default/garb
unit=/etc/systemd/system/garb.service.d/lab.conf
watch=/etc/systemd/system/garb-watch.service
install_file files/garb.conf "$unit"
install_file ../pause.sh /usr/local/lib/lab/pause.sh
install_file files/garb-watch /usr/local/lib/lab/garb-watch 0755
install_file files/garb-watch.service "$watch"
was_changed "$unit" "$watch" && systemctl daemon-reload
keep_running garb restart "$unit" /etc/default/garb /etc/garb/{ca,cert,key}.pem
keep_running garb-watch restart "$watch" /usr/local/lib/lab/garb-watch

in_group() { [[ $(ss -Htn state established '( dport = :4567 or sport = :4567 )') ]]; }
# How far the databases are cannot be seen from here; the kit begins this role again while it is at work on them.
unseen() { REPLY=''; }
wait_while_moving "a database" "$READY" "$READY" unseen in_group || {
  journalctl --no-pager -q -n 12 -o cat -u garb >&2 || true
  fail "the arbitrator found no database within $READY s"
}
