#!/usr/bin/env bash
# What an administrator brings to servers without Internet: a local repository of the packages that are missing there, with all that they
# need, fetched by a computer that has a mirror.
#
# Usage: packages.sh FOLDER STATUS MIRROR SUITE PACKAGE...
#   FOLDER  becomes the repository
#   STATUS  a copy of /var/lib/dpkg/status of a server
set -euo pipefail

folder=$1 status=$2 mirror=$3 suite=$4
shift 4
own=$(mktemp -d)
trap 'rm -rf "$own"' EXIT
mkdir -p "$own/lists/partial" "$own/cache/archives/partial" "$own/etc" "$folder"
echo "deb $mirror $suite main" >"$own/etc/sources.list"
cp "$status" "$own/status"
cat >"$own/apt.conf" <<END
Dir::Etc::sourcelist "$own/etc/sources.list";
Dir::Etc::sourceparts "-";
Dir::Etc::preferencesparts "-";
Dir::State::lists "$own/lists";
Dir::State::status "$own/status";
Dir::Cache "$own/cache";
APT::Sandbox::User "root";
APT::Install-Recommends "false";
Debug::NoLocking "true";
END
export APT_CONFIG=$own/apt.conf
apt-get -qq update
mapfile -t needed < <(apt-get -s install "$@" | sed -n 's/^Inst \([^ ]*\) (\([^ ]*\) .*/\1=\2/p; s/^Inst \([^ ]*\) \[[^]]*\] (\([^ ]*\) .*/\1=\2/p')
if [ ${#needed[@]} -gt 0 ]; then (cd "$folder" && apt-get -qq download "${needed[@]}"); fi
(cd "$folder" && dpkg-scanpackages --multiversion . >Packages 2>/dev/null)
