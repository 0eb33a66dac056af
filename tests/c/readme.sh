#!/usr/bin/env bash
# What the README shows of the binary is what it prints and answers.
# usage: readme.sh BUILD
set -eu -o pipefail
build=$(realpath "$1")
cd "$(dirname "$0")/../.."
# shellcheck source=tests/c/program.sh
. tests/c/program.sh

session=$(sed -n '/^```console$/,/^```$/p' README.md)
command=$(sed -n 's/^\$ build\///p' <<<"$session")
[ "$command" = "http_responder_mt 8080 127.0.0.1 -w 4" ]
shown=$(sed -n '/^\$ build/{n;p}' <<<"$session")

mkfifo "$scratch/line"
"$build/http_responder_mt" 0 127.0.0.1 -w 4 >"$scratch/line" 2>/dev/null &
server=$!
read -r line <"$scratch/line"
port=$(sed -n 's/.*127\.0\.0\.1:\([0-9]*\).*/\1/p' <<<"$line")
# The capacity behind it depends on what this machine allows.
[ "${line%%,*}" = "$(sed "s/:8080/:$port/; s/,.*//" <<<"$shown")" ] ||
    { echo "readme: it shows \"$shown\", the program says \"$line\"" >&2; exit 1; }

# But for the date, the answer is the one that is shown.
shown=$(sed -n '/^\$ curl/,/^```$/p' <<<"$session" | grep -v -e '^\$' -e '^```' -e '^Date: ')
answer=$(answer "$port" /banner.gif --include --output - | head -4 | tr -d '\r' | grep -v '^Date: ')
[ "$answer" = "$shown" ] ||
    { echo "readme: it shows \"$shown\", the program answers \"$answer\"" >&2; exit 1; }
end 0
echo "  readme: the binary says and answers what is shown"
