#!/usr/bin/env bash
# Sessions: one Redis of a replicated set. Who is the master is no matter of this script: each start asks the
# sentinels (files/redis-start), and what is installed here is the same on every machine, but for its address.
# shellcheck source=../lib.sh
source ../lib.sh

conf=/etc/redis/lab.conf start=/usr/local/lib/lab/redis-start members=/etc/redis/members
unit=/etc/systemd/system/redis-server.service.d/lab.conf

need_packages redis-server
install_sysctl sysctl.conf /etc/sysctl.d/60-redis.conf

install_file redis.conf "$conf" 0640 root:redis
install_file members "$members" 0600
install_file files/redis-start "$start" 0755
install_file files/redis-stop /usr/local/lib/lab/redis-stop 0755
install_file unit.conf "$unit"
if was_changed "$unit"; then systemctl daemon-reload; fi
# The list of members matters at a start only.
keep_running redis-server restart "$conf" "$unit"
