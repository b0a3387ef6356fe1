#!/usr/bin/env bash
# The visitor's machine: what common gives (names, trust in the lab's certificates), curl, a short note, sampler and load generator.
# shellcheck source=../lib.sh
source ../lib.sh

need_packages curl python3 python3-aiohttp nodejs
install_file motd /etc/motd
install_file files/lab-sample /usr/local/bin/lab-sample 0755
# What `lab drill` measures with (docs/drill.md).
install_tree files/sampler /usr/local/lib/lab/sampler
# What `lab load` measures with (docs/load.md). Node takes a program for a module by its name's end.
install_file files/lab-load.mjs /usr/local/lib/lab/lab-load.mjs 0755
if [[ ! /usr/local/bin/lab-load -ef /usr/local/lib/lab/lab-load.mjs ]]; then
  changed /usr/local/bin/lab-load
  ln -sfn /usr/local/lib/lab/lab-load.mjs /usr/local/bin/lab-load
fi
