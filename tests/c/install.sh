#!/usr/bin/env bash
# `make install` puts what was built in its place, builds nothing itself, and a program builds
# against it and finds it.
set -eu -o pipefail
cd "$(dirname "$0")/../.."

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# With every compiler broken: root, who installs, may have none.
install() {
    "${MAKE:-make}" --no-print-directory install CARGO=false CC=false "$@" >"$scratch/log" 2>&1
}

fail() {
    cat "$scratch/log" >&2
    echo "install: $1" >&2
    exit 1
}

if install BUILD="$scratch/nothing" DESTDIR="$scratch/root"; then fail "there was nothing to install"; fi
grep -q 'run make first' "$scratch/log" || fail "it does not say what to do first"
[ ! -e "$scratch/root" ] || fail "it installed half"

install PREFIX="$scratch/here" DESTDIR= LDCONFIG="touch $scratch/ldconfig" || fail "it failed"
if [ "$(id -u)" = 0 ]; then
    [ -e "$scratch/ldconfig" ] || fail "the linker was not told"
else
    grep -q 'run ldconfig' "$scratch/log" || fail "nobody was told to run ldconfig"
fi
rm -rf "$scratch/here" "$scratch/ldconfig"

install PREFIX=/usr LIBDIR=/usr/lib/odd DESTDIR="$scratch/root" LDCONFIG="touch $scratch/ldconfig" ||
    fail "it failed"
[ ! -e "$scratch/ldconfig" ] || fail "the linker of this machine was told about a package"
grep -q 'run ldconfig' "$scratch/log" || fail "nobody was told to run ldconfig"
root=$scratch/root/usr
for file in bin/http_responder bin/http_responder_mt include/http_responder.h include/http_responder.hpp \
    lib/odd/cmake/http_responder/http_responder-config.cmake \
    lib/odd/libhttp_responder.so lib/odd/libhttp_responder.so.0 lib/odd/libhttp_responder.a \
    lib/odd/pkgconfig/http_responder.pc share/man/man8/http_responder_mt.8 share/man/man8/http_responder.8 \
    share/man/man5/http_responder.toml.5 share/man/man3/libhttp_responder.3 \
    share/bash-completion/completions/http_responder share/fish/vendor_completions.d/http_responder.fish \
    share/zsh/vendor-completions/_http_responder_mt; do
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
