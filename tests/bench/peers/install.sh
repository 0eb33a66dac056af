#!/usr/bin/env bash
# Installs the servers and libraries of Debian that are measured, where this machine allows. What
# stays missing is left out of the comparison, and the report says so.
set -eu -o pipefail

packages=()
for package in nginx-light h2o haproxy lighttpd libmicrohttpd-dev libevent-dev nghttp2-client; do
    dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || packages+=("$package")
done
[ ${#packages[@]} -gt 0 ] || exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    # Nobody starts a server on a port of the machine's own.
    printf '#!/bin/sh\nexit 101\n' >/tmp/policy-rc.d.$$ && install -m 755 /tmp/policy-rc.d.$$ /usr/sbin/policy-rc.d
    rm -f /tmp/policy-rc.d.$$
    { apt-get update -qq && apt-get install -qq -y --no-install-recommends "${packages[@]}"; } >/dev/null 2>&1 </dev/null || true
    rm -f /usr/sbin/policy-rc.d
fi
