#!/usr/bin/env bash
# The ABI is the one that is committed: exported symbols, the types of functions and callbacks, the size of each
# public struct, the offset of each member, the number of each constant. UPDATE_ABI=1 writes what it is now;
# where a program that was built before would break, only with another HR_ABI_VERSION.
# usage: abi.sh BUILD
set -eu -o pipefail
library=$(realpath "$1")/lib/libhttp_responder.so
cd "$(dirname "$0")/../.."
committed=tests/c/abi.txt

[ "$(uname -m)" = x86_64 ] || { echo "  abi: SKIPPED, the list is of x86_64"; exit 0; }
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

python3 tests/c/abi.py current include/http_responder.h "$library" >"$scratch/abi.txt"

# One number everywhere.
number() { sed -n 's/^value HR_ABI_VERSION //p' "$1"; }
version=$(number "$scratch/abi.txt")
grep -qx "SOVERSION := $version" Makefile || { echo "abi: SOVERSION of the Makefile is not $version" >&2; exit 1; }
readelf -d "$library" | grep -q "SONAME.*\[libhttp_responder\.so\.$version\]" ||
    { echo "abi: the soname is not libhttp_responder.so.$version" >&2; exit 1; }
grep -qx "Package: libhttp-responder$version" deploy/debian/control ||
    { echo "abi: the Debian package is not libhttp-responder$version" >&2; exit 1; }

if [ "$version" = "$(number "$committed")" ] &&
    ! python3 tests/c/abi.py breaks "$committed" "$scratch/abi.txt" >"$scratch/breaks"; then
    cat "$scratch/breaks" >&2
    echo "abi: programs that were built before would break: that wants another HR_ABI_VERSION (bindings/c/src/lib.rs)," >&2
    echo "abi: soname (bindings/c/build.rs), SOVERSION (Makefile), Debian package and a new version" >&2
    exit 1
fi
if [ -n "${UPDATE_ABI:-}" ]; then
    cp "$scratch/abi.txt" "$committed"
fi
# What is new is no break, but it is to be seen in a commit.
diff "$committed" "$scratch/abi.txt" >&2 || {
    echo "abi: < committed in $committed, > built; where that is meant: UPDATE_ABI=1 tests/c/abi.sh BUILD" >&2
    exit 1
}
echo "  abi: $(grep -c '^symbol' "$committed") symbols, $(grep -c '^struct' "$committed") structs, $(grep -c '^value' "$committed") constants are the committed ones"
