#!/usr/bin/env bash
# Web machine: Apache (event) hands PHP to PHP-FPM; the sample application shows who served.
# shellcheck source=../lib.sh
source ../lib.sh

need_packages apache2 php-fpm php-mysql php-redis
pools=(/etc/php/*/fpm/pool.d)
pool=${pools[-1]}
version=${pool#/etc/php/} version=${version%%/*}
site=/etc/apache2/sites-available/lab.conf

# shellcheck source=files/shared-folder.sh
source files/shared-folder.sh

install_tree files/app /srv/www/sample
install_file app.json /etc/lab/app.json 0640 root:www-data
install_file www.conf "$pool/www.conf"
keep_running "php$version-fpm" reload "$pool/www.conf" /srv/www/sample

install_file lab.conf "$site"
make_links /etc/apache2/mods-available /etc/apache2/mods-enabled \
  proxy.load proxy.conf proxy_fcgi.load remoteip.load setenvif.load setenvif.conf
make_links /etc/apache2/sites-available /etc/apache2/sites-enabled lab.conf
remove_files /etc/apache2/sites-enabled/000-default.conf
keep_running apache2 restart "$site" /etc/apache2/mods-enabled/{proxy_fcgi,remoteip}.load \
  /etc/apache2/sites-enabled/{lab,000-default}.conf
