#!/usr/bin/env bash
# No invalid access, no leak, no descriptor left open: in the C tests, which use every kind of route,
# and in the binary over a thousand requests up to SIGTERM.
# usage: valgrind.sh BUILD
set -eu -o pipefail
build=$(realpath "$1")
cd "$(dirname "$0")"
# shellcheck source=tests/c/skip.sh
. ./skip.sh

if ! command -v valgrind >/dev/null; then
    skip_or_fail "the C tests and the binary under valgrind" "it is not installed"
    exit 0
fi

scratch=$(mktemp -d)
server=
finish() {
    [ -z "$server" ] || kill -KILL "$server" 2>/dev/null || true
    rm -rf "$scratch"
}
trap finish EXIT

memcheck=(valgrind --quiet --leak-check=full --errors-for-leak-kinds=definite,indirect,possible
    --track-fds=yes --error-exitcode=99 --log-file="$scratch/log")

fail() {
    cat "$scratch/out" "$scratch/log" >&2
    echo "valgrind: $1" >&2
    exit 1
}

# Valgrind lists what is open at the end, but is content with it; what the shell handed down is not
# the program's.
no_descriptor_is_left() {
    awk '/ Open /            { open = $0; next }
         open && /inherited/ { open = "" }
         open                { print open; found = 1; open = "" }
         END                 { exit found }' "$scratch/log" >>"$scratch/out" ||
        fail "$1: a descriptor was left open"
    echo "  valgrind: $1: no error, no leak, no descriptor left open"
}

the_c_tests() {
    "${memcheck[@]}" "$build/tests/c_tests" error config server handler request exchange \
        response deferred writer upload file host stats process faults admin \
        >"$scratch/out" 2>&1 || fail "the C tests"
    no_descriptor_is_left "the C tests"
}

the_binary() {
    mkfifo "$scratch/line"
    "${memcheck[@]}" "$build/http_responder_mt" 0 127.0.0.1 -w 2 >"$scratch/line" 2>"$scratch/out" &
    server=$!
    read -r line <"$scratch/line"
    python3 ./thousand_requests.py "$line" || fail "the requests"
    kill -TERM "$server"
    wait "$server" || fail "the binary"
    server=
    no_descriptor_is_left "the binary over 1,000 requests and SIGTERM"
}

the_c_tests
the_binary
