#!/bin/sh
# Installs the wheel of a folder into a fresh environment of every CPython from 3.9 on that is there
# (PYTHONS says which; pyenv's are found), and asks a server of each.
set -eu
wheel=$(ls "$1"/http_responder-*.whl)
size=$(wc -c <"$wheel")
echo "$(basename "$wheel"): $size octets"
[ "$size" -lt 3000000 ] || { echo "wheel: expected fewer than 3000000 octets" >&2; exit 1; }
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cat >"$folder/ask.py" <<'PROGRAM'
import asyncio, sys, urllib.request
import http_responder
from http_responder import Server, aio, asgi, faults, testing, wsgi

with testing.Server(port=0) as server:
    server.expect("/x", query={"a": "b"}, times=1).respond_with_json({"c": 1}, faults=faults.delay(0.01))
    assert urllib.request.urlopen(server.url_for("/x?a=b")).read() == b'{"c":1}'
    server.route("/lines")(lambda request: iter(["a", "b"]))
    assert urllib.request.urlopen(server.url_for("/lines")).read() == b"ab"
    server.check()

async def main():
    async with aio.Server(port=0) as server:
        @server.route("/x")
        async def answer(request):
            return request.query["a"]

        ask = lambda: urllib.request.urlopen(server.url_for("/x?a=b")).read()
        assert await asyncio.get_running_loop().run_in_executor(None, ask) == b"b"

asyncio.run(main())
free = hasattr(sys, "_is_gil_enabled") and not sys._is_gil_enabled()
print("CPython", sys.version.split()[0], "free-threaded" if free else "", "passed")
PROGRAM
tried=0
for python in ${PYTHONS:-python3.9 python3.10 python3.11 python3.12 python3.13 python3.14 \
    "${PYENV_ROOT:-$HOME/.pyenv}"/versions/3.*/bin/python}; do
    "$python" -c 'import sys; sys.exit(sys.version_info < (3, 9))' 2>/dev/null || continue
    environment=$folder/$tried
    "$python" -m venv "$environment"
    "$environment/bin/pip" install --quiet --disable-pip-version-check "$wheel"
    "$environment/bin/python" -W error "$folder/ask.py" 2>"$folder/said" || { cat "$folder/said" >&2; exit 1; }
    tried=$((tried + 1))
done
[ "$tried" -gt 0 ] || { echo "wheel: no CPython from 3.9 on was found" >&2; exit 1; }
echo "$tried passed, 0 failed"
