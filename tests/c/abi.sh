#!/usr/bin/env bash
# The ABI is the one that is committed: exported symbols, the size of each public struct, the offset
# of each member, the number of each constant. UPDATE_ABI=1 writes what it is now.
# usage: abi.sh BUILD
set -eu -o pipefail
library=$(realpath "$1")/lib/libhttp_responder.so
cd "$(dirname "$0")/../.."
committed=tests/c/abi.txt

[ "$(uname -m)" = x86_64 ] || { echo "  abi: SKIPPED, the list is of x86_64"; exit 0; }
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

python3 - include/http_responder.h >"$scratch/layout.c" <<'PYTHON'
import re, sys

text = re.sub(r"//[^\n]*|/\*.*?\*/", "", open(sys.argv[1]).read(), flags=re.DOTALL)
print('#include <http_responder.h>\n#include <stdio.h>\nint main(void)\n{')
for name, body in re.findall(r"enum (hr_\w+)[^{;]*\{(.*?)\};", text, re.DOTALL):
    print(f'    printf("type {name} %zu\\n", sizeof({name}));')
    for value in re.findall(r"\b(HR_\w+)\s*=", body):
        print(f'    printf("value {value} %lld\\n", (long long){value});')
for body, name in re.findall(r"typedef struct(?: \w+)? \{(.*?)\} (hr_\w+);", text, re.DOTALL):
    print(f'    printf("struct {name} %zu\\n", sizeof({name}));')
    for member in re.findall(r"(\w+);", body):
        print(f'    printf("member {name}.{member} %zu %zu\\n", offsetof({name}, {member}), sizeof((({name} *)0)->{member}));')
for value in re.findall(r"#define (HR_\w+) \d+", text):
    print(f'    printf("value {value} %lld\\n", (long long){value});')
print('    return 0;\n}')
PYTHON
"${CC:-cc}" -std=c11 -Iinclude "$scratch/layout.c" -o "$scratch/layout"
{
    nm -D --defined-only "$library" | awk '{print "symbol " $3}' | LC_ALL=C sort
    "$scratch/layout"
} >"$scratch/abi.txt"
if [ -n "${UPDATE_ABI:-}" ]; then
    cp "$scratch/abi.txt" "$committed"
fi
# What is new is no break, but it is to be seen in a commit.
diff "$committed" "$scratch/abi.txt" >&2 || {
    echo "abi: < committed in $committed, > built; where that is meant: UPDATE_ABI=1 tests/c/abi.sh BUILD," >&2
    echo "abi: and a new HR_ABI_VERSION and soname where a program built before would break" >&2
    exit 1
}
echo "  abi: $(grep -c '^symbol' "$committed") symbols, $(grep -c '^struct' "$committed") structs, $(grep -c '^value' "$committed") constants are the committed ones"
