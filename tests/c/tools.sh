#!/usr/bin/env bash
# Installs the tools that single suites need, as far as this machine allows. What stays missing is
# said here and skipped by its suite.
set -eu -o pipefail

declare -A package=([valgrind]=valgrind [wrk]=wrk [ab]=apache2-utils [strace]=strace [curl]=curl)

missing=()
for tool in "${!package[@]}"; do
    command -v "$tool" >/dev/null || missing+=("$tool")
done
[ ${#missing[@]} -gt 0 ] || exit 0

if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    packages=()
    for tool in "${missing[@]}"; do packages+=("${package[$tool]}"); done
    { apt-get update -qq && apt-get install -qq -y --no-install-recommends "${packages[@]}"; } \
        >/dev/null 2>&1 </dev/null || true
fi
for tool in "${missing[@]}"; do
    command -v "$tool" >/dev/null || echo "  tools: $tool is missing (package ${package[$tool]}): its suites are skipped"
done
