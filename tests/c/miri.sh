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
# Files and clocks are used; a few random inputs are enough for a run that is a thousand times slower.
export MIRIFLAGS="-Zmiri-disable-isolation" PROPTEST_CASES=4
cargo +nightly miri test --quiet --locked --target-dir "$target" -p http_responder --no-default-features --lib -- \
    connection::pool connection::deadlines connection::lifecycle_tests http::chunked http::body http::head http::proxy
