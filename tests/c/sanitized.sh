#!/usr/bin/env bash
# The C tests and the examples under AddressSanitizer and LeakSanitizer, engine and C code alike; and
# that both are on: a leak and an overflow made on purpose are told.
# usage: sanitized.sh TARGET
set -eu -o pipefail
target=$(realpath -m "$1")/asan
cd "$(dirname "$0")/../.."
# shellcheck source=tests/c/skip.sh
. tests/c/skip.sh

triple=x86_64-unknown-linux-gnu
sysroot=$(rustc +nightly --print sysroot 2>/dev/null || true)
runtime=$sysroot/lib/rustlib/$triple/lib/librustc-nightly_rt.asan.a
if [ ! -e "$runtime" ]; then
    skip "the C tests under AddressSanitizer" "there is no nightly toolchain that has it"
    exit 0
fi

RUSTFLAGS="-Zsanitizer=address -Cunsafe-allow-abi-mismatch=sanitizer" \
    cargo +nightly build --quiet --locked --target "$triple" --target-dir "$target" -p http_responder_c
archive=$target/$triple/debug/libhttp_responder_c.a
out=$target/programs
version=$(sed -n 's/^version = "\(.*\)"$/\1/p' Cargo.toml)
mkdir -p "$out"

# The runtime is Rust's, whose compiler has made most of the code.
build() {
    local program=$1
    shift
    "${CC:-clang}" -fsanitize=address -fno-sanitize-link-runtime -std=c11 -D_DEFAULT_SOURCE -D_GNU_SOURCE -g -O1 \
        -fno-omit-frame-pointer -pthread -Iinclude -DEXPECTED_VERSION="\"$version\"" "$@" "$archive" -o "$out/$program" \
        -Wl,--whole-archive "$runtime" -Wl,--no-whole-archive -Wl,--export-dynamic \
        -lstdc++ -lutil -lrt -lpthread -lm -ldl
}

fail() {
    tail -n 60 "$out/log" >&2
    echo "sanitized: $1" >&2
    exit 1
}

export ASAN_OPTIONS=detect_leaks=1:exitcode=99:detect_stack_use_after_return=1

cat >"$out/proof.c" <<'C'
#include <stdlib.h>
#include <string.h>
#include "http_responder.h"
int main(int argc, char **argv) {
    if (argc > 1 && !strcmp(argv[1], "overflow")) {
        char *volatile octets = malloc(8);
        octets[8] = 1;
        free(octets);
    } else if (argc > 1) {
        hr_config *volatile config = hr_config_new();
        config = NULL;
        (void)config;
    }
    return 0;
}
C
build proof "$out/proof.c"
"$out/proof" >"$out/log" 2>&1 || fail "a program without a fault has one"
if "$out/proof" overflow >"$out/log" 2>&1 || ! grep -q heap-buffer-overflow "$out/log"; then
    fail "an overflow is not told"
fi
if "$out/proof" leak >"$out/log" 2>&1 || ! grep -q "LeakSanitizer: detected memory leaks" "$out/log"; then
    fail "a leak of a Rust value is not told"
fi
echo "  sanitized: an overflow and a leak made on purpose are told"

build c_tests tests/c/*.c
# Not process and fork: what forks there has the leak check ask for a process that is gone.
"$out/c_tests" error config server handler request exchange response deferred writer upload file host stats faults admin \
    rules clients record >"$out/log" 2>&1 || fail "the C tests"
echo "  sanitized: $(tail -n 1 "$out/log")"

mkdir -p "$out/examples"
for example in hello config deferred stats embed events files upload event_loop; do
    build "examples/$example" "c_examples/$example.c"
done
tests/c/examples.sh "$out" >"$out/log" 2>&1 || fail "the examples"
echo "  sanitized: $(grep -c '^  examples:' "$out/log") examples"

build http_responder_mt c_examples/http_responder_mt.c c_examples/http_responder_main.c c_examples/background.c \
    c_examples/admin/*.c c_examples/top/*.c
mkfifo "$out/line.$$"
# The leak check traces the process from a fork of it, which the sandbox does not let it have.
"$out/http_responder_mt" 0 127.0.0.1 -w 2 --sandbox off >"$out/line.$$" 2>"$out/log" &
server=$!
read -r line <"$out/line.$$"
rm "$out/line.$$"
python3 tests/c/thousand_requests.py "$line" >>"$out/log" 2>&1 || fail "the requests"
kill -TERM "$server"
wait "$server" || fail "the binary"
echo "  sanitized: the binary over 1,000 requests and SIGTERM"
