#!/usr/bin/env bash
# What urllib3's own tests say of this package in place of their server: pools, redirects, retries, bodies of all
# kinds, TLS by certificates of theirs, HTTP/2. Their sources come from PyPI.
# usage: urllib3.sh SCRATCH PACKAGE    (PACKAGE: the folder of http_responder as it is installed)
set -eu -o pipefail
# shellcheck source=tests/conformance/theirs.sh
. "${BASH_SOURCE[0]%/*}/theirs.sh"
version=2.8.0

# Of their own server: its name (test_simple), what it tells an application of TLS (the ASGI extension). Of
# certificates that name nobody, by subjectAltName: they are not taken. Of the machine: a source address that is
# not its own, which some networks route all the same.
not_ours="test_simple or test_alpn_default or test_client_intermediate or test_client_key_password
    or test_http2_probe_result_is_cached or common_name or invalid_cn or test_source_address_error"

have_theirs urllib3 "$version" "$1" "$2"
run_theirs urllib3 "$version" src -p served_by_us -k "not (${not_ours//$'\n'/ })" \
    test/with_dummyserver/test_{connectionpool,poolmanager,connection,https}.py
