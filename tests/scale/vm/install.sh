#!/usr/bin/env bash
# Gets what the virtual machine is made of, as far as this machine allows: qemu and busybox from the package
# registry; the kernel is only unpacked into the build tree. What stays missing is said by scale.py.
set -eu -o pipefail
cd "${BASH_SOURCE[0]%/*}/../../.."
# shellcheck source=tests/c/skip.sh
. tests/c/skip.sh
work=${1:?the build tree}/scale

packages=()
command -v qemu-system-x86_64 >/dev/null || packages+=(qemu-system-x86)
command -v busybox >/dev/null || packages+=(busybox-static)
[ -e /usr/include/openssl/ssl.h ] || packages+=(libssl-dev)
if [ ${#packages[@]} -gt 0 ] && can_install; then
    { apt-get update -qq && apt-get install -qq -y --no-install-recommends "${packages[@]}"; } \
        >/dev/null 2>&1 </dev/null || true
fi
if compgen -G "$work/boot/vmlinuz-*" >/dev/null || compgen -G "/boot/vmlinuz-*cloud-amd64" >/dev/null; then
    exit 0
fi
command -v apt-get >/dev/null && command -v dpkg-deb >/dev/null || exit 0
mkdir -p "$work"
# The package of that name only depends on the kernel of the day.
package=$(apt-cache depends linux-image-cloud-amd64 2>/dev/null | sed -n 's/.*Depends: *\(linux-image-[0-9].*\)/\1/p' | head -n 1)
[ -n "$package" ] || exit 0
(cd "$work" && apt-get download -qq "$package" >/dev/null 2>&1) || exit 0
dpkg-deb --fsys-tarfile "$work"/linux-image-*.deb | tar -x -C "$work" --wildcards './boot/vmlinuz-*'
rm -f "$work"/linux-image-*.deb
