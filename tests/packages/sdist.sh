#!/usr/bin/env bash
# The sdist is enough to build the module from, in a folder and a venv of its own; it answers then.
# usage: sdist.sh DIST
set -eu -o pipefail
dist=$(realpath "$1")
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cd "$scratch"

"${PYTHON:-python3}" -m venv venv
CARGO_TARGET_DIR=$scratch/target venv/bin/pip install --quiet --disable-pip-version-check "$dist"/http_responder-*.tar.gz
venv/bin/python - <<'PYTHON'
import urllib.request

from http_responder import Server

with Server(port=0) as server:
    with urllib.request.urlopen(f"http://{server.address}/a.gif", timeout=10) as answer:
        assert answer.status == 200 and answer.headers["Content-Type"] == "image/gif"
PYTHON
echo "  sdist: built, installed, answers"
