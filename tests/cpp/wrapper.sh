#!/usr/bin/env bash
# The C++ wrapper stands alone, is clean for every C++ compiler there is, and works over a socket.
# usage: wrapper.sh BUILD
set -eu -o pipefail
build=$(realpath "$1")
cd "$(dirname "$0")/../.."
# shellcheck source=tests/c/skip.sh
. tests/c/skip.sh

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

for compiler in g++ clang++; do
    if ! command -v "$compiler" >/dev/null; then
        skip "the C++ wrapper with $compiler" "it is not there"
        continue
    fi
    for standard in c++17 c++20; do
        "$compiler" -std="$standard" -Wall -Wextra -Wpedantic -Wshadow -Werror -Iinclude -pthread -g \
            tests/cpp/wrapper.cpp -o "$scratch/wrapper" -L"$build/lib" -lhttp_responder \
            -Wl,-rpath,"$build/lib"
    done
    "$scratch/wrapper" 2>"$scratch/stderr" || { cat "$scratch/stderr" >&2; exit 1; }
    [ "$(grep -c 'threw' "$scratch/stderr")" = 4 ] || { cat "$scratch/stderr" >&2; exit 1; }
    echo "  wrapper: clean and right with $compiler"
done
