#!/usr/bin/env bash
# Web machine: Apache (event) hands PHP to PHP-FPM, which runs the lab's application (files/applications/NAME.sh). A
# HAProxy of its own leads to the Redis that is master.
# shellcheck source=../lib.sh
source ../lib.sh

need_packages apache2 php-fpm php-apcu php-mysql php-redis haproxy
pools=(/etc/php/*/fpm/pool.d)
pool=${pools[-1]}
version=${pool#/etc/php/} version=${version%%/*}
site=/etc/apache2/sites-available/lab.conf
modules=/etc/apache2/mods-enabled

route=/etc/haproxy/session-route.cfg unit=/etc/systemd/system/session-route.service
install_file session-route.cfg "$route" 0640 root:haproxy
install_file session-route.service "$unit"
if was_changed "$unit"; then systemctl daemon-reload; fi
if was_changed "$unit"; then keep_running session-route restart "$unit"; else keep_running session-route reload "$route"; fi

# shellcheck source=files/shared-folder.sh
source files/shared-folder.sh

# The sample application is on every web machine: its health check is that of both applications.
install_tree files/app /srv/www/sample
install_file app.json /etc/lab/app.json 0640 root:www-data

install_file php.ini "/etc/php/$version/mods-available/lab.ini"
make_links "/etc/php/$version/mods-available" "/etc/php/$version/cli/conf.d" lab.ini
make_links "/etc/php/$version/mods-available" "/etc/php/$version/fpm/conf.d" lab.ini

# shellcheck source=/dev/null
source application.env
# shellcheck source=/dev/null
source "files/applications/$APPLICATION.sh"
application

install_file www.conf "$pool/www.conf" 0640
# Sizes of shared memory need a new start; everything else is taken up without losing a request.
if was_changed "/etc/php/$version/mods-available/lab.ini"; then how=restart; else how=reload; fi
keep_running "php$version-fpm" "$how" "/etc/php/$version/mods-available/lab.ini" "$pool/www.conf" /srv/www/sample \
  /etc/lab/nextcloud/config.php /etc/systemd/system/srv-www-nextcloud.mount

install_unit apache-unit.conf apache2
install_file lab.conf "$site"
make_links /etc/apache2/mods-available "$modules" \
  proxy.load proxy.conf proxy_fcgi.load remoteip.load setenvif.load setenvif.conf
make_links /etc/apache2/sites-available /etc/apache2/sites-enabled lab.conf
remove_files /etc/apache2/sites-enabled/000-default.conf
keep_running apache2 restart "$site" "$modules"/{proxy_fcgi,remoteip,headers,rewrite}.load \
  /etc/apache2/sites-enabled/{lab,000-default}.conf
application_ready
