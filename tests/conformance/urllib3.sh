#!/usr/bin/env bash
# What urllib3's own tests say of this package in place of their server: pools, redirects, retries, bodies of all
# kinds, TLS by certificates of theirs, HTTP/2. Their sources come from PyPI.
# usage: urllib3.sh SCRATCH PACKAGE    (PACKAGE: the folder of http_responder as it is installed)
set -eu -o pipefail
scratch=$(realpath --canonicalize-missing "$1")
package=$(realpath "$2")
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tests/c/skip.sh
. "$here/../c/skip.sh"
version=2.8.0
sources=$scratch/urllib3-$version
python=$scratch/venv/bin/python

# Of their own server: its name (test_simple), what it tells an application of TLS (the ASGI extension). Of
# certificates that name nobody, by subjectAltName: they are not taken. Of the machine: a source address that is
# not its own, which some networks route all the same.
not_ours="test_simple or test_alpn_default or test_client_intermediate or test_client_key_password
    or test_http2_probe_result_is_cached or common_name or invalid_cn or test_source_address_error"

mkdir -p "$scratch"
if [ ! -x "$scratch/venv/bin/pytest" ]; then
    "${PYTHON:-python3}" -m venv "$scratch/venv"
    "$python" -m pip install --quiet --disable-pip-version-check -r "$here/requirements.txt" >"$scratch/pip.log" 2>&1 ||
        { rm -rf "$scratch/venv"; skip urllib3 "what its tests need cannot be installed ($scratch/pip.log)"; exit 0; }
fi
if [ ! -d "$sources" ]; then
    "$python" -m pip download --quiet --disable-pip-version-check --no-deps --no-binary urllib3 --dest "$scratch" \
        "urllib3==$version" >"$scratch/pip.log" 2>&1 ||
        { skip urllib3 "its sources cannot be had ($scratch/pip.log)"; exit 0; }
    tar -xzf "$sources.tar.gz" -C "$scratch"
fi
site=$scratch/site
mkdir -p "$site"
ln -sfn "$package" "$site/http_responder"

cd "$sources"
PYTHONPATH=src:$here:$site "$python" -m pytest -q -p served_by_us --timeout 60 --show-capture=no -W ignore \
    -k "not (${not_ours//$'\n'/ })" \
    test/with_dummyserver/test_{connectionpool,poolmanager,connection,https}.py \
    >"$scratch/log" 2>&1 || { tail -n 40 "$scratch/log" >&2; exit 1; }
echo "  urllib3 $version: $(tail -n 1 "$scratch/log")"
