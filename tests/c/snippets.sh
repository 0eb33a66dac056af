#!/usr/bin/env bash
# The programs of docs/embedding.md and docs/cpp.md, put together from their blocks, compile and do
# what the pages say.
# usage: snippets.sh BUILD
set -eu -o pipefail
build=$(realpath "$1")
cd "$(dirname "$0")/../.."
# shellcheck source=tests/c/program.sh
. tests/c/program.sh

flags=$(PKG_CONFIG_PATH="$build/lib/pkgconfig" pkg-config --cflags --libs http_responder)
warnings=(-Wall -Wextra -Wpedantic -Werror -pthread -Wl,-rpath,"$build/lib")

blocks() { # LANGUAGE PAGE
    sed -n "/^\`\`\`$1\$/,/^\`\`\`\$/p" "docs/$2" | grep -v '^```'
}

both() {
    expect "$(answer "$port" /hello/reader)" reader
    expect "$(answer "$port" /later)" /later
    answer "$port" /numbers >"$scratch/numbers"
    seq 100000 | cmp - "$scratch/numbers"
    expect "$(answer "$port" /lines --upload-file "$scratch/numbers")" "100000 lines"
}

blocks c embedding.md >"$scratch/page.c"
# shellcheck disable=SC2086 # the flags are several words
"${CC:-cc}" -std=c11 -D_DEFAULT_SOURCE "${warnings[@]}" -Iinclude "$scratch/page.c" -o "$scratch/c_page" $flags
port=$(free_port)
serve "$scratch/c_page" "127.0.0.1:$port"
both
answer "$port" /file | cmp - "$scratch/c_page"
expect "$(answer "$port" /file --range 1-3)" ELF
expect "$(answer "$port" /visit)" "visit 1"
expect "$(answer "$port" /visit)" "visit 2"
end 0
echo "  snippets: docs/embedding.md does what it says"

blocks cpp cpp.md >"$scratch/page.cpp"
# shellcheck disable=SC2086
"${CXX:-c++}" -std=c++17 "${warnings[@]}" -Iinclude "$scratch/page.cpp" -o "$scratch/cpp_page" $flags
port=$(free_port)
serve "$scratch/cpp_page" "127.0.0.1:$port" 2>"$scratch/stderr"
both
expect "$(answer "$port" /health)" healthy
expect "$(answer "$port" /echo --data "some text")" "some text"
expect "$(answer "$port" /broken --include)" " 500 "
expect "$(cat "$scratch/stderr")" "a handler threw: the client gets a 500"
end 0
expect "$(cat "$scratch/stdout")" " requests"
echo "  snippets: docs/cpp.md does what it says"
