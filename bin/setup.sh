#!/usr/bin/env bash
# From a fresh checkout on a Debian-like computer to a running lab, or to passed tests, with one command.
#
# Usage: bin/setup.sh [up [LAB_OPTION...] | test | class | none]
#   up    (default) install what is missing and run `npx lab up --yes`
#   test  install what is missing and run every check and test, booting the seven machines; with LAB_TEST_MINUTES
#         what does not fit into so many minutes is left out and named
#   class install Slurm too (a controller and servers of namespaces) and try a class on it: `npm run test:class`, as root
#   none  install what is missing only
set -euo pipefail
cd "$(dirname "$0")/.."

# The tests' time budget (LAB_TEST_MINUTES) begins here: what is installed and built first is part of it.
LAB_TEST_STARTED=${LAB_TEST_STARTED:-$(date +%s)}
export LAB_TEST_STARTED

want=${1:-up}
[ $# -eq 0 ] || shift

# Debian packages by the command that shows they are there; what machines and builds need, `lab up` installs itself.
missing=()
need() { command -v "$1" >/dev/null || missing+=("$2"); }
need node nodejs
need npm npm
need ssh openssh-client
need ssh-keygen openssh-client
if [ "$want" = test ]; then
  need git git
  need shellcheck shellcheck
  need curl curl
  need php php-cli
  need ruby ruby
fi

if [ "$want" = class ]; then
  need sbatch slurm-wlm
  need munged munge
  need ip iproute2
fi

if [ ${#missing[@]} -gt 0 ]; then
  if ! command -v apt-get >/dev/null; then
    echo "Install these first (this is not a Debian-like system): ${missing[*]}" >&2
    exit 1
  fi
  sudo=()
  [ "$(id -u)" -eq 0 ] || sudo=(sudo)
  "${sudo[@]}" apt-get -qq update
  "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends "${missing[@]}"
fi

wanted=$(node -p "require('./package.json').engines.node.replace('>=', '')")
oldest=$(printf '%s\n%s\n' "$wanted" "$(node -p process.versions.node)" | sort -V | head -n 1)
if [ "$oldest" != "$wanted" ]; then
  echo "Node $(node --version) is too old: the kit needs $wanted or newer. Install it from https://nodejs.org or Debian 13." >&2
  exit 1
fi

# npm reads the lock file only when something changed.
if [ ! -e node_modules/.package-lock.json ] || [ package-lock.json -nt node_modules/.package-lock.json ]; then
  npm ci --no-audit --no-fund
fi

case $want in
  up) exec npx lab up --yes "$@" ;;
  test)
    npm test
    # What building an image and the uml engine need is installed before anything else asks for it.
    npx lab image build --yes
    npm run test:e2e
    ;;
  class) npm run test:class ;;
  none) ;;
  *)
    echo "unknown: $want (use up, test, class or none)" >&2
    exit 2
    ;;
esac
