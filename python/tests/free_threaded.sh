#!/usr/bin/env bash
# The package on a free-threaded CPython: a wheel built for it (abi3 wheels do not load there), and the tests of
# python/tests as far as their requirements are to be had there.
# usage: free_threaded.sh PYTHON BUILD
set -eu -o pipefail
python=$1
build=$2
cd "$(dirname "$0")/../.."
[ -x "$python" ] || exit 0
"$python" -c 'import sys, sysconfig; sys.exit(not sysconfig.get_config_var("Py_GIL_DISABLED"))' ||
    { echo "free-threaded: expected a free-threaded CPython, got $("$python" -VV)" >&2; exit 1; }

wheels=$build/free-threaded-wheels
venv=$build/free-threaded-venv
"$build/venv/bin/pip" install --quiet --disable-pip-version-check 'maturin>=1.9.4,<2'
rm -rf "$wheels"
(cd python && "$build/venv/bin/maturin" build --release --locked --out "$wheels" --interpreter "$python")
"$python" -m venv --clear "$venv"
pip() { "$venv/bin/pip" install --quiet --disable-pip-version-check "$@"; }
pip --no-index --find-links "$wheels" http_responder
pip pytest==9.2.0
# One by one: some are not built for it.
while read -r requirement; do
    pip --only-binary :all: "$requirement" 2>/dev/null || echo "  free-threaded: without $requirement"
done <python/tests/requirements.txt
# The GIL stays off, whatever other modules want: those that are not made for it say so in a warning.
PYTHON_GIL=0 "$venv/bin/python" -m pytest -q python/tests
