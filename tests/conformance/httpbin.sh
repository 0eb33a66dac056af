#!/usr/bin/env bash
# What httpbin's own tests say of this package under it: their client's requests go over connections to the application
# on http_responder.wsgi. Their sources come from PyPI.
# usage: httpbin.sh SCRATCH PACKAGE    (PACKAGE: the folder of http_responder as it is installed)
set -eu -o pipefail
# shellcheck source=tests/conformance/theirs.sh
. "${BASH_SOURCE[0]%/*}/theirs.sh"
version=0.10.4

# No client sends a field without a name, and TRACE never comes to an application.
not_ours="auth_with_wrong_authorization_type or test_methods__to_status_endpoint"

have_theirs httpbin "$version" "$1" "$2"
run_theirs httpbin "$version" . -p httpbin_over_http -k "not ($not_ours)" tests/test_httpbin.py
