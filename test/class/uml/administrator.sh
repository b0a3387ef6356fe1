#!/usr/bin/env bash
# What an administrator does on a server before `lab class init`: a store that all see, and packages where there is no Internet.
#
# Usage: administrator.sh serve FOLDER NETWORK   FOLDER is given to the network (NFS 4)
#        administrator.sh mount FOLDER SERVER    that folder, at the same path, now and after each start
#        administrator.sh packages FOLDER        input: an archive of a repository, which APT knows from then on
set -euo pipefail

case $1 in
  serve)
    mkdir -p "$2" /etc/exports.d
    chmod 755 "$2"
    # A folder that labs' account may make folders in; root of another server is nobody here.
    chmod 1777 "$2"
    echo "$2 $3(rw,sync,no_subtree_check)" >/etc/exports.d/class.exports
    printf '%s\n' '[nfsd]' vers3=n vers4=y >/etc/nfs.conf.d/class.conf
    systemctl enable --now -q nfs-server
    exportfs -ra
    ;;
  mount)
    mkdir -p "$2"
    grep -q " $2 nfs4 " /etc/fstab || echo "$3:$2 $2 nfs4 rw,_netdev,nofail 0 0" >>/etc/fstab
    systemctl daemon-reload
    mountpoint -q "$2" || mount "$2"
    ;;
  packages)
    mkdir -p "$2"
    tar -xf - -C "$2"
    echo "deb [trusted=yes] file:$2 ./" >/etc/apt/sources.list.d/class.list
    apt-get -qq update
    ;;
  *)
    echo "administrator.sh: use serve, mount or packages." >&2
    exit 2
    ;;
esac
