#!/usr/bin/env bash
# Redis Sentinel: one vote on which Redis is the master. What it learned and decided is its state
# (/var/lib/redis/sentinel.conf); this script never touches it, each start takes it over (files/sentinel-start).
# shellcheck source=../lib.sh
source ../lib.sh

conf=/etc/redis/lab-sentinel.conf start=/usr/local/lib/lab/sentinel-start
unit=/etc/systemd/system/redis-sentinel.service.d/lab.conf
clock=/etc/systemd/system/sentinel-clock

need_packages redis-sentinel
install_file sentinel.conf "$conf" 0640 root:redis
install_file files/sentinel-start "$start" 0755
install_file unit.conf "$unit"
install_file files/clock.service "$clock.service"
install_file files/clock.timer "$clock.timer"
if was_changed "$unit" "$clock.service" "$clock.timer"; then systemctl daemon-reload; fi
keep_running redis-sentinel restart "$conf" "$unit"
keep_running sentinel-clock.timer restart "$clock.timer"
