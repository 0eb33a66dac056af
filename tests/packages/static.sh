#!/usr/bin/env bash
# Each static program alone in an empty folder that is its root: starts, answers, is well, drains; and is small.
# usage: static.sh FOLDER
set -eu -o pipefail
static=$(realpath "$1")
cd "$(dirname "$0")/../.."
# shellcheck source=tests/c/skip.sh
. tests/c/skip.sh

[ "$(id -u)" = 0 ] || { skip static "chroot needs root"; exit 0; }
declare -A emulator=([arm64]=qemu-aarch64-static [arm]=qemu-arm-static)
most=6000000

fail() {
    echo "static: $1" >&2
    exit 1
}

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
for folder in "$static"/*/; do
    name=$(basename "$folder")
    size=$(stat -c %s "$folder/http_responder_mt")
    [ "$size" -lt $most ] || fail "$name has $size octets, more than $most"
    if readelf -lW "$folder/http_responder_mt" | grep -q 'INTERP'; then fail "$name wants a loader"; fi

    root=$scratch/$name
    mkdir -p "$root"
    cp "$folder/http_responder_mt" "$root/"
    command=(/http_responder_mt)
    sandbox=on
    if [ -n "${emulator[$name]:-}" ] && [ "$name" != "$(dpkg --print-architecture 2>/dev/null)" ]; then
        qemu=$(command -v "${emulator[$name]}") ||
            { skip "static $name" "${emulator[$name]} is missing (package qemu-user-static)"; continue; }
        cp "$qemu" "$root/qemu"
        command=(/qemu /http_responder_mt)
        # The emulator itself needs more than the program.
        sandbox=off
    fi
    exec 4< <(exec chroot "$root" "${command[@]}" 0 127.0.0.1 --workers 1 --max-connections 100 --sandbox $sandbox \
        --admin unix:/admin.sock)
    server=$!
    read -r line <&4 || fail "$name did not start"
    port=${line#listening on 127.0.0.1:}
    port=${port%% *}
    exec 3<>"/dev/tcp/127.0.0.1/$port"
    printf 'GET /a.gif HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n' >&3
    grep -aq '^Content-Type: image/gif' <&3 || fail "$name does not answer"
    exec 3>&-
    chroot "$root" "${command[@]}" health unix:/admin.sock | grep -q running || fail "$name is not well"
    said=$(chroot "$root" "${command[@]}" ca init --dir /ca 2>&1) || [[ $said == *"this one is without"* ]] ||
        fail "$name makes no CA: $said"
    kill -TERM $server
    wait $server || fail "$name ended with $?"
    left=$(find "$root" -mindepth 1 -maxdepth 1 ! -name qemu ! -name ca ! -name http_responder_mt)
    [ -z "$left" ] || fail "$name left something: $left"
    echo "  static: $name runs alone in an empty root, $(awk "BEGIN {printf \"%.1f\", $size / 1e6}") MB"
done
