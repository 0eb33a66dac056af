#!/usr/bin/env bash
# Static programs that need nothing but a kernel, for routers and empty containers: musl for x86_64, aarch64
# and armv7. The standard library comes from rustup's targets where they are installed, else it is built from
# the sources that belong to the compiler (apt: rustc-web cargo-web rust-web-src); C is compiled by zig, which
# brings musl for all three (pip: ziglang). For 32 bits with TLS bindgen makes bindings of AWS-LC (cargo install
# --locked bindgen-cli; pip: libclang). Without those, glibc for this machine's own architecture.
# usage: static.sh OUT VENV [ARCHITECTURE...]    (FEATURES: flags for cargo)
set -eu -o pipefail
out=$(realpath --canonicalize-missing "$1")
venv=$(realpath "$2")
work=$(dirname "$out")/static-work
shift 2
cd "$(dirname "$0")/../.."

declare -A zig=(
    [x86_64]="x86_64-linux-musl"
    [aarch64]="aarch64-linux-musl"
    [armv7]="arm-linux-musleabihf -mcpu=generic+v7a+vfp3d16-neon"
)
declare -A rust=(
    [x86_64]=x86_64-unknown-linux-musl
    [aarch64]=aarch64-unknown-linux-musl
    [armv7]=armv7-unknown-linux-musleabihf
)
# As Debian and containers call them.
declare -A called=([x86_64]=amd64 [aarch64]=arm64 [armv7]=arm)
programs=(http_responder_mt http_responder)
sources=(c_examples/{http_responder_main,background,admin/health,admin/ask,top/top,top/report,top/draw,top/canvas}.c)

# Small rather than fast where it is not the path of a request: certificates, lists of names, files of options.
small=(--config 'profile.release.package."*".opt-level="s"')
for crate in httparse memchr mio rustls; do small+=(--config "profile.release.package.$crate.opt-level=3"); done

# Sets `cargo`, `rustc` and `build_std`: what has the compiler build the standard library where it has none for the target.
toolchain() { # RUST_TARGET
    cargo=cargo rustc=rustc build_std=()
    [ ! -d "$(rustc --print sysroot)/lib/rustlib/$1" ] || return 0
    local other
    for other in "$(rustc --print sysroot)" /usr; do
        [ -e "$other/lib/rustlib/src/rust/library/Cargo.lock" ] || continue
        [ -x "$other/bin/cargo" ] || continue
        cargo=$other/bin/cargo rustc=$other/bin/rustc build_std=("-Zbuild-std=std,panic_unwind")
        # The standard library is built with what only its own compiler allows.
        export RUSTC_BOOTSTRAP=1
        return 0
    done
    return 1
}

# A compiler for C as crates know one; what they say about the target is in the words of others.
compiler() { # ARCHITECTURE
    mkdir -p "$work/bin"
    cat >"$work/bin/$1-cc" <<SCRIPT
#!/bin/sh
for word do
    shift
    case \$word in --target=*|-march=*|-mfpu=*|-mfloat-abi=*) ;; *) set -- "\$@" "\$word" ;; esac
done
exec "$venv/bin/python" -m ziglang cc -target ${zig[$1]} -fno-sanitize=undefined "\$@"
SCRIPT
    printf '#!/bin/sh\nexec "%s/bin/python" -m ziglang ar "$@"\n' "$venv" >"$work/bin/ar"
    chmod +x "$work/bin/$1-cc" "$work/bin/ar"
}

link() { # FOLDER LIBRARY CC FLAGS...
    local folder=$1 library=$2 cc=$3 program
    shift 3
    mkdir -p "$folder"
    for program in "${programs[@]}"; do
        "$cc" -static -std=c11 -D_DEFAULT_SOURCE -O2 -Iinclude -ffile-prefix-map="$PWD=/usr/src/http_responder" \
            "c_examples/$program.c" "${sources[@]}" "$library" -o "$folder/$program" -Wl,--gc-sections -s "$@"
    done
    ls -l "$folder"/* | awk '{printf "  static: %s, %.1f MB\n", $9, $5 / 1e6}'
}

# The crate of AWS-LC has bindings for processors of 64 bits; for others they are made here.
wants_bindgen() { # ARCHITECTURE
    [ "$1" = armv7 ] && [[ ${FEATURES:-} != *--no-default-features* ]]
}

# Apart from the building: what fails there is no reason to go without.
has_musl() { # ARCHITECTURE
    toolchain "${rust[$1]}" && "$venv/bin/python" -m ziglang version >/dev/null 2>&1 || return 1
    ! wants_bindgen "$1" || { command -v bindgen >/dev/null && [ -n "$(libclang)" ]; }
}

libclang() {
    "$venv/bin/python" -c 'import clang, pathlib; print(pathlib.Path(clang.__path__[0]) / "native")' 2>/dev/null || true
}

# Where bindgen finds libclang and, in place of this machine's, the headers that zig brings.
bindings() {
    local zig folder words=-nostdinc
    zig=$("$venv/bin/python" -c 'import ziglang; print(ziglang.__path__[0])')/lib
    for folder in include libc/include/{arm-linux-musl,generic-musl,arm-linux-any,any-linux-any}; do
        words+=" -isystem $zig/$folder"
    done
    export BINDGEN_EXTRA_CLANG_ARGS=$words LIBCLANG_PATH AWS_LC_SYS_CMAKE_BUILDER=0
    LIBCLANG_PATH=$(libclang)
}

with_musl() { # ARCHITECTURE
    local target=${rust[$1]}
    compiler "$1"
    if wants_bindgen "$1"; then bindings; fi
    local name=${target//-/_}
    env CARGO_TARGET_DIR="$work/target" RUSTC="$rustc" CARGO_PROFILE_RELEASE_DEBUG=false \
        "CC_$name=$work/bin/$1-cc" "AR_$name=$work/bin/ar" \
        deploy/build/release.sh "$cargo" rustc --locked "${small[@]}" "${build_std[@]}" --target "$target" \
        --release -p http_responder_c ${FEATURES:-} --crate-type staticlib
    link "$out/${called[$1]}" "$work/target/$target/release/libhttp_responder_c.a" "$work/bin/$1-cc" -lunwind
}

with_glibc() {
    local target
    target=$(rustc -vV | sed -n 's/^host: //p')
    env CARGO_TARGET_DIR="$work/target" CARGO_PROFILE_RELEASE_DEBUG=false RUSTFLAGS="-C target-feature=+crt-static" \
        deploy/build/release.sh cargo rustc --locked "${small[@]}" --target "$target" --release -p http_responder_c \
        ${FEATURES:-} --crate-type staticlib
    # nix asks for users by name: with glibc that works only where its libraries are.
    link "$out/${called[$(uname -m)]}" "$work/target/$target/release/libhttp_responder_c.a" "${CC:-cc}" -lpthread -lm -ldl \
        2> >(grep -v -e 'statically linked applications' -e 'in function' >&2)
}

for architecture in "${@:-x86_64 aarch64 armv7}"; do
    for one in $architecture; do
        if has_musl "$one"; then
            with_musl "$one"
        elif [ "$one" = "$(uname -m)" ]; then
            echo "  static: no musl here for $one (rustup target, or apt: rustc-web cargo-web rust-web-src; pip: ziglang)"
            with_glibc
        else
            echo "  static: SKIPPED $one: no standard library, no compiler or (with TLS, for 32 bits) no bindgen for it here"
        fi
    done
done
