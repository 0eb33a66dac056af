#!/usr/bin/env bash
# Two builds in two folders of different length give the same octets.
# usage: reproducible.sh SCRATCH
set -eu -o pipefail
scratch=$(realpath --canonicalize-missing "$1")
cd "$(dirname "$0")/../.."
unset MAKEFLAGS MFLAGS MAKEOVERRIDES BUILD CARGO_TARGET_DIR
SOURCE_DATE_EPOCH=$(git log -1 --format=%ct)
export SOURCE_DATE_EPOCH

build() { # FOLDER
    rm -rf "$1"
    mkdir -p "$1"
    git ls-files -z --cached --others --exclude-standard | xargs -0 cp --parents --no-dereference -t "$1"
    (cd "$1" && deploy/build/release.sh make build) >"$1.log" 2>&1 || { tail -n 30 "$1.log" >&2; exit 1; }
    (cd "$1/build" && sha256sum http_responder http_responder_mt lib/libhttp_responder.so lib/libhttp_responder.a) >"$1.sums"
}

build "$scratch/one"
build "$scratch/another-folder-with-a-longer-name/of/it"
if ! diff "$scratch/one.sums" "$scratch/another-folder-with-a-longer-name/of/it.sums" >&2; then
    echo "reproducible: < one build, > the other" >&2
    exit 1
fi
! grep -rlaF "$scratch" "$scratch/one/build/http_responder_mt" "$scratch/one/build/lib/"*.so >&2 ||
    { echo "reproducible: a folder of this machine is in it" >&2; exit 1; }
sed 's/^/  reproducible: /' "$scratch/one.sums"
rm -rf "$scratch"
