"""The lines of docs/sinkhole.md, in the name servers that they are for: a blocked name leads to the responder's
address, its AAAA to nothing, and other names nowhere near it."""

import os
import re
import shutil
import socket
import struct
import subprocess
from contextlib import contextmanager

import pytest

from support.client import Client
from support.deadline import PATIENCE, eventually
from support.paths import REPO

GUIDE = (REPO / "docs" / "sinkhole.md").read_text()
A, AAAA = 1, 28
THERE = "192.0.2.1"
# Of its own: on 127.0.0.1 any port may be that of somebody's connection.
HERE = f"127.53.{os.getpid() >> 8 & 255}.{os.getpid() & 255}"


def lines_of(name: str) -> str:
    """The block behind the paragraph of this name server."""
    return re.search(rf"\*\*{name}\*\*.*?\n```\n(.*?)```", GUIDE, re.DOTALL)[1]


def query(port: int, name: str, kind: int) -> tuple[int, list[str]] | None:
    """The code of the answer and its addresses (RFC 1035 section 4); `None` if nobody is there yet."""
    labels = b"".join(bytes([len(label)]) + label.encode() for label in name.split("."))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
        one.settimeout(2)
        one.connect((HERE, port))
        try:
            one.send(struct.pack(">6H", 4711, 0x0100, 1, 0, 0, 0) + labels + b"\0" + struct.pack(">2H", kind, 1))
            answer = one.recv(512)
        except (ConnectionRefusedError, TimeoutError):
            return None
    _, flags, _, count, _, _ = struct.unpack_from(">6H", answer)
    at, found = 12 + len(labels) + 1 + 4, []
    for _ in range(count):
        at = at + 2 if answer[at] >= 0xC0 else answer.index(b"\0", at) + 1
        sort, _, _, length = struct.unpack_from(">2HIH", answer, at)
        if sort == A:
            found.append(socket.inet_ntoa(answer[at + 10 : at + 14]))
        at += 10 + length
    return flags & 15, found


def free_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind((HERE, 0))
        return probe.getsockname()[1]


@contextmanager
def running(*argv: str):
    if shutil.which(argv[0]) is None:
        pytest.skip(f"{argv[0]} is missing")
    process = subprocess.Popen(argv, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    try:
        yield process
    finally:
        process.kill()
        print(process.communicate(timeout=PATIENCE)[1].decode())  # shown where the test fails


def check(port: int, names: list[str], others: list[str]) -> None:
    eventually(lambda: query(port, names[0], A), "the name server answers")
    for name in names:
        assert query(port, name, A) == (0, [THERE]), name
        assert query(port, name, AAAA) == (0, []), f"{name}: no data"
    for name in others:
        assert THERE not in query(port, name, A)[1], name


def test_dnsmasq(tmp_path):
    port = free_port()
    file = tmp_path / "blocked.conf"
    file.write_text(lines_of("dnsmasq"))
    where = [f"--port={port}", f"--listen-address={HERE}", "--bind-interfaces", "--no-resolv", "--no-hosts", "--pid-file="]
    with running("dnsmasq", "--keep-in-foreground", "--user=", f"--conf-file={file}", *where):
        check(port, ["ads.example", "a.b.ads.example", "tracker.example"], ["example", "ads.example.org"])


def test_unbound(tmp_path):
    port = free_port()
    file = tmp_path / "unbound.conf"
    here = (
        f'    interface: {HERE}\n    access-control: 127.0.0.0/8 allow\n    port: {port}\n    username: ""\n    chroot: ""\n    directory: "{tmp_path}"\n'
        '    pidfile: ""\n    use-syslog: no\n    do-not-query-localhost: no\n'
        # Nobody outside is asked.
        '    local-zone: "org." refuse\nremote-control:\n    control-enable: no\n'
    )
    file.write_text(lines_of("Unbound") + here)
    with running("unbound", "-d", "-c", str(file)):
        check(port, ["ads.example", "a.b.ads.example"], ["ads.example.org"])


def test_the_rules_of_the_guide(start, tmp_path):
    """The file of the quick start, checked and served as it is written there."""
    rules = tmp_path / "rules.toml"
    rules.write_text(re.search(r"```toml\n(.*?)```", GUIDE, re.DOTALL)[1])
    server = start("--rules", str(rules))
    for host, path, status, body in [
        ("a.video.example", "/", 403, b""),
        ("stats.example", "/collect.js", 200, b"window.collect = () => {};"),
        ("other.example", "/pixel.gif", 200, b"GIF89a"),
    ]:
        with Client(server.address) as client:
            client.send(f"GET {path} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
            answer = client.response()
            assert answer.status == status and answer.body.startswith(body)
