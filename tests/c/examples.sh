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

events() {
    local status=0
    serve "$examples/events" "127.0.0.1:$port"
    curl --silent --no-buffer --max-time 30 --retry 100 --retry-connrefused --retry-delay 0 \
        "http://127.0.0.1:$port/events" >"$scratch/events" &
    local client=$!
    until grep -c '^data: [0-9]' "$scratch/events" 2>/dev/null | grep -q '[2-9]'; do kill -0 "$client"; done
    # The drain ends the stream whole, or curl would say so.
    end 0
    wait "$client" || status=$?
    [ "$status" = 0 ]
    expect "$(cat "$scratch/events")" "event: time"
}

files() {
    seq 100000 >"$scratch/numbers"
    serve "$examples/files" "127.0.0.1:$port" "$scratch"
    answer "$port" /files/numbers >"$scratch/copy"
    cmp "$scratch/numbers" "$scratch/copy"
    expect "$(answer "$port" /files/numbers --range 2-3 --include)" "206 Partial Content"
    expect "$(answer "$port" /files/numbers --range 2-3)" "2"
    expect "$(answer "$port" /files/numbers --range 9999999- --include)" "416 Range Not Satisfiable"
    expect "$(answer "$port" /files/numbers --head)" "Content-Length: $(stat -c %s "$scratch/numbers")"
    expect "$(answer "$port" /files/nothing --include)" "404 Not Found"
    end 0
}

upload() {
    serve "$examples/upload" "127.0.0.1:$port"
    seq 1000000 >"$scratch/numbers"
    expect "$(answer "$port" /upload --upload-file "$scratch/numbers")" "6888896 octets, sum"
    expect "$(printf 'a' | answer "$port" /upload --upload-file -)" "1 octets, sum e40c292c"
    end 0
}

event_loop() {
    mkfifo "$scratch/typed"
    "$examples/event_loop" "127.0.0.1:$port" <"$scratch/typed" >"$scratch/stdout" &
    server=$!
    exec 8>"$scratch/typed"
    expect "$(answer "$port" /count)" "hello 1"
    echo "good day" >&8
    until answer "$port" /count | grep -q "good day"; do :; done
    exec 8>&-
    end 0
}

for example in hello config deferred stats embed events files upload event_loop; do
    port=$(free_port)
    $example
    echo "  examples: $example"
done
