#!/usr/bin/env bash
# Builds the Debian packages from a copy of the sources, in which deploy/debian is debian/.
# usage: deb.sh OUT VERSION
set -eu -o pipefail
out=$1
version=$2
cd "$(dirname "$0")/../.."

for tool in dpkg-buildpackage dh; do
    command -v "$tool" >/dev/null || {
        echo "deb: $tool is missing (apt-get install dpkg-dev debhelper)" >&2
        exit 1
    }
done
head -n 1 deploy/debian/changelog | grep -q "($version-" || {
    echo "deb: deploy/debian/changelog begins with another version than $version of Cargo.toml" >&2
    exit 1
}

source=$out/http-responder-$version
# What was said to the make that called this is not for the one in rules.
unset MAKEFLAGS MFLAGS MAKEOVERRIDES BUILD
export CARGO_TARGET_DIR=$out/target
rm -rf "$source" "$out"/*.deb "$out"/*.changes "$out"/*.buildinfo
mkdir -p "$source"
git ls-files -z --cached --others --exclude-standard | xargs -0 --replace=FILE \
    sh -c '[ ! -e "$1" ] || cp --parents --no-dereference --preserve=mode,timestamps "$1" "$2"' _ FILE "$source"
cp -r deploy/debian "$source/debian"

cd "$source"
dpkg-buildpackage --build=binary --unsigned-changes --no-check-builddeps >"$out/log" 2>&1 || {
    tail -n 40 "$out/log" >&2
    echo "deb: the build failed, all of it is in $out/log" >&2
    exit 1
}
cd "$out"
ls -l -- *.deb
