#!/usr/bin/env bash
# The program on the header's first page and that of the README compile, link, and answer.
# usage: manual.sh BUILD
set -eu -o pipefail
build=$(realpath "$1")
cd "$(dirname "$0")/../.."
# shellcheck source=tests/c/program.sh
. tests/c/program.sh

flags=$(PKG_CONFIG_PATH="$build/lib/pkgconfig" pkg-config --cflags --libs http_responder)
port=$(free_port)

# As it is printed; then, to be run, with a port that is free.
compile() { # NAME
    local source=$scratch/$1.c
    [ "$(grep -c . "$source")" -ge 15 ] || { echo "manual: $1: where is the program?" >&2; return 1; }
    for _ in printed runnable; do
        # shellcheck disable=SC2086 # the flags are several words
        "${CC:-cc}" -std=c11 -Wall -Wextra -Wpedantic -Werror "$source" -o "$scratch/$1" \
            -Wl,-rpath,"$build/lib" $flags
        sed -i "s/127.0.0.1:8080/127.0.0.1:$port/" "$source"
    done
}

# Its lines stand between EXAMPLE and OWNERSHIP, behind " *     ".
sed -n '/^ \* EXAMPLE/,/^ \* OWNERSHIP/p' include/http_responder.h |
    sed -n 's/^ \*     //p; s/^ \*$//p' >"$scratch/header.c"
compile header
serve "$scratch/header"
expect "$(answer "$port" /hello/reader)" reader
end 0
echo "  manual: the header's program answers, and drains at SIGTERM"

sed -n '/^```c$/,/^```$/p' README.md | sed '/^```/d' >"$scratch/readme.c"
compile readme
serve "$scratch/readme"
expect "$(answer "$port" /hello)" hello
# It asks for no signals, so SIGTERM does what it does to any program.
end 143
echo "  manual: the README's program answers"
