#!/usr/bin/env bash
# A program is built again when the flags it was built with change, and only then.
set -eu -o pipefail
cd "$(dirname "$0")/../.."

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
program=$scratch/build/http_responder

build() {
    "${MAKE:-make}" --no-print-directory BUILD="$scratch/build" "$@" "$program" >"$scratch/log" 2>&1 ||
        { cat "$scratch/log" >&2; exit 1; }
    stat --format %y "$program"
}

first=$(build CFLAGS=-O0)
[ "$(build CFLAGS=-O0)" = "$first" ] || { echo "rebuild: built again for nothing" >&2; exit 1; }
[ "$(build CFLAGS='-O0 -g')" != "$first" ] || { echo "rebuild: stale under other flags" >&2; exit 1; }
echo "  rebuild: other flags build again, the same do not"
