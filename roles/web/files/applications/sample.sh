# shellcheck shell=bash
# The sample application, which is installed on every web machine: its health check serves Nextcloud too. Read by
# provision.sh, which has set `pool`.
application() { :; }
application_ready() { :; }
