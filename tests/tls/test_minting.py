"""Certificates are made on a thread of their own: with a CA whose signatures take long, workers go on."""

import os
import socket
import ssl
import struct
from pathlib import Path

import pytest

from support.client import get
from support.deadline import PATIENCE

from tls.conftest import Authority, Client, context, openssl


@pytest.fixture(scope="module")
def slow(tmp_path_factory) -> Authority:
    """A CA that takes some milliseconds for each signature."""
    folder = tmp_path_factory.mktemp("slow")
    extensions = ["-addext", "basicConstraints=critical,CA:TRUE", "-addext", "keyUsage=critical,keyCertSign"]
    made = ["-keyout", folder / "ca.key", "-out", folder / "ca.crt", *extensions]
    openssl("req", "-x509", "-newkey", "rsa:4096", "-nodes", "-days", "30", "-subj", "/CN=slow", *made)
    return Authority(folder)


def cpu_ticks(pid: int) -> dict[str, int]:
    """What each thread has used, by its name."""
    ticks = {}
    for task in Path(f"/proc/{pid}/task").iterdir():
        name, _, rest = (task / "stat").read_text().partition("(")[2].rpartition(")")
        user, system = rest.split()[11:13]
        ticks[name] = ticks.get(name, 0) + int(user) + int(system)
    return ticks


def hello_of(authority: Authority, name: str) -> tuple[ssl.SSLObject, ssl.MemoryBIO, bytes]:
    """A client without a socket, what it is to read, and the first that it says."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    side = context(authority.certificate).wrap_bio(incoming, outgoing, server_hostname=name)
    with pytest.raises(ssl.SSLWantReadError):
        side.do_handshake()
    return side, incoming, outgoing.read()


def shakes_hands(raw: socket.socket, side: ssl.SSLObject, incoming: ssl.MemoryBIO) -> None:
    while True:
        try:
            return side.do_handshake()
        except ssl.SSLWantReadError:
            octets = raw.recv(65536)
            assert octets, "the server has closed"
            incoming.write(octets)


def test_it_is_the_thread_that_signs_and_no_worker(tls, slow):
    server = tls("--ca-dir", str(slow.folder), ca=False, workers=1)
    trusting = context(slow.certificate)
    for number in range(100):
        raw = socket.create_connection(server.addresses[1], timeout=PATIENCE)
        with trusting.wrap_socket(raw, server_hostname=f"x.site{number}.example"):
            pass
    ticks = cpu_ticks(server.pid)
    assert server.counted("tls_handshakes", 100)["tls_certificates_made"] == 100
    assert ticks["hr-mint"] > sum(used for name, used in ticks.items() if name not in ("hr-mint", "hr-rsa-key")), ticks


def test_all_who_come_for_a_name_while_it_is_made_get_it(tls, slow):
    server = tls("--ca-dir", str(slow.folder), ca=False, workers=2)
    raws = [socket.create_connection(server.addresses[1], timeout=PATIENCE) for _ in range(60)]
    sides = [hello_of(slow, f"{letter}.once.example") for letter in "abc" for _ in range(20)]
    for raw, (_, _, hello) in zip(raws, sides, strict=True):
        raw.sendall(hello)
    for raw, (side, incoming, _) in zip(raws, sides, strict=True):
        shakes_hands(raw, side, incoming)
        raw.close()
    stats = server.eventually("all gone", lambda stats: stats["connections_open"] == 0)
    assert stats["tls_certificates_made"] == 1


def test_who_leaves_while_it_is_made_harms_nobody(tls, slow):
    server = tls("--ca-dir", str(slow.folder), ca=False, workers=1)
    for number in range(60):
        with socket.create_connection(server.addresses[1], timeout=PATIENCE) as raw:
            raw.sendall(hello_of(slow, f"x.left{number}.example")[2])
            if number % 2:
                raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        # Another one has its place meanwhile.
        assert get(server.address, "/a.gif").status == 200
    with Client(server.addresses[1], "x.left59.example", trust=slow.certificate) as client:
        assert b"200 OK" in client.get()
    stats = server.eventually("all gone", lambda stats: stats["connections_open"] == 0)
    assert stats["tls_certificates_made"] == 60 and stats["tls_handshakes"] == 1


def test_what_comes_behind_the_hello_is_not_forgotten(tls, slow):
    """The rest of a handshake is there before the certificate is: nothing else will announce it."""
    server = tls("--ca-dir", str(slow.folder), ca=False, workers=1)
    _, _, hello = hello_of(slow, "x.behind.example")
    with socket.create_connection(server.addresses[1], timeout=PATIENCE) as raw:
        # Two names that are made first, so that this one waits.
        others = [socket.create_connection(server.addresses[1], timeout=PATIENCE) for _ in range(2)]
        for number, other in enumerate(others):
            other.sendall(hello_of(slow, f"x.first{number}.example")[2])
        raw.sendall(hello)
        raw.sendall(b"\x17\x03\x03\x00\x05hello")
        received = b""
        while octets := raw.recv(65536):
            received += octets
        for other in others:
            other.close()
    assert received.startswith(b"\x16\x03\x03") and server.counted("tls_alerts_sent")["tls_handshakes"] == 0


@pytest.mark.parametrize("cut", [1, 4, 40, 200])
def test_a_hello_in_two_records_has_its_certificate_too(tls, authority, cut):
    server = tls(workers=1)
    side, incoming, hello = hello_of(authority, f"x.cut{cut}.example")
    message = hello[5:]
    records = [message[:cut], message[cut:]]
    with socket.create_connection(server.addresses[1], timeout=PATIENCE) as raw:
        raw.sendall(b"".join(hello[:3] + struct.pack(">H", len(part)) + part for part in records))
        shakes_hands(raw, side, incoming)
    assert server.counted("tls_certificates_made")["tls_certificates_made"] == 1


def test_many_new_names_at_once_are_all_made(tls, authority):
    server = tls(workers=2)
    names = [f"x.{os.urandom(4).hex()}.example" for _ in range(300)]
    pairs = []
    for name in names:
        raw = socket.create_connection(server.addresses[1], timeout=PATIENCE)
        side, incoming, hello = hello_of(authority, name)
        raw.sendall(hello)
        pairs.append((raw, side, incoming))
    for raw, side, incoming in pairs:
        shakes_hands(raw, side, incoming)
        raw.close()
    assert server.eventually("made", lambda stats: stats["tls_certificates_made"] == 300)["tls_names_refused"] == 0
