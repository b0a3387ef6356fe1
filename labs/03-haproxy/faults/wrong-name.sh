#!/usr/bin/env bash
# The front door shows a certificate, signed in the same way, for a name that nobody asks for.
set -euo pipefail
cd /etc/haproxy
mv front.pem /root/front.kept
umask 077
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 365 -subj /CN=other.test \
  -addext subjectAltName=DNS:other.test -keyout /root/other.key -out /root/other.crt 2>/dev/null
cat /root/other.crt /root/other.key >front.pem
rm /root/other.key /root/other.crt
systemctl restart haproxy
sleep 4
