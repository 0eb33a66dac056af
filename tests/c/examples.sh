#!/usr/bin/env bash
# Each C example does what its first lines say, and ends well.
# usage: examples.sh BUILD
set -eu -o pipefail
examples=$(realpath "$1")/examples
cd "$(dirname "$0")"
# shellcheck source=tests/c/program.sh
. ./program.sh

hello() {
    serve "$examples/hello" "127.0.0.1:$port"
    expect "$(answer "$port" /hello/world)" "hello world"
    expect "$(answer "$port" /pixel.gif --head)" "Content-Type: image/gif"
    end 0
}

config() {
    expect "$("$examples/config" --keep-alive-timeout 20s)" "keep_alive_timeout = 20s"
    echo 'max_connections = 7' >"$scratch/responder.toml"
    expect "$("$examples/config" --config "$scratch/responder.toml")" "max_connections = 7"
    if "$examples/config" --keep-alive-timeout ten 2>"$scratch/stderr"; then return 1; fi
    expect "$(cat "$scratch/stderr")" "config: keep_alive_timeout: expected a duration"
}

deferred() {
    serve "$examples/deferred" "127.0.0.1:$port"
    expect "$(answer "$port" /slow)" "done"
    end 0
}

stats() {
    serve "$examples/stats" "127.0.0.1:$port"
    expect "$(answer "$port" /metrics)" "http_responder_connections_handled_total{"
    end 0
}

embed() {
    local other
    other=$(free_port)
    serve "$examples/embed" "127.0.0.1:$port" "127.0.0.1:$other"
    expect "$(answer "$port" /pixel.gif --head)" "Content-Type: image/gif"
    expect "$(answer "$other" /health)" "healthy"
    expect "$(answer "$other" /pixel.gif --head)" "404"
    end 0
}

for example in hello config deferred stats embed; do
    port=$(free_port)
    $example
    echo "  examples: $example"
done
