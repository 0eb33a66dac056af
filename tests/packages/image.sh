#!/usr/bin/env bash
# Builds the image with buildah, without a daemon, and runs what it has built as a container would: in its own
# root, as its user, by its own entry point, asked by its own health check.
# usage: image.sh SCRATCH
set -eu -o pipefail
scratch=$(realpath --canonicalize-missing "$1")
cd "$(dirname "$0")/../.."
# shellcheck source=tests/c/skip.sh
. tests/c/skip.sh

can_install || { skip image "it needs root and apt-get"; exit 0; }
command -v buildah >/dev/null || apt-get install -qq -y --no-install-recommends buildah >/dev/null 2>&1 </dev/null || true
command -v buildah >/dev/null || { skip_or_fail image "buildah is missing"; exit 0; }

storage=(--root "$scratch/storage" --runroot "$scratch/run" --storage-driver vfs)
mkdir -p "$scratch"
trap 'rm -rf "$scratch"' EXIT
buildah "${storage[@]}" build --isolation chroot --format docker --timestamp "$(git log -1 --format=%ct)" \
    -f deploy/docker/Dockerfile -t http_responder . >"$scratch/log" 2>&1 || { cat "$scratch/log" >&2; exit 1; }
container=$(buildah "${storage[@]}" from http_responder)
root=$(buildah "${storage[@]}" mount "$container")

buildah "${storage[@]}" inspect --type image http_responder >"$scratch/image.json"
# A network of its own: the port of the image may be taken here.
unshare --net sh -c 'ip link set lo up && exec python3 - "$@"' _ "$root" "$scratch/image.json" <<'PYTHON'
import json, os, pathlib, re, signal, socket, subprocess, sys

root = pathlib.Path(sys.argv[1])
config = json.load(open(sys.argv[2]))["Docker"]["config"]
assert config["User"] == "65534:65534", config["User"]
files = sorted(str(path.relative_to(root)) for path in root.rglob("*") if path.is_file())
assert files[-1] == "http_responder_mt" and all(name.startswith("etc/http_responder/rules/") for name in files[:-1]), files

def as_container(*argv):
    """Inside of the image, as its user."""
    uid, gid = map(int, config["User"].split(":"))
    return subprocess.Popen(["chroot", f"--userspec=+{uid}:+{gid}", "--groups=", root, *argv],
                            stdout=subprocess.PIPE, text=True)

server = as_container(*config["Entrypoint"], *config["Cmd"])
try:
    assert "8080" in server.stdout.readline()
    with socket.create_connection(("127.0.0.1", 8080)) as client:
        client.sendall(b"GET /ga.js HTTP/1.1\r\nHost: www.google-analytics.com\r\nConnection: close\r\n\r\n")
        answer = b"".join(iter(lambda: client.recv(65536), b""))
    assert b"_gat" in answer, answer[:300]
    assert config["Healthcheck"]["Test"][0] == "CMD"
    health = as_container(*config["Healthcheck"]["Test"][1:])
    assert health.communicate(timeout=10)[0] == '{"status": "running"}\n' and health.returncode == 0
    assert re.search(r"^Uid:\s+65534\s", pathlib.Path(f"/proc/{server.pid}/status").read_text(), re.M)
finally:
    server.send_signal(getattr(signal, config.get("StopSignal") or "SIGTERM"))
    assert server.wait(20) == 0
assert as_container(*config["Healthcheck"]["Test"][1:]).wait(10) == 1
size = sum(path.stat().st_size for path in root.rglob("*") if path.is_file())
print(f"  image: built from scratch by buildah, {size / 1e6:.1f} MB in {len(files)} files; runs as nobody, is well, stops")
PYTHON
buildah "${storage[@]}" umount "$container" >/dev/null
