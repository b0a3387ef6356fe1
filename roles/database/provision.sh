#!/usr/bin/env bash
# Database: MariaDB with Galera, its start, its gate and its accounts (docs/database.md).
# shellcheck source=../lib.sh
source ../lib.sh

# Seconds that the wait for MariaDB goes on without progress, and in all.
READY_WITHIN=$(sed -n 's/^READY=//p' galera.env)
readonly READY_WITHIN READY_END=3600
# Seconds within which an earlier database begins its own restart, if it has to restart as well.
readonly TURN_WITHIN=15

units=/etc/systemd/system
bin=/usr/local/lib/lab
transfer=/usr/bin/wsrep_sst_mariabackup

need_packages mariadb-server mariadb-client mariadb-backup galera-4 socat
install_file ../pause.sh "$bin/pause.sh"
for file in common notify gate stopped start; do
  install_file "files/bin/galera-$file" "$bin/galera-$file" 0755
done
# In place of Debian's, which an upgrade of the package then keeps beside it; MariaDB looks nowhere else.
if [[ ! -e $transfer.debian ]]; then
  changed "$transfer.debian"
  dpkg-divert --quiet --local --rename --divert "$transfer.debian" --add "$transfer"
fi
install_file files/bin/wsrep_sst_mariabackup "$transfer" 0755
install_file galera.env /etc/lab/galera.env
install_file tls/ca.pem /etc/mysql/tls/ca.pem
install_file tls/cert.pem /etc/mysql/tls/cert.pem
install_file tls/key.pem /etc/mysql/tls/key.pem 0600 mysql:mysql
install_file lab.cnf /etc/mysql/mariadb.conf.d/90-lab.cnf
install_file galera-state.service "$units/galera-state.service"
install_file files/units/galera-gate.service "$units/galera-gate.service"
install_file files/units/mariadb.conf "$units/mariadb.service.d/lab.conf"
if was_changed "$units/galera-state.service" "$units/galera-gate.service" "$units/mariadb.service.d/lab.conf"; then
  systemctl daemon-reload
fi

keep_running galera-gate restart "$units/galera-gate.service" "$bin/galera-gate" "$bin/galera-common" /etc/lab/galera.env
# A lab of an earlier version had a socket unit there, which holds the port.
if [[ -e $units/galera-state.socket ]]; then
  service_action stop galera-state.socket
  service_action disable galera-state.socket
  remove_files "$units/galera-state.socket" "$units/galera-state@.service"
fi
keep_running galera-state restart "$units/galera-state.service"

# Not keep_running: the first database waits inside its start until the second answers.
state=$(systemctl show --property=ActiveState,UnitFileState mariadb)
if [[ $state != *UnitFileState=enabled* ]]; then
  changed "service mariadb enabled"
  service_action enable mariadb
fi
if [[ $state == *ActiveState=active* ]] &&
  was_changed /etc/mysql/mariadb.conf.d/90-lab.cnf /etc/mysql/tls/{ca,cert,key}.pem; then
  # One database after the other, so that the service goes on: the later one lets the earlier one return first.
  changed "service mariadb restarted"
  state_of() { bash -c "source $bin/galera-common; ask $1"; }
  is_synced() { [[ $(state_of "$1") == 'primary synced' ]]; }
  is_away() { ! is_synced "$1"; }
  take_turns() {
    local peer
    # shellcheck source=/dev/null
    source /etc/lab/galera.env
    for peer in $NODES; do
      [[ $peer != "$SELF" ]] || return 0
      wait_until "$TURN_WITHIN" is_away "$peer" || continue
      wait_until "$READY_WITHIN" is_synced "$peer" || fail "the database $peer did not return after its restart; this one stays as it is"
    done
  }
  take_turns
  service_action restart mariadb
elif [[ $state != *ActiveState=active* ]]; then
  changed "service mariadb started"
  systemctl --no-block start mariadb
fi

synced() { [[ -r /run/galera/state && $(</run/galera/state) == 'primary synced' ]]; }
# How far it is: what it tells the others (waiting, joining), and how much of the data is here.
data_arrives() {
  local state='' size
  [[ ! -r /run/galera/state ]] || read -r state </run/galera/state || true
  size=$(du -sm /var/lib/mysql 2>/dev/null) || true
  REPLY="${state:-no state yet}, ${size%%[^0-9]*} MiB of data"
}
wait_while_moving MariaDB "$READY_WITHIN" "$READY_END" data_arrives synced || {
  journalctl --no-pager -q -n 12 -o cat -u mariadb >&2 || true
  # What this one waits for may be another database, which waits for a person (tasks/environment/provision/machine.ts reads this line).
  # shellcheck disable=SC2016 # expanded by the inner shell
  others=$(bash -c 'source "$1"; for peer in $PEERS; do read -r state _ <<<"$(ask "$peer")"; printf " %s" "$peer=$state"; done' \
    _ "$bin/galera-common") || true
  fail "MariaDB is not up to date after $SECONDS s (state: $(cat /run/galera/state 2>/dev/null || echo none); others:$others)"
}

install_file accounts.sql /etc/lab/accounts.sql 0600
if was_changed /etc/lab/accounts.sql; then
  mariadb --protocol=socket </etc/lab/accounts.sql || fail "the accounts could not be made"
fi
