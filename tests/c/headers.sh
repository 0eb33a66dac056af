#!/usr/bin/env bash
# The header stands alone, may be included twice, and is clean C99, C11 and C++17.
set -eu -o pipefail
cd "$(dirname "$0")/../.."

warnings=(-Wall -Wextra -Wpedantic -Werror)
source='#include "http_responder.h"
#include "http_responder.h"
int uses_it(void);
int uses_it(void) { return (int)hr_abi_version(); }'

compiles() { # LANGUAGE STANDARD COMPILER
    "$3" -x "$1" -std="$2" "${warnings[@]}" -Iinclude -fsyntax-only - <<<"$source"
    echo "  header: clean as $2"
}

compiles c c99 "${CC:-cc}"
compiles c c11 "${CC:-cc}"
compiles c++ c++17 "${CXX:-c++}"
