#!/usr/bin/env bash
# No invalid access, no leak and no descriptor left open: in the C tests, and in the binary over
# every kind of route and a thousand requests up to SIGTERM. Then the deferred tests for data races.
# usage: valgrind.sh BUILD
set -eu -o pipefail
build=$(realpath "$1")
cd "$(dirname "$0")"

if ! command -v valgrind >/dev/null; then
    echo "  valgrind: SKIPPED, valgrind is not installed"
    exit 0
fi

scratch=$(mktemp -d)
server=
finish() {
    [ -z "$server" ] || kill -KILL "$server" 2>/dev/null || true
    rm -rf "$scratch"
}
trap finish EXIT

memcheck=(valgrind --quiet --leak-check=full --show-leak-kinds=definite,indirect,possible
    --errors-for-leak-kinds=definite,indirect,possible --track-fds=yes --error-exitcode=99
    --suppressions=valgrind.supp --log-file="$scratch/log")

# Descriptors are reported, not counted as errors, before valgrind 3.21.
no_descriptor_is_left() {
    if grep -E 'Open (file descriptor|AF_[A-Z0-9_]+ socket) [0-9]+' "$scratch/log" |
        grep -vE 'descriptor [012]:|inherited' >"$scratch/open"; then
        while read -r line; do
            grep -A1 -F "$line" "$scratch/log" | grep -q 'inherited from parent' || {
                cat "$scratch/log" >&2
                return 1
            }
        done <"$scratch/open"
    fi
}

clean() { # NAME COMMAND...
    local name=$1
    shift
    if ! "${memcheck[@]}" "$@" >"$scratch/out" 2>&1; then
        cat "$scratch/out" "$scratch/log" >&2
        return 1
    fi
    no_descriptor_is_left
    echo "  valgrind: $name: no error, no leak, no descriptor left open"
}

serve_a_thousand() {
    "${memcheck[@]}" "$build/tests/routes" >"$scratch/line" 2>"$scratch/err" &
    server=$!
    python3 routes.py "$scratch/line" "$server"
    kill -TERM "$server"
    wait "$server" || { cat "$scratch/err" "$scratch/log" >&2; return 1; }
    server=
    no_descriptor_is_left
    echo "  valgrind: $1: no error, no leak, no descriptor left open"
}

races() {
    valgrind --quiet --tool=helgrind --error-exitcode=99 --suppressions=helgrind.supp \
        --log-file="$scratch/log" "$build/tests/c_tests" deferred >"$scratch/out" 2>&1 || {
        cat "$scratch/out" "$scratch/log" >&2
        return 1
    }
    echo "  helgrind: deferred answers: no data race"
}

clean "$(tail -1 <("$build/tests/c_tests")) in the C tests" "$build/tests/c_tests"
