#!/usr/bin/env bash
# `make install` puts everything in its place, and a program builds against it and finds it.
set -eu -o pipefail
cd "$(dirname "$0")/../.."

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

"${MAKE:-make}" --no-print-directory install PREFIX=/usr LIBDIR=/usr/lib/odd DESTDIR="$scratch/root" \
    >"$scratch/log" 2>&1 || { cat "$scratch/log" >&2; exit 1; }
root=$scratch/root/usr
for file in bin/http_responder bin/http_responder_mt include/http_responder.h \
    lib/odd/libhttp_responder.so lib/odd/libhttp_responder.so.0 lib/odd/libhttp_responder.a \
    lib/odd/pkgconfig/http_responder.pc; do
    [ -e "$root/$file" ] || { echo "install: $file is missing" >&2; exit 1; }
done
if grep -rIl -e "$PWD" -e "$scratch" "$root" | grep .; then
    echo "install: a path of the build machine was installed" >&2
    exit 1
fi

export PKG_CONFIG_PATH=$root/lib/odd/pkgconfig PKG_CONFIG_SYSROOT_DIR=$scratch/root
# shellcheck disable=SC2046 # the flags are several words
"${CC:-cc}" -std=c11 c_examples/config.c -o "$scratch/config" $(pkg-config --cflags --libs http_responder)
LD_LIBRARY_PATH=$root/lib/odd "$scratch/config" --keep-alive-timeout 20s | grep -q '^keep_alive_timeout = 20s$'
# shellcheck disable=SC2046
"${CC:-cc}" -std=c11 -static c_examples/config.c -o "$scratch/static" \
    $(pkg-config --static --cflags --libs http_responder) 2>"$scratch/log" || { cat "$scratch/log" >&2; exit 1; }
"$scratch/static" | grep -q '^keep_alive_timeout = 30s$'
echo "  install: everything is in its place, a program links it both ways"
