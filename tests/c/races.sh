#!/usr/bin/env bash
# The C tests under ThreadSanitizer: the mailbox, deferred answers, starting and stopping.
# usage: races.sh TARGET
set -eu -o pipefail
target=$(realpath -m "$1")/tsan
cd "$(dirname "$0")/../.."
# shellcheck source=tests/c/skip.sh
. tests/c/skip.sh

triple=x86_64-unknown-linux-gnu
find_runtime() {
    runtime=$(rustc +nightly --print sysroot 2>/dev/null || true)/lib/rustlib/$triple/lib/librustc-nightly_rt.tsan.a
    [ -e "$runtime" ]
}

# CI installs what it lacks; elsewhere a toolchain is the developer's own affair.
if ! find_runtime && [ -n "${CI:-}" ]; then
    rustup toolchain install nightly --profile minimal >/dev/null 2>&1 || true
fi
if ! find_runtime; then
    skip "the C tests under ThreadSanitizer" "there is no nightly toolchain that has it"
    exit 0
fi

RUSTFLAGS="--cfg tsan -Zsanitizer=thread -Cunsafe-allow-abi-mismatch=sanitizer" \
    cargo +nightly build --quiet --locked --target "$triple" --target-dir "$target" -p http_responder_c

for source in tests/c/*.c; do
    "${CC:-cc}" -fsanitize=thread -std=c11 -D_DEFAULT_SOURCE -g -O1 -Iinclude \
        -DEXPECTED_VERSION='""' -c "$source" -o "$target/$(basename "$source" .c).o"
done
"${CC:-cc}" "$target"/*.o "$target/$triple/debug/libhttp_responder_c.a" -o "$target/c_tests" \
    -Wl,--whole-archive "$runtime" -Wl,--no-whole-archive -Wl,--export-dynamic \
    -lstdc++ -lutil -lrt -lpthread -lm -ldl

# Noun by noun, and without `error`, which knows the version.
TSAN_OPTIONS="suppressions=tests/c/tsan.supp halt_on_error=0 exitcode=99" \
    "$target/c_tests" config server handler request exchange response deferred writer upload file host stats process \
    faults rules admin clients record >"$target/log" 2>&1 || {
    grep -E '^(SUMMARY|.*FAILED|.*passed)' "$target/log" >&2
    echo "races: see $target/log" >&2
    exit 1
}
echo "  races: $(tail -n 1 "$target/log") under ThreadSanitizer"
