# shellcheck shell=bash
# Nextcloud: its code (mounted, never written to), its configuration, its installation once for the lab, its background
# jobs. Read by provision.sh.

units=/etc/systemd/system
nextcloud_bin=/usr/local/lib/lab/nextcloud

application() {
  need_packages php-apcu php-bcmath php-curl php-gd php-gmp php-intl php-mbstring php-xml php-zip
  [[ -z $CODE_UNPACKED || -f $CODE_UNPACKED/version.php ]] ||
    fail "the code of Nextcloud did not arrive in $CODE_UNPACKED: run lab up again"
  make_folder /srv/www/nextcloud
  install_file nextcloud/code.mount "$units/srv-www-nextcloud.mount"
  if was_changed "$units/srv-www-nextcloud.mount"; then systemctl daemon-reload; fi
  keep_running srv-www-nextcloud.mount restart "$units/srv-www-nextcloud.mount"

  # Owned by www-data: occ insists on running as the owner of this file. Written by nobody.
  install_file nextcloud/config.php /etc/lab/nextcloud/config.php 0440 www-data:www-data
  install_file nextcloud/install.json /etc/lab/nextcloud/install.json 0440 www-data:www-data
  install_file files/nextcloud/occ /usr/local/bin/occ 0755
  local file
  for file in install state.php install.php setup.php; do
    install_file "files/nextcloud/$file" "$nextcloud_bin/$file" 0755
  done
  local answer
  answer=$(setpriv --reuid=www-data --regid=www-data --init-groups bash "$nextcloud_bin/install") ||
    fail "Nextcloud could not be installed (its last words are above)"
  [[ $answer != installed ]] || changed "Nextcloud installed in the lab's database"

  install_file files/nextcloud/cron.service "$units/nextcloud-cron.service"
  install_file nextcloud/cron.timer "$units/nextcloud-cron.timer"
  if was_changed "$units/nextcloud-cron.service" "$units/nextcloud-cron.timer"; then systemctl daemon-reload; fi
  keep_running nextcloud-cron.timer restart "$units/nextcloud-cron.timer"

  make_links /etc/apache2/mods-available /etc/apache2/mods-enabled headers.load rewrite.load
}

# The first page takes seconds, until PHP has read the code: that is paid here and not by the first visitor.
application_ready() {
  [[ -s $lab_pending ]] || return 0
  answers() { curl -fsS -m 20 -o /dev/null -H 'Host: localhost' "http://127.0.0.1/$1" 2>/dev/null; }
  wait_until 60 answers status.php || fail "Nextcloud does not answer at http://127.0.0.1/status.php"
  # Needs Redis, which may come later.
  answers login || true
}
