#!/usr/bin/env bash
# `make TLS=off`: the same programs without TLS; they answer, and say of an option that wants it what
# is missing.
set -eu -o pipefail
cd "$(dirname "$0")/../.."

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
program=$scratch/build/http_responder_mt

fail() {
    cat "$scratch/log" >&2
    echo "without TLS: $1" >&2
    exit 1
}

"${MAKE:-make}" --no-print-directory PROFILE=dev TLS=off BUILD="$scratch/build" "$program" >"$scratch/log" 2>&1 ||
    fail "it cannot be built"
! nm "$program" | grep -q 'aws_lc\|rustls' || fail "TLS is in it all the same"

! "$program" 0 127.0.0.1 --ca-dir "$scratch" >"$scratch/log" 2>&1 || fail "ca_dir was taken"
grep -q 'ca_dir: expected a build with TLS' "$scratch/log" || fail "ca_dir: the error does not say why"
! "$program" ca init --dir "$scratch/ca" >"$scratch/log" 2>&1 || fail "ca was run"
grep -q 'ca: expected a build with TLS' "$scratch/log" || fail "ca: the error does not say why"

"$program" 0 127.0.0.1 >"$scratch/log" 2>&1 &
server=$!
trap 'kill $server 2>/dev/null || true; rm -rf "$scratch"' EXIT
until address=$(sed -n 's/^listening on \([^ ]*\) .*/\1/p' "$scratch/log") && [ -n "$address" ]; do
    kill -0 $server 2>/dev/null || fail "it does not start"
done
[ "$(curl --silent --max-time 10 --output /dev/null --write-out '%{http_code}' "http://$address/x.gif")" = 200 ] ||
    fail "it does not answer"
kill -TERM $server
wait $server || fail "it does not end well"
echo "  without TLS: builds, answers, says what it lacks"
