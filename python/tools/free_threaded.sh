#!/usr/bin/env bash
# A free-threaded CPython (PEP 703) for tests, built from its sources: no package of a distribution has one that
# would be there on every machine. Says that it is skipped where the sources are not to be had.
# usage: free_threaded.sh PREFIX
set -eu -o pipefail
prefix=$1
version=3.14.7
sha256=3b48dac8fb59f62eaa67ac83c1eb12bda1b7a08406dd286e252c11a66be27f81
[ ! -x "$prefix/bin/python3" ] || exit 0

say() { echo "  free-threaded: $*"; }

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
fetch() { # URL
    curl --silent --fail --location --max-time 300 --output sources "$1" && echo "$sha256  sources" | sha256sum --check --quiet
}
fetch "https://www.python.org/ftp/python/$version/Python-$version.tar.xz" ||
    fetch "http://deb.debian.org/debian/pool/main/p/python3.14/python3.14_$version.orig.tar.xz" ||
    { say "SKIPPED, the sources of CPython $version are not to be had (FREE=PREFIX names one that is there)"; exit 0; }
if command -v apt-get >/dev/null && [ "$(id -u)" = 0 ]; then
    apt-get install -qq -y --no-install-recommends gcc make libssl-dev libffi-dev zlib1g-dev >/dev/null 2>&1 </dev/null || true
fi
tar xf sources
cd "Python-$version"
say "building CPython $version into $prefix, some minutes"
# What no test needs.
cat >Modules/Setup.local <<'SETUP'
*disabled*
_codecs_cn _codecs_hk _codecs_iso2022 _codecs_jp _codecs_kr _codecs_tw _multibytecodec
_curses _curses_panel _dbm _gdbm _tkinter readline _decimal _lsprof
SETUP
{ ./configure -q --disable-gil --disable-test-modules --prefix="$prefix" OPT="-O1 -DNDEBUG" &&
    make -s -j"$(nproc)" && make -s install; } >"$work/log" 2>&1 </dev/null || { tail -n 20 "$work/log" >&2; exit 1; }
"$prefix/bin/python3" -VV
