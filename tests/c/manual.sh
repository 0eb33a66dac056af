#!/usr/bin/env bash
# The program on the header's first page compiles, links, and answers.
# usage: manual.sh BUILD
set -eu -o pipefail
build=$(realpath "$1")
cd "$(dirname "$0")/../.."

scratch=$(mktemp -d)
server=
finish() {
    [ -z "$server" ] || kill "$server" 2>/dev/null || true
    rm -rf "$scratch"
}
trap finish EXIT

# Its lines stand between EXAMPLE and OWNERSHIP, behind " *     ".
sed -n '/^ \* EXAMPLE/,/^ \* OWNERSHIP/p' include/http_responder.h |
    sed -n 's/^ \*     //p; s/^ \*$//p' >"$scratch/hello.c"
[ "$(grep -c . "$scratch/hello.c")" -ge 20 ]

flags=$(PKG_CONFIG_PATH="$build/lib/pkgconfig" pkg-config --cflags --libs http_responder)
# shellcheck disable=SC2086 # the flags are several words
"${CC:-cc}" -std=c11 -Wall -Wextra -Wpedantic -Werror "$scratch/hello.c" -o "$scratch/hello" \
    -Wl,-rpath,"$build/lib" $flags
echo "  manual: the example compiles"

# A port that was free a moment ago, in place of the manual's.
port=$(python3 -c 'import socket; s = socket.create_server(("127.0.0.1", 0)); print(s.getsockname()[1])')
sed -i "s/8080/$port/" "$scratch/hello.c"
# shellcheck disable=SC2086
"${CC:-cc}" -std=c11 "$scratch/hello.c" -o "$scratch/hello" -Wl,-rpath,"$build/lib" $flags
"$scratch/hello" &
server=$!
answer=$(curl --silent --show-error --max-time 30 --retry 100 --retry-connrefused --retry-delay 0 \
    --retry-max-time 30 "http://127.0.0.1:$port/hello/reader")
[ "$answer" = reader ]
kill "$server"
wait "$server"
server=
echo "  manual: the example answers, and drains at SIGTERM"
