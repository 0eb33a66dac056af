#!/usr/bin/env bash
# The pool, the deadlines, the machine and the parsers under Miri: no undefined behaviour in what they
# do with memory. Without TLS, whose C code Miri cannot run.
# usage: miri.sh TARGET
set -eu -o pipefail
target=$(realpath -m "$1")/miri
cd "$(dirname "$0")/../.."
# shellcheck source=tests/c/skip.sh
. tests/c/skip.sh

if ! cargo +nightly miri --version >/dev/null 2>&1; then
    rustup +nightly component add miri rust-src >/dev/null 2>&1 || true
fi
if ! cargo +nightly miri --version >/dev/null 2>&1; then
    skip "the pool, the deadlines, the machine and the parsers under Miri" "there is no nightly toolchain with miri (rustup +nightly component add miri rust-src)"
    exit 0
fi
# Files and clocks are used; a few random inputs are enough for a run that is a thousand times slower, and
# tests of many have fewer where Miri runs them.
export MIRIFLAGS="-Zmiri-disable-isolation" PROPTEST_CASES=2
run() { # FILTER...
    cargo +nightly miri test --quiet --locked --target-dir "$target" -p http_responder --no-default-features --lib -- "$@"
}
run --list >/dev/null

# Miri has one core: so many parts at a time as there are cores.
part() { # NAME FILTER...
    local name=$1 begin=$SECONDS log
    shift
    log=$(mktemp)
    run "$@" >"$log" 2>&1 || { tail -n 60 "$log" >&2; rm "$log"; echo "  miri: $name" >&2; return 1; }
    echo "  miri: $name, $(sed -n 's/^test result: ok. \([0-9]* passed\).*/\1/p' "$log"), $((SECONDS - begin)) s"
    rm "$log"
}
export -f run part
export target
# To make a responder takes Miri minutes: of the machine there is one test.
xargs -P "$(nproc)" -I PART bash -c 'part PART' <<PARTS
deadlines connection::deadlines
pool connection::pool connection::buffers sys::pages
parsers http::chunked http::body http::proxy http::head --skip properties --skip what_was_encoded --skip any_bytes
machine connection::lifecycle_tests::closing::closing_has_nothing_of_which_some_could_be_taken
PARTS
