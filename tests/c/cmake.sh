#!/usr/bin/env bash
# find_package(http_responder) finds what `make install` has put in its place, and a C and a C++
# program build against it, shared and static.
set -eu -o pipefail
cd "$(dirname "$0")/../.."
# shellcheck source=tests/c/skip.sh
. tests/c/skip.sh

if ! command -v cmake >/dev/null; then
    skip "the CMake package" "there is no cmake"
    exit 0
fi
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

"${MAKE:-make}" --no-print-directory install CARGO=false CC=false PREFIX="$scratch/usr" \
    LIBDIR="$scratch/usr/lib/odd" DESTDIR= LDCONFIG=true >"$scratch/log" 2>&1 || { cat "$scratch/log" >&2; exit 1; }
version=$(sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -n 1)

cat >"$scratch/CMakeLists.txt" <<CMAKE
cmake_minimum_required(VERSION 3.16)
project(uses_it C CXX)
set(CMAKE_CXX_STANDARD 17)
find_package(http_responder ${version%.*} REQUIRED)
find_package(http_responder REQUIRED) # once more is no harm
add_executable(shared main.c)
target_link_libraries(shared PRIVATE http_responder::http_responder)
add_executable(static main.c)
target_link_libraries(static PRIVATE http_responder::static)
add_executable(wrapped main.cpp)
target_link_libraries(wrapped PRIVATE http_responder::http_responder)
CMAKE
cp c_examples/config.c "$scratch/main.c"
cat >"$scratch/main.cpp" <<'CPP'
#include <http_responder.hpp>
int main()
{
    http_responder::config config;
    config.set("keep_alive_timeout", "20s");
    std::printf("keep_alive_timeout = %s\n", config.get("keep_alive_timeout").c_str());
}
CPP
build() {
    cmake -S "$scratch" -B "$scratch/build" "$@" >"$scratch/log" 2>&1
}
{ build -DCMAKE_PREFIX_PATH="$scratch/usr/lib/odd/cmake" && cmake --build "$scratch/build" >>"$scratch/log" 2>&1; } ||
    { cat "$scratch/log" >&2; exit 1; }
for program in shared static; do
    "$scratch/build/$program" --keep-alive-timeout 20s | grep -q '^keep_alive_timeout = 20s$'
done
"$scratch/build/wrapped" | grep -q '^keep_alive_timeout = 20s$'

# Another major version is refused, and so is half an installation.
rm -rf "$scratch/build"
sed -i "s/find_package(http_responder ${version%.*}/find_package(http_responder 99/" "$scratch/CMakeLists.txt"
if build -DCMAKE_PREFIX_PATH="$scratch/usr/lib/odd/cmake"; then echo "cmake: version 99 was found" >&2; exit 1; fi
sed -i "s/find_package(http_responder 99/find_package(http_responder/" "$scratch/CMakeLists.txt"
rm "$scratch/usr/include/http_responder.h"
if build -DCMAKE_PREFIX_PATH="$scratch/usr/lib/odd/cmake"; then echo "cmake: half of it was found" >&2; exit 1; fi
grep -q 'http_responder.h is missing' "$scratch/log"
echo "  cmake: find_package finds it, C and C++ programs build, shared and static"
