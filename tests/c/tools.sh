#!/usr/bin/env bash
# Installs the tools that single suites need, as far as this machine allows. What stays missing is
# said here and skipped by its suite, or fails where CI could have installed it.
set -eu -o pipefail
# shellcheck source=tests/c/skip.sh
. "${BASH_SOURCE[0]%/*}/skip.sh"

declare -A package=([valgrind]=valgrind [wrk]=wrk [ab]=apache2-utils [strace]=strace [slowhttptest]=slowhttptest [curl]=curl [openssl]=openssl [gnutls-cli]=gnutls-bin [certtool]=gnutls-bin [certutil]=libnss3-tools [chromium]=chromium [cpio]=cpio [cmake]=cmake [doxygen]=doxygen ["clang++"]=clang [socat]=socat [catppt]=catdoc [h2load]=nghttp2-client [dnsmasq]=dnsmasq-base [unbound]=unbound)

missing=()
for tool in "${!package[@]}"; do
    command -v "$tool" >/dev/null || missing+=("$tool")
done
[ ${#missing[@]} -gt 0 ] || exit 0

if can_install; then
    packages=()
    for tool in "${missing[@]}"; do packages+=("${package[$tool]}"); done
    { apt-get update -qq && RUNLEVEL=1 apt-get install -qq -y --no-install-recommends "${packages[@]}"; } \
        >/dev/null 2>&1 </dev/null || true
fi
for tool in "${missing[@]}"; do
    command -v "$tool" >/dev/null || skip_or_fail "$tool" "it is missing (package ${package[$tool]})"
done
