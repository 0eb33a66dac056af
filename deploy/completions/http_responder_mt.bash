# shellcheck shell=bash
# Generated from the table of options; do not edit.

_http_responder_mt() {
    local word=${COMP_WORDS[COMP_CWORD]} option=${COMP_WORDS[COMP_CWORD-1]}
    local words=
    COMPREPLY=()
    if [[ $word == = ]]; then
        word=
    elif [[ $option == = && $COMP_CWORD -ge 2 ]]; then
        option=${COMP_WORDS[COMP_CWORD-2]}
    fi
    local commands="top health ca --pixelserv"
    local flags="--port --address --listen --interface --reuse-port --no-reuse-port --tls-port --listen-tls --listen-auto --backlog --accept --proxy-protocol --proxy-trusted --http2 --no-http2 --ca-dir --certificates --certificate-cache --certificate-dir --client-ca --client-certificate-required --no-client-certificate-required --tls-min-version --ticket-keys --tls-early-data --workers --max-connections --private-descriptors --no-private-descriptors --worker-stall --handshake-timeout --head-timeout --body-timeout --write-timeout --keep-alive-timeout --linger-timeout --drain-timeout --max-requests --max-head --max-fields --max-target --allow-bare-lf --no-allow-bare-lf --http2-max-streams --max-body --max-body-memory --max-pending-memory --stream-high-water --stream-low-water --max-connections-per-client --rate-per-client --burst-per-client --limit-loopback --no-limit-loopback --client-prefix-ipv4 --client-prefix-ipv6 --client-table --rules --default-answers --no-default-answers --probes --no-probes --cors --no-cors --server-name --stats-page --stats-text --ca-certificate --user --group --sandbox --no-sandbox --admin --access-log --access-log-format --access-log-sample --access-log-buffer --log-level --config --check --help --version"
    case ${COMP_WORDS[1]} in
        ca) [[ $COMP_CWORD -eq 1 ]] || { _http_responder_mt_ca "$word" "$option"; return; } ;;
        top) [[ $COMP_CWORD -eq 1 ]] || flags='--once --help' ;;
        health) [[ $COMP_CWORD -eq 1 ]] || flags=--help ;;
    esac
    case $option in
        --config|--check) _http_responder_mt_files "$word"; return ;;
        --port) return ;;
        --address) return ;;
        --listen) return ;;
        --interface) return ;;
        --reuse-port) words="on off" ;;
        --tls-port) return ;;
        --listen-tls) return ;;
        --listen-auto) return ;;
        --backlog) return ;;
        --accept) mapfile -t COMPREPLY < <(compgen -W "dispatch reuseport" -- "$word"); return ;;
        --proxy-protocol) mapfile -t COMPREPLY < <(compgen -W "all" -- "$word"); return ;;
        --proxy-trusted) mapfile -t COMPREPLY < <(compgen -W "unix" -- "$word"); return ;;
        --http2) words="on off" ;;
        --ca-dir) _http_responder_mt_files "$word"; return ;;
        --certificates) _http_responder_mt_files "$word"; return ;;
        --certificate-cache) return ;;
        --certificate-dir) _http_responder_mt_files "$word"; return ;;
        --client-ca) _http_responder_mt_files "$word"; return ;;
        --client-certificate-required) words="on off" ;;
        --tls-min-version) mapfile -t COMPREPLY < <(compgen -W "1.2 1.3" -- "$word"); return ;;
        --ticket-keys) _http_responder_mt_files "$word"; return ;;
        --tls-early-data) return ;;
        --workers|-w) mapfile -t COMPREPLY < <(compgen -W "auto" -- "$word"); return ;;
        --max-connections) return ;;
        --private-descriptors) words="on off" ;;
        --worker-stall) return ;;
        --handshake-timeout) mapfile -t COMPREPLY < <(compgen -W "off" -- "$word"); return ;;
        --head-timeout) mapfile -t COMPREPLY < <(compgen -W "off" -- "$word"); return ;;
        --body-timeout) mapfile -t COMPREPLY < <(compgen -W "off" -- "$word"); return ;;
        --write-timeout) mapfile -t COMPREPLY < <(compgen -W "off" -- "$word"); return ;;
        --keep-alive-timeout) mapfile -t COMPREPLY < <(compgen -W "off" -- "$word"); return ;;
        --linger-timeout) mapfile -t COMPREPLY < <(compgen -W "off" -- "$word"); return ;;
        --drain-timeout) mapfile -t COMPREPLY < <(compgen -W "off" -- "$word"); return ;;
        --max-requests) return ;;
        --max-head) return ;;
        --max-fields) return ;;
        --max-target) return ;;
        --allow-bare-lf) words="on off" ;;
        --http2-max-streams) return ;;
        --max-body) return ;;
        --max-body-memory) return ;;
        --max-pending-memory) return ;;
        --stream-high-water) return ;;
        --stream-low-water) return ;;
        --max-connections-per-client) return ;;
        --rate-per-client) return ;;
        --burst-per-client) mapfile -t COMPREPLY < <(compgen -W "auto" -- "$word"); return ;;
        --limit-loopback) words="on off" ;;
        --client-prefix-ipv4) return ;;
        --client-prefix-ipv6) return ;;
        --client-table) return ;;
        --rules) _http_responder_mt_files "$word"; return ;;
        --default-answers) words="on off" ;;
        --probes) words="on off" ;;
        --cors) words="on off" ;;
        --server-name) return ;;
        --stats-page) return ;;
        --stats-text) return ;;
        --ca-certificate) _http_responder_mt_files "$word"; return ;;
        --user) return ;;
        --group) return ;;
        --sandbox) words="on off" ;;
        --admin) return ;;
        --access-log) mapfile -t COMPREPLY < <(compgen -W "off - syslog: journald:" -- "$word"); return ;;
        --access-log-format) mapfile -t COMPREPLY < <(compgen -W "combined json" -- "$word"); return ;;
        --access-log-sample) return ;;
        --access-log-buffer) return ;;
        --log-level) mapfile -t COMPREPLY < <(compgen -W "off error warn info" -- "$word"); return ;;
    esac
    [[ $COMP_CWORD -gt 1 ]] || words+=" $commands"
    mapfile -t COMPREPLY < <(compgen -W "$words $flags" -- "$word")
}

_http_responder_mt_files() {
    compopt -o filenames 2>/dev/null
    mapfile -t COMPREPLY < <(compgen -f -- "$1")
}

_http_responder_mt_ca() { # WORD OPTION
    case $2 in
        --dir|--out) _http_responder_mt_files "$1"; return ;;
        --format) mapfile -t COMPREPLY < <(compgen -W "pem der mobileconfig p12" -- "$1"); return ;;
        --name|--days|--permit) return ;;
    esac
    case ${COMP_WORDS[2]} in
        init) mapfile -t COMPREPLY < <(compgen -W "--dir --name --days --permit" -- "$1") ;;
        show) mapfile -t COMPREPLY < <(compgen -W "--dir" -- "$1") ;;
        export) mapfile -t COMPREPLY < <(compgen -W "--dir --format --out" -- "$1") ;;
        renew) mapfile -t COMPREPLY < <(compgen -W "--dir --days" -- "$1") ;;
        *) mapfile -t COMPREPLY < <(compgen -W "init show export renew" -- "$1") ;;
    esac
}

complete -F _http_responder_mt http_responder_mt http_responder
