#!/usr/bin/env bash
# The completions, asked by the shells themselves, and the manual pages, read without a complaint.
set -eu -o pipefail
cd "$(dirname "$0")/../.."
# shellcheck source=tests/c/skip.sh
. tests/c/skip.sh

declare -A package=([zsh]=zsh [fish]=fish [man]=man-db [col]=bsdextrautils)
for tool in "${!package[@]}"; do
    command -v "$tool" >/dev/null || ! can_install ||
        apt-get install -qq -y --no-install-recommends "${package[$tool]}" >/dev/null 2>&1 </dev/null || true
done

fail() {
    echo "completions: $1" >&2
    exit 1
}

# Whether the words that a shell offers for a line (standard input) have one and have not another.
offers() { # SHELL LINE WORD [NOT]
    local words
    words=$(cat)
    grep -qxe "$3" <<<"$words" || fail "$1 does not offer $3 for \"$2\" but: $(tr '\n' ' ' <<<"$words")"
    [ -z "${4:-}" ] || ! grep -qxe "$4" <<<"$words" || fail "$1 offers $4 for \"$2\""
}

in_bash() { # LINE: the words that readline would show
    bash -c '
        . deploy/completions/http_responder_mt.bash
        # As readline breaks them: at spaces and at =.
        read -r -a COMP_WORDS <<<"${1//=/ = }"
        [[ $1 != *[\ =] ]] || COMP_WORDS+=("")
        COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
        _http_responder_mt
        printf "%s\n" "${COMPREPLY[@]}"' _ "$1"
}

in_fish() {
    XDG_CONFIG_HOME=$scratch XDG_DATA_HOME=$scratch HOME=$scratch fish --no-config -c '
        source deploy/completions/http_responder_mt.fish
        complete -C $argv[1]' "$1" | cut -f 1
}

# A terminal of its own, in which Tab is pressed; what is listed stands between two marks.
in_zsh() {
    zsh -f tests/packages/complete.zsh "$PWD/deploy/completions" "$1"
}

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
for shell in bash fish zsh; do
    command -v $shell >/dev/null || { skip "completions in $shell" "it is missing"; continue; }
    in_$shell "http_responder_mt --acc" | offers $shell "--acc" --accept --workers
    in_$shell "http_responder_mt --accept " | offers $shell "--accept " reuseport --workers
    in_$shell "http_responder_mt --accept=" | sed 's/^--accept=//' | offers $shell "--accept=" dispatch
    in_$shell "http_responder_mt --no-co" | offers $shell "--no-co" --no-cors --cors
    in_$shell "http_responder_mt " | offers $shell "" health
    in_$shell "http_responder " | offers $shell "(http_responder)" top
    in_$shell "http_responder_mt ca " | offers $shell "ca " renew init.
    in_$shell "http_responder_mt ca export --format " | offers $shell "ca export --format " p12 show
    in_$shell "http_responder_mt --config Carg" | offers $shell "--config Carg" Cargo.toml README.md
    echo "  completions: $shell offers what there is"
done

for page in deploy/man/*; do
    complaints=$(man --warnings -E UTF-8 -l -Tutf8 -Z "$page" 2>&1 >/dev/null)
    [ -z "$complaints" ] || fail "$page: $complaints"
done
echo "  completions: the manual pages are read without a complaint"
