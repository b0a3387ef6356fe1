#!/usr/bin/env bash
# What one, two and three web machines carry when each has a fixed share of a processor (share.sh). For labs on the uml engine.
#   bash bench/scaling.sh [LAB] [PERCENT]     PERCENT of one processor for each web machine (15)
set -euo pipefail
cd "$(dirname "$0")/.."
export LAB_NAME=${1:-lab}
machines=(web1 web2 web3)

node bin/lab.js scale web=3 --yes
# The limits end with the measurement, also when it is interrupted.
trap 'bash bench/share.sh max "${machines[@]}"' EXIT
bash bench/share.sh "${2:-15}" "${machines[@]}"
node bin/lab.js load --find-limit --rate 8 --for 8s --web 1,2,3
