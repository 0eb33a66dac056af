#!/usr/bin/env bash
# The oldest versions of direct dependencies that Cargo.toml allows are enough: the workspace is checked with
# them, in a copy. The lowest Rust that Cargo.toml states is used where rustup has it, else any.
# usage: minimal.sh TARGET
set -eu -o pipefail
target=$(realpath --canonicalize-missing "$1")
cd "$(dirname "$0")/../.."
# shellcheck source=tests/c/skip.sh
. tests/c/skip.sh

stated=$(sed -n 's/^rust-version = "\(.*\)"/\1/p' Cargo.toml)
if cargo "+$stated" --version >/dev/null 2>&1; then
    cargo "+$stated" check --locked --workspace --target-dir "$target/msrv"
    echo "  minimal: builds with Rust $stated"
else
    skip msrv "no toolchain of Rust $stated here (rustup toolchain install $stated)"
fi

cargo +nightly --version >/dev/null 2>&1 || { skip minimal "no nightly toolchain, which alone can resolve to them"; exit 0; }
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
git ls-files -z --cached --others --exclude-standard rust bindings Cargo.toml Cargo.lock |
    xargs -0 cp --parents -t "$scratch"
cd "$scratch"
cargo +nightly -Z direct-minimal-versions generate-lockfile >log 2>&1 || { cat log >&2; exit 1; }
cargo +nightly check --locked --workspace --target-dir "$target/minimal" >log 2>&1 || {
    tail -n 40 log >&2
    echo "minimal: a lower bound in Cargo.toml is too low" >&2
    exit 1
}
echo "  minimal: builds with the oldest direct dependencies that Cargo.toml allows"
