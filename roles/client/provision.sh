#!/usr/bin/env bash
# The visitor's machine: what common gives (names, trust in the lab's certificates), curl and a short note.
# shellcheck source=../lib.sh
source ../lib.sh

need_packages curl python3 python3-aiohttp
install_file motd /etc/motd
install_file files/lab-sample /usr/local/bin/lab-sample 0755
# What `lab drill` measures with (docs/drill.md).
install_tree files/sampler /usr/local/lib/lab/sampler
