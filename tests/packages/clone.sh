#!/bin/sh
# What the README says of Python, done: a clean clone, `pip install ./python` into a fresh environment, and the
# programs of the READMEs typed into its interpreter.
# usage: clone.sh [PYTHON]
set -eu
here=$(cd "$(dirname "$0")/../.." && pwd)
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
git clone --quiet --no-hardlinks "$here" "$folder/clone"
cd "$folder/clone"
"${1:-python3}" -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check ./python
for readme in README.md python/README.md; do
    sed -n '/^```python$/,/^```$/p' "$readme" | sed '/^```/d' >"$folder/program"
    [ -s "$folder/program" ] || { echo "clone: $readme shows no program" >&2; exit 1; }
    (cd "$folder" && { cat program; echo; } | PYTHON_BASIC_REPL=1 venv/bin/python -i -q -W error >said 2>errors)
    if grep -q Error "$folder/errors" || ! grep -q '^http://127.0.0.1:[0-9]*/hello/' "$folder/said"; then
        cat "$folder/said" "$folder/errors" >&2
        exit 1
    fi
    echo "  $readme: typed, answers"
done
