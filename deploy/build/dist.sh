#!/usr/bin/env bash
# What is published beside packages, into one folder.
# usage: dist.sh crate|sdist|sbom OUT [VENV]
set -eu -o pipefail
what=$1
out=$(realpath --canonicalize-missing "$2")
venv=${3:+$(realpath "$3")}
cd "$(dirname "$0")/../.."
mkdir -p "$out"

# The archive of the engine, which is unpacked and built from there.
crate() {
    local target=${CARGO_TARGET_DIR:-target}/crate
    cargo package --locked --allow-dirty -p http_responder --target-dir "$target" >"$out/crate.log" 2>&1 || {
        tail -n 30 "$out/crate.log" >&2
        exit 1
    }
    ! grep '^warning' "$out/crate.log" >&2 || { echo "dist: cargo package has something to say" >&2; exit 1; }
    cp "$target"/package/http_responder-*.crate "$out/"
    rm -f "$out/crate.log"
}

sdist() {
    "$venv/bin/pip" install --quiet --disable-pip-version-check 'maturin>=1.9.4,<2'
    rm -f "$out"/http_responder-*.tar.gz
    (cd python && "$venv/bin/maturin" sdist --out "$out" >"$out/sdist.log" 2>&1) || { cat "$out/sdist.log" >&2; exit 1; }
    rm "$out/sdist.log"
}

# One list for each of what is shipped; cargo writes them beside the manifests.
sbom() {
    cargo cyclonedx --version >/dev/null 2>&1 || {
        echo "dist: cargo-cyclonedx is missing (cargo install --locked cargo-cyclonedx)" >&2
        exit 1
    }
    local folder
    SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct)} \
        cargo cyclonedx --format json --spec-version 1.5 --all --quiet
    for folder in rust bindings/c bindings/python; do mv "$folder"/*.cdx.json "$out/"; done
}

"$what"
ls -l "$out" | awk 'NR > 1 {print "  dist: " $9 ", " $5 " octets"}'
