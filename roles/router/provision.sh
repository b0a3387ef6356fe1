#!/usr/bin/env bash
# MySQL Router in front of the databases, and its own floating address. The package brings programs only.
# shellcheck source=../lib.sh
source ../lib.sh

need_packages mysql-router
install_file files/sysusers.conf /etc/sysusers.d/mysqlrouter.conf
if ! lines_have 'mysqlrouter:*' /etc/passwd; then
  changed "user mysqlrouter"
  systemd-sysusers /etc/sysusers.d/mysqlrouter.conf
fi
install_file mysqlrouter.conf /etc/mysqlrouter/mysqlrouter.conf
unit=/etc/systemd/system/mysqlrouter.service
install_file files/mysqlrouter.service "$unit"
was_changed "$unit" && systemctl daemon-reload
keep_running mysqlrouter restart "$unit" /etc/mysqlrouter/mysqlrouter.conf

hold_address router
