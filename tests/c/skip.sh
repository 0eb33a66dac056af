# For the other scripts: a suite that cannot run here says so. Sourced, not run.
# shellcheck shell=bash

# Says that a suite is skipped, and leaves a line for the list that .ci/run prints at its end.
skip() { # SUITE REASON
    echo "  $1: SKIPPED, $2"
    [ -z "${HR_SKIPPED:-}" ] || echo "$1: $2" >>"$HR_SKIPPED"
}

# Whether this machine could install packages.
can_install() {
    [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null
}

# Where CI could have the tool, a missing one is a failure: it would be green without the suite.
skip_or_fail() { # SUITE REASON
    skip "$@"
    [ -z "${CI:-}" ] || ! can_install || { echo "  $1: that is a failure here: CI can install it" >&2; exit 1; }
}
