#!/usr/bin/env bash
# The Debian packages: without a complaint of lintian; installed, run, upgraded, removed and purged in a
# system of its own; a program builds and runs with -dev.
# usage: deb.sh FOLDER    (of the packages; root)
set -eu -o pipefail
packages=$(realpath "$1")
cd "$(dirname "$0")/../.."
# shellcheck source=tests/c/skip.sh
. tests/c/skip.sh

can_install || { skip deb "it needs root and apt-get"; exit 0; }
for tool in debootstrap lintian; do
    command -v $tool >/dev/null ||
        apt-get install -qq -y --no-install-recommends $tool >/dev/null 2>&1 </dev/null || true
    command -v $tool >/dev/null || { skip_or_fail deb "$tool is missing"; exit 0; }
done

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# In machine code there are always three octets that read like a word misspelt.
lintian --allow-root --display-info --pedantic --fail-on error,warning,info,pedantic \
    --suppress-tags spelling-error-in-binary \
    "$packages"/*.changes >"$scratch/lintian" || { cat "$scratch/lintian" >&2; exit 1; }
echo "  deb: lintian has nothing to say ($(lintian --version))"

# ---- a small system, kept for the next time ----
. /etc/os-release
system=$packages/system-$VERSION_CODENAME.tar
if [ ! -e "$system" ]; then
    mirror=$(apt-get indextargets --format '$(REPO_URI)' "Suite: $VERSION_CODENAME" 2>/dev/null | head -n 1)
    debootstrap --variant=minbase "$VERSION_CODENAME" "$scratch/new" "${mirror:-http://deb.debian.org/debian}" \
        >"$scratch/log" 2>&1 || { tail "$scratch/log" >&2; exit 1; }
    tar -C "$scratch/new" -cf "$system.new" .
    mv "$system.new" "$system"
    rm -rf "$scratch/new"
fi
root=$scratch/root
mkdir "$root"
tar -C "$root" -xf "$system"

# ---- what is newer: the same packages with a higher version and another default ----
for package in "$packages"/*.deb; do
    [[ $package != *-dbgsym_* ]] || continue
    cp "$package" "$root/tmp/"
    dpkg-deb -R "$package" "$scratch/next"
    sed -i -E 's/^(Version:.*)$/\1+next/; s/(\(= [^)]*)\)/\1+next)/' "$scratch/next/DEBIAN/control"
    config=$scratch/next/etc/http_responder/http_responder.toml
    [ ! -e "$config" ] || echo '# The next version says more.' >>"$config"
    mkdir -p "$root/tmp/next"
    dpkg-deb --root-owner-group -b "$scratch/next" "$root/tmp/next/$(basename "$package")" >/dev/null
    rm -rf "$scratch/next"
done

# ---- the units, as this machine's systemd reads them; what else it looks for is not in the folder ----
if command -v systemd-analyze >/dev/null; then
    dpkg-deb -x "$packages"/http-responder_*.deb "$scratch/units"
    mkdir -p "$scratch/units/etc/systemd/system" "$scratch/units/bin"
    cp /bin/kill "$scratch/units/bin/"
    said=$(systemd-analyze verify --man=no --root="$scratch/units" http_responder.service http_responder.socket 2>&1 |
        grep -v 'sysinit.target not found' || true)
    [ -z "$said" ] || { echo "deb: $said" >&2; exit 1; }
    echo "  deb: systemd reads the units without a complaint ($(systemctl --version | head -n 1))"
fi

# ---- -dev: a program links against what was packaged, and runs where the library is installed ----
for package in "$packages"/libhttp-responder*.deb; do dpkg-deb -x "$package" "$scratch/dev"; done
libdir=$(dirname "$(find "$scratch/dev" -name libhttp_responder.a)")
export PKG_CONFIG_LIBDIR=$libdir/pkgconfig PKG_CONFIG_SYSROOT_DIR=$scratch/dev
# shellcheck disable=SC2046 # the flags are several words
cc -std=c11 c_examples/config.c -o "$root/tmp/config" $(pkg-config --cflags --libs http_responder)
# shellcheck disable=SC2046
cc -std=c11 -static c_examples/config.c -o "$scratch/static" \
    $(pkg-config --static --cflags --libs http_responder) 2>"$scratch/log" || { cat "$scratch/log" >&2; exit 1; }
"$scratch/static" --keep-alive-timeout 20s | grep -q '^keep_alive_timeout = 20s$'
echo "  deb: a program links with -dev, shared and static"

cp tests/packages/inside.sh "$root/tmp/"
unshare --mount --pid --fork --kill-child \
    sh -c 'mount -t proc proc "$1/proc" && exec chroot "$1" /usr/bin/env -i PATH="$PATH" LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive bash /tmp/inside.sh' _ "$root"
