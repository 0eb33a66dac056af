"""Every server that is measured: how it is installed, configured and started.

Each has one worker, logs nothing per request, keeps connections for as long as they are wanted and
answers every request with 200 and 43 octets of image/gif. `argv` is given a free port and a folder
for its files; what it writes there is its whole configuration.
"""

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Callable

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1]))

from support.compile import c_program  # noqa: E402
from support.paths import BINARY, BUILD  # noqa: E402

GIF = bytes.fromhex(
    "47494638396101000100800000000000ffffff21f90401000000002c00000000010001000002024401003b"
)


class Missing(Exception):
    """Why a peer cannot be had here."""


@dataclass(frozen=True)
class Peer:
    name: str
    argv: Callable[[int, Path], list[str]]
    version: Callable[[], str]
    package: str = ""
    """Debian's package that it comes in."""
    halves_descriptors: bool = False
    """Whether it takes no more connections than half of the descriptors that it may have."""
    most_connections: int = 0
    """More than so many it does not take, whatever it is told; 0 is as many as there are."""
    only: frozenset[str] = frozenset()
    """The workloads that it is for; all where there are none."""
    fails_first: bool = False
    """Whether the first handshake of each new name fails."""
    ends_connections: bool = False
    """Whether each request needs a connection of its own, whatever the workload wants."""
    asks: str = ""
    """The kind of TLS that it is asked for (`Load.tls`), whatever the workload wants."""


def _tool(name: str, package: str) -> str:
    found = shutil.which(name) or shutil.which(name, path="/usr/sbin:/usr/local/sbin")
    if found is None:
        raise Missing(f"{name} is not installed (package {package})")
    return found


def _first_line(*argv: str) -> str:
    done = subprocess.run(argv, capture_output=True, text=True)
    return (done.stdout + done.stderr).strip().splitlines()[0]


def _package_version(package: str) -> str:
    done = subprocess.run(["dpkg-query", "-W", "-f", "${Version}", package], capture_output=True, text=True)
    return done.stdout or "unknown"


def _gif(folder: Path) -> Path:
    file = folder / "x.gif"
    file.write_bytes(GIF)
    return file


def _configured(folder: Path, text: str) -> str:
    file = folder / "configuration"
    file.write_text(text)
    return str(file)


# ---- ours ----


def ours(workers: int = 1, connections: int = 17_000, *options: str) -> Callable[[int, Path], list[str]]:
    # Every connection of a workload may be dealt to one worker; the limit is never met.
    arguments = ["-w", str(workers), "--max-connections", str(connections), *options]
    return lambda port, _: [str(BINARY), str(port), "127.0.0.1", *arguments]


def _our_version() -> str:
    return _first_line(str(BINARY), "--version").split()[-1]


# ---- the floor ----


def _floor(port: int, folder: Path) -> list[str]:
    return [str(c_program(HERE.parent / "floor.c", optimise=True)), str(BUILD / "bench_answer.bin"), str(port)]


# ---- servers from Debian ----


def _nginx(port: int, folder: Path, listen: str = "", more: str = "") -> list[str]:
    text = f"""daemon off;
worker_processes 1;
worker_rlimit_nofile 20000;
pid {folder}/pid;
error_log {folder}/error.log crit;
events {{ worker_connections 18000; use epoll; }}
http {{
    access_log off;
    keepalive_requests 1000000000;
    keepalive_timeout 1h;
    {more}
    server {{
        listen 127.0.0.1:{port} {listen} backlog=4096;
        location / {{ default_type image/gif; return 200 "{"x" * len(GIF)}"; }}
    }}
}}
"""
    return [_tool("nginx", "nginx-light"), "-e", f"{folder}/error.log", "-c", _configured(folder, text)]


def _h2o(port: int, folder: Path, tls: str = "") -> list[str]:
    pages = folder / "pages"
    pages.mkdir(exist_ok=True)
    (pages / "x.gif").write_bytes(GIF)
    for step in ("pagead", "viewthroughconversion", "987654321"):
        pages = pages / step
        pages.mkdir(exist_ok=True)
    (pages / "x.gif").write_bytes(GIF)
    # As root it would become another user, who cannot write where callgrind puts its counts.
    text = f"""{"user: root" if os.geteuid() == 0 else ""}
num-threads: 1
max-connections: 18000
http1-request-timeout: 3600
listen:
  host: 127.0.0.1
  port: {port}
{tls}hosts:
  default:
    paths:
      "/":
        file.dir: {folder}/pages
"""
    return [_tool("h2o", "h2o"), "-m", "worker", "-c", _configured(folder, text)]


def _haproxy(port: int, folder: Path) -> list[str]:
    text = f"""global
    nbthread 1
    maxconn 18000
    no strict-limits
defaults
    mode http
    timeout client 1h
    timeout http-keep-alive 1h
    timeout http-request 1h
    timeout connect 1h
    timeout server 1h
frontend bench
    bind 127.0.0.1:{port} backlog 4096
    http-request return status 200 content-type image/gif file {_gif(folder)}
"""
    return [_tool("haproxy", "haproxy"), "-f", _configured(folder, text)]


def _lighttpd(port: int, folder: Path) -> list[str]:
    _gif(folder)
    text = f"""server.document-root = "{folder}"
server.port = {port}
server.bind = "127.0.0.1"
server.listen-backlog = 4096
server.max-connections = 17000
server.max-fds = 19000
server.max-keep-alive-requests = 65535
server.max-keep-alive-idle = 3600
server.max-read-idle = 3600
mimetype.assign = ( ".gif" => "image/gif" )
url.rewrite-once = ( "" => "/x.gif" )
server.modules = ( "mod_rewrite" )
"""
    return [_tool("lighttpd", "lighttpd"), "-D", "-f", _configured(folder, text)]


# ---- libraries, in small programs of this folder ----


@cache
def _c_peer(name: str, library: str, package: str) -> str:
    target = BUILD / "tests" / f"peer_{name}"
    target.parent.mkdir(parents=True, exist_ok=True)
    source = HERE / f"{name}.c"
    command = ["cc", "-O2", "-std=c11", "-D_GNU_SOURCE", "-o", str(target), str(source), f"-l{library}"]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        raise Missing(f"{source.name} does not build (package {package}): {done.stderr.strip().splitlines()[0]}")
    return str(target)


@cache
def _rust_peers() -> Path:
    target = BUILD / "peers"
    manifest = HERE / "rust" / "Cargo.toml"
    command = ["cargo", "build", "--quiet", "--release", "--locked", "--manifest-path", str(manifest)]
    done = subprocess.run([*command, "--target-dir", str(target)], capture_output=True, text=True)
    if done.returncode != 0:
        raise Missing(f"{manifest.parent.name} does not build: {done.stderr.strip().splitlines()[-1]}")
    return target / "release"


def _c(name: str, library: str, package: str) -> Peer:
    return Peer(
        name,
        lambda port, folder: [_c_peer(name, library, package), str(port), str(_gif(folder))],
        lambda: _package_version(package),
        package,
    )


def _rust(name: str, crate: str) -> Peer:
    def version() -> str:
        lines = (HERE / "rust" / "Cargo.lock").read_text().splitlines()
        at = lines.index(f'name = "{crate}"')
        return lines[at + 1].split('"')[1]

    return Peer(name, lambda port, folder: [str(_rust_peers() / name), str(port), str(_gif(folder))], version)


# ---- pixelserv-tls, in no package: where somebody has put one on the PATH ----


def _pixelserv_tool() -> str:
    found = shutil.which("pixelserv-tls")
    if found is None:
        raise Missing("pixelserv-tls is not on the PATH (no package of Debian has it)")
    return found


def pixelserv(port: int, folder: Path, tls: bool = False) -> list[str]:
    """A thread for each connection; every handshake in the thread that accepts; 42 octets of image/gif."""
    store = folder / "pixelserv"
    if not store.exists():
        subprocess.run([BINARY, "ca", "init", "--dir", store], check=True, capture_output=True)
    listen = ["-k", str(port), "-p", "0"] if tls else ["-p", str(port), "-k", "0"]
    # As root it would become another user, who cannot write to this folder.
    user = ["-u", "root"] if os.geteuid() == 0 else []
    return [_pixelserv_tool(), "127.0.0.1", "-f", *user, *listen, "-z", str(store), "-c", "10000", "-O", "3600"]


def _pixelserv_version() -> str:
    return _first_line(_pixelserv_tool(), "-?").split()[1]


FLOOR = Peer("floor", _floor, lambda: "floor.c")
OURS = Peer("http_responder", ours(), _our_version)
REUSEPORT = Peer("http_responder (reuseport)", ours(1, 17_000, "--accept", "reuseport"), _our_version)
PRIVATE = Peer("http_responder (private)", ours(1, 17_000, "--private-descriptors", "on"), _our_version)
"""With `private_descriptors`, which is off where nobody asks for it."""
DEALT = Peer("http_responder (2 workers)", ours(2, 17_000, "--accept", "dispatch"), _our_version)
"""One thread accepts and deals to two workers, all on the one core."""

PEERS = [
    Peer("nginx", _nginx, lambda: _package_version("nginx-light"), "nginx-light"),
    Peer("h2o", _h2o, lambda: _package_version("h2o"), "h2o"),
    Peer("haproxy", _haproxy, lambda: _package_version("haproxy"), "haproxy"),
    Peer("lighttpd", _lighttpd, lambda: _package_version("lighttpd"), "lighttpd", halves_descriptors=True),
    _c("microhttpd", "microhttpd", "libmicrohttpd-dev"),
    _c("evhttp", "event", "libevent-dev"),
    _rust("hyper", "hyper"),
    _rust("may_minihttp", "may_minihttp"),
    _rust("actix", "actix-web"),
    Peer("pixelserv-tls", pixelserv, _pixelserv_version, only=frozenset({"keepalive"})),
]
