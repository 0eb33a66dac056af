#!/bin/sh
# The flags with which relative relocations take a tenth of their room (150 kB of a program), where the linker can
# and the loader of this system takes them (glibc 2.36), else nothing.
# usage: packed.sh CC...
flags=-Wl,-z,pack-relative-relocs
program=$(mktemp) || exit 0
trap 'rm -f "$program"' EXIT
# One that has such relocations: a loader that does not know them does not start it.
echo 'static int a; int *b[64] = {&a, &a, &a, &a, &a}; int main(void) { return *b[4]; }' |
    "$@" -x c - -o "$program" "$flags" -Wl,--fatal-warnings >/dev/null 2>&1 && "$program" 2>/dev/null && echo "$flags"
exit 0
