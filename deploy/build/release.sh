#!/usr/bin/env bash
# Runs a command that builds what is shipped, so that it comes out the same wherever it is built: names of
# folders of this machine replaced, times from the sources.
# usage: release.sh COMMAND...
set -eu -o pipefail
cd "$(dirname "$0")/../.."

cargo_home=${CARGO_HOME:-$HOME/.cargo}
target=${CARGO_TARGET_DIR:-target}
target=$(realpath --canonicalize-missing "$target")

# The last of those that fit holds, so the inner folders come last.
export RUSTFLAGS="${RUSTFLAGS:-} --remap-path-prefix=$cargo_home=/usr/src/cargo \
--remap-path-prefix=$PWD=/usr/src/http_responder --remap-path-prefix=$target=/usr/src/target"

map="-ffile-prefix-map=$cargo_home=/usr/src/cargo -ffile-prefix-map=$PWD=/usr/src/http_responder \
-ffile-prefix-map=$target=/usr/src/target"
# Crates that bring C with them; the Makefile keeps CFLAGS from them.
export HOST_CFLAGS="${HOST_CFLAGS:-} $map" TARGET_CFLAGS="${TARGET_CFLAGS:-} $map"
export LC_ALL=C TZ=UTC ZERO_AR_DATE=1
if [ -z "${SOURCE_DATE_EPOCH:-}" ]; then
    SOURCE_DATE_EPOCH=$(git log -1 --format=%ct 2>/dev/null || stat -c %Y CHANGELOG.md)
    export SOURCE_DATE_EPOCH
fi
exec "$@"
