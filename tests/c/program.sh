# For the other scripts: a program of ours that serves, is asked and ended. Sourced, not run.
# shellcheck shell=bash

scratch=$(mktemp -d)
server=
finish() {
    [ -z "$server" ] || kill "$server" 2>/dev/null || true
    rm -rf "$scratch"
}
trap finish EXIT

# A port that was free a moment ago.
free_port() {
    python3 -c 'import socket; print(socket.create_server(("127.0.0.1", 0)).getsockname()[1])'
}

# Starts a program in the background.
serve() { # PROGRAM [ARGUMENT...]
    "$@" >"$scratch/stdout" &
    server=$!
}

# What is answered, as soon as somebody listens.
answer() { # PORT PATH [CURL-OPTION...]
    curl --silent --show-error --max-time 30 --retry 100 --retry-connrefused --retry-delay 0 \
        --retry-max-time 30 "${@:3}" "http://127.0.0.1:$1$2"
}

# Ends the program as an operator would; its status is expected to be this.
end() { # STATUS
    local status=0
    kill -TERM "$server"
    wait "$server" || status=$?
    server=
    [ "$status" = "$1" ] || { echo "ended with status $status, not $1" >&2; return 1; }
}

# Fails unless the first text has the second in it.
expect() { # TEXT PART
    [[ $1 == *"$2"* ]] || { echo "expected \"$2\" in \"${1:0:200}\"" >&2; return 1; }
}
