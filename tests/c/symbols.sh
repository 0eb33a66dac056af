#!/usr/bin/env bash
# The shared library exports what the header declares and nothing else, under the right soname.
# usage: symbols.sh BUILD
set -eu -o pipefail
library=$(realpath "$1")/lib/libhttp_responder.so
cd "$(dirname "$0")/../.."

declared=$(grep -oE '^[a-z].*\bhr_[a-z_]+\(' include/http_responder.h | grep -v '^typedef' |
    grep -oE 'hr_[a-z_]+\($' | tr -d '(' | sort -u)
exported=$(nm -D --defined-only "$library" | awk '{print $3}' | sort -u)

diff <(echo "$declared") <(echo "$exported") >&2 || {
    echo "symbols: < declared in the header, > exported by the library" >&2
    exit 1
}
readelf -d "$library" | grep -q 'SONAME.*\[libhttp_responder\.so\.0\]'
echo "  symbols: $(wc -l <<<"$exported") functions declared and exported, soname libhttp_responder.so.0"
