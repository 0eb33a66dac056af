#!/usr/bin/env bash
# Every fuzz target, or those named, for so many seconds each, one after the other; what each has done
# stands in work/totals at the end. A finding ends it: the input is in artifacts/TARGET.
# usage: run.sh SECONDS [TARGET...]
#   ENGINE=afl: by AFL++ (cargo install cargo-afl), else by libFuzzer (cargo install cargo-fuzz)
#   FUZZ_RUN: what a run is put behind, such as "nice -n 15"
set -eu -o pipefail
cd "$(dirname "$0")"
seconds=${1:-60}
shift || true
[ $# -gt 0 ] || set -- $(sed -n 's/^name = "\(.*\)"$/\1/p' Cargo.toml | tail -n +2)
engine=${ENGINE:-libfuzzer}
run=${FUZZ_RUN:-}
mkdir -p work

missing() {
    echo "fuzz: $1 is not there: $2" >&2
    exit 1
}

libfuzzer() {
    mkdir -p "work/corpus/$1" "corpus/$1"
    # Small inputs are fast, and hold every state there is; to name functions takes a symbolizer its seconds.
    $run cargo +nightly fuzz run --release --fuzz-dir . "$1" "work/corpus/$1" "corpus/$1" -- \
        -max_total_time="$seconds" -max_len=2048 -print_funcs=0 -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 \
        -dict="dictionaries/$1.dict" -verbosity="${VERBOSITY:-1}" >"work/$1.log" 2>&1 || {
        tail -n 40 "work/$1.log" >&2
        echo "fuzz: $1 has a finding (artifacts/$1; work/$1.log)" >&2
        exit 1
    }
    local execs coverage
    execs=$(sed -n 's/^stat::number_of_executed_units: *//p' "work/$1.log" | tail -n 1)
    coverage=$(sed -n 's/.* cov: \([0-9]*\) ft: .*/\1/p' "work/$1.log" | tail -n 1)
    echo "$(date -u +%F) libfuzzer $1 $seconds s ${execs:-0} runs ${coverage:-?} edges" | tee -a work/totals
}

afl() {
    export AFL_SKIP_CPUFREQ=1 AFL_I_DONT_CARE_ABOUT_MISSING_CRASHES=1 AFL_NO_UI=1 AFL_NO_AFFINITY=1
    # What has nothing to do with TLS is built in half the time without it.
    local features=afl
    [ "$1" != client_hello ] || features=afl,tls
    $run cargo afl build --quiet --release --no-default-features --features "$features" --bin "$1"
    rm -rf "work/afl/$1"
    mkdir -p work/afl
    $run cargo afl fuzz -i "corpus/$1" -o "work/afl/$1" -x "dictionaries/$1.dict" -G 2048 -t 2000 -V "$seconds" \
        "target/release/$1" >"work/$1.afl.log" 2>&1 || {
        tail -n 40 "work/$1.afl.log" >&2
        exit 1
    }
    local stats=work/afl/$1/default/fuzzer_stats
    value() { sed -n "s/^$1 *: *//p" "$stats"; }
    echo "$(date -u +%F) afl++ $1 $seconds s $(value execs_done) runs $(value edges_found) edges" | tee -a work/totals
    if [ "$(value saved_crashes)" != 0 ] || [ "$(value saved_hangs)" != 0 ]; then
        echo "fuzz: $1 has a finding (work/afl/$1/default/crashes, hangs)" >&2
        exit 1
    fi
}

case $engine in
    libfuzzer)
        rustc +nightly --version >/dev/null 2>&1 || missing "a nightly toolchain" "rustup toolchain install nightly"
        cargo fuzz --version >/dev/null 2>&1 || missing cargo-fuzz "cargo install cargo-fuzz"
        ;;
    afl) cargo afl --version >/dev/null 2>&1 || missing cargo-afl "cargo install cargo-afl" ;;
    *) missing "the engine $engine" "libfuzzer or afl" ;;
esac
for target in "$@"; do
    "$engine" "$target"
done
