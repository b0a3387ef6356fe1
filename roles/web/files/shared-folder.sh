# shellcheck shell=bash
# The folder all web machines share, mounted when something first touches it. Read by provision.sh. A lab without
# storage renders an empty unit and gets no folder.

shared_folder() {
  local unit=/etc/systemd/system/srv-shared sysctl=/etc/sysctl.d/62-lab-shared-folder.conf
  if [[ ! -s srv-shared.mount ]]; then
    [[ -e $unit.automount ]] || return 0
    systemctl --quiet disable --now srv-shared.automount
    remove_files "$unit.automount" "$unit.mount" "$sysctl"
    systemctl daemon-reload
    return 0
  fi
  need_packages nfs-common
  # Before the mount: a connection takes what holds when it is made.
  install_sysctl sysctl.conf "$sysctl" --ignore
  install_file srv-shared.mount "$unit.mount"
  install_file srv-shared.automount "$unit.automount"
  if was_changed "$unit.mount" "$unit.automount"; then systemctl daemon-reload; fi
  keep_running srv-shared.automount restart "$unit.automount" "$unit.mount"
  # At once rather than at first use: a mistake is seen here.
  systemctl --quiet is-active srv-shared.mount || service_action start srv-shared.mount
}

shared_folder
