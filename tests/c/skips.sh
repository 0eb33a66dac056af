#!/usr/bin/env bash
# CI is not green without the suites whose tools it could have installed.
set -eu -o pipefail
cd "$(dirname "$0")"

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
bin=$scratch/bin
mkdir "$bin"

# A machine without any of the tools, on which installing fails.
machine() { # UID
    printf '#!%s\necho %s\n' "$BASH" "$1" >"$bin/id"
    printf '#!%s\nexit 1\n' "$BASH" >"$bin/apt-get"
    chmod +x "$bin/id" "$bin/apt-get"
    : >"$scratch/skipped"
}

tools() { # CI
    local status=0
    CI=$1 HR_SKIPPED=$scratch/skipped PATH=$bin "$BASH" ./tools.sh >"$scratch/log" 2>&1 || status=1
    grep -q 'valgrind\|wrk\|ab\|strace\|curl' "$scratch/skipped" || status=9
    return $status
}

wrong() {
    cat "$scratch/log" >&2
    echo "skips: $1" >&2
    exit 1
}

machine 0
if tools yes; then wrong "CI was content without tools that it may install"; fi
tools "" || wrong "a developer's machine may lack a tool"
[ "$(wc -l <"$scratch/skipped")" -ge 5 ] || wrong "not every missing tool was noted"
machine 1000
tools yes || wrong "what cannot be installed is only noted"
rm "$bin/apt-get"
tools yes || wrong "what cannot be installed is only noted"
echo "  skips: a missing tool fails CI where it could be installed, and is noted elsewhere"
