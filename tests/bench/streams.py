"""One large answer: how fast it comes, and what it costs the server where its client is slow."""

import json
import os
import subprocess
import tempfile
from pathlib import Path

from measure import CLIENT_CORE, HERE, Failed, running
from peers import Missing, Peer, c_program, _configured, _package_version, _tool
from peers.python import python_peer
from support import proc

OCTETS = 1 << 30
# What a slow client takes while the memory of its server is looked at.
SLOW = 4 << 20
# tmpfs, where there is one: nginx has the octets in memory and reads no disk.
MEMORY = Path("/dev/shm")


def _stream(port: int, _) -> list[str]:
    return [str(c_program(HERE / "stream.c", library=True, optimise=True)), str(port), str(OCTETS)]


def _nginx(port: int, folder: Path) -> list[str]:
    if not os.access(MEMORY, os.W_OK):
        raise Missing(f"{MEMORY} cannot be written to")
    # It goes with the process that serves it.
    file = tempfile.NamedTemporaryFile(dir=MEMORY, prefix="http_responder_bench", delete=False)
    os.chmod(file.name, 0o644)
    file.truncate(OCTETS)
    for at in range(0, OCTETS, 1 << 20):
        os.pwrite(file.fileno(), bytes(1 << 20), at)
    (folder / "x.gif").symlink_to(file.name)
    text = f"""daemon off;
worker_processes 1;
pid {folder}/pid;
error_log {folder}/error.log crit;
events {{ worker_connections 100; use epoll; }}
http {{
    access_log off;
    sendfile on;
    server {{ listen 127.0.0.1:{port}; root {folder}; }}
}}
"""
    return [_tool("nginx", "nginx-light"), "-e", f"{folder}/error.log", "-c", _configured(folder, text)]


def streamers() -> list[Peer]:
    nginx = Peer("nginx (sendfile)", _nginx, lambda: _package_version("nginx-light"))
    return [Peer("hr_writer_send", _stream, lambda: ""), python_peer("iterator"), nginx]


def _drain(port: int, *more: str) -> subprocess.Popen:
    command = ["taskset", "-c", CLIENT_CORE, str(c_program(HERE / "client" / "drain.c", optimise=True)), str(port), str(OCTETS)]
    return subprocess.Popen([*command, *more], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def _taken(drain: subprocess.Popen, said: str = "") -> dict:
    out, err = drain.communicate(said, timeout=60)
    if drain.returncode != 0:
        raise Failed(err.strip()[-200:])
    return json.loads(out.splitlines()[-1])


def measure(peer: Peer, rounds: int) -> dict:
    """Megabytes a second, the best round's and the median's; octets that a slow client costs the server."""
    file = None
    try:
        with running(peer) as server:
            link = Path(server.folder.name) / "x.gif"
            file = link.resolve() if link.is_symlink() else None
            _taken(_drain(server.port))
            before = server.private_octets()
            slow = _drain(server.port, str(SLOW))
            if slow.stdout.readline().strip() != "slow":
                raise Failed("the slow client fails")
            grown = server.private_octets() - before
            _taken(slow, "\n")
            spent = server.cpu()[0]
            rates = sorted(1e3 * OCTETS / _taken(_drain(server.port))["ns"] for _ in range(rounds))
            spent = server.cpu()[0] - spent
            highest = max(proc.most_resident_bytes(pid) for pid in server.pids())
    finally:
        if file is not None:
            file.unlink(missing_ok=True)
    return {
        "mb_s": rates[len(rates) // 2], "mb_s_most": rates[-1], "slow_grown": grown,
        "cpu_ms": spent / rounds * 1e3, "highest": highest,
    }
