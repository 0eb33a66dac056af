"""The PROXY header of a connection that goes on with TLS: in the clear, before the handshake."""

import json
import socket
import struct
import time

import pytest

from support import proxy
from support.client import Client as Plain
from support.client import request
from support.deadline import PATIENCE

from tls.conftest import V12, V13, context

CLOSED = r"http_responder: warning: (no valid PROXY header from|.* is not in proxy_trusted: its connection is closed)"
CROWDED = r"http_responder: warning: \S+ has max_connections_per_client open"
HEADERS = {"version 1": proxy.v1("192.0.2.1"), "version 2": proxy.v2("2001:db8::7", tlvs=b"\x04\x00\x02\0\0")}


@pytest.fixture
def behind_proxy(start, authority):
    """A server with three listeners, plain, TLS and both, each of which takes headers."""

    def begin(*options: str, **where):
        listeners = ["--tls-port", "0", "--listen-auto", "127.0.0.1:0", "--ca-dir", str(authority.folder)]
        return start(*listeners, "--proxy-protocol", "all", *options, allow=(CLOSED, CROWDED), **where)

    return begin


def ask(address, authority, header: bytes, *, pieces: int = 1 << 16, version=V13) -> bytes:
    """What is answered over TLS behind the header, which may come in pieces."""
    raw = socket.create_connection(address, timeout=PATIENCE)
    raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    for at in range(0, len(header), pieces):
        raw.sendall(header[at : at + pieces])
    with context(authority.certificate, version=version).wrap_socket(raw, server_hostname="ads.example.com") as client:
        client.sendall(request("/a.gif", "Connection: close"))
        received = b""
        while octets := client.recv(65536):
            received += octets
        return received


@pytest.mark.parametrize("version", [V12, V13])
@pytest.mark.parametrize("listener", [1, 2], ids=["TLS", "both"])
@pytest.mark.parametrize("header", HEADERS.values(), ids=HEADERS)
def test_tls_begins_behind_the_header_and_the_log_has_the_client(
    behind_proxy, authority, tmp_path, header, listener, version
):
    log = tmp_path / "access.log"
    server = behind_proxy("--access-log", str(log), "--access-log-format", "json", workers=2)
    for pieces in (1 << 16, 1, 5):
        answer = ask(server.addresses[listener], authority, header, pieces=pieces, version=version)
        assert answer.startswith(b"HTTP/1.1 200")
    stats = server.eventually("all gone", lambda stats: stats["connections_open"] == 0)
    assert stats["tls_handshakes"] == 3 and stats["connections_handshake"] == 0
    server.stop()
    clients = {json.loads(line)["client"] for line in log.read_text().splitlines()}
    assert clients == {"192.0.2.1" if header.startswith(b"PROXY") else "2001:db8::7"}


def test_a_hello_in_the_same_segment_is_not_lost(behind_proxy, authority):
    import ssl

    server = behind_proxy(workers=1)
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    side = context(authority.certificate).wrap_bio(incoming, outgoing, server_hostname="ads.example.com")
    with socket.create_connection(server.addresses[1], timeout=PATIENCE) as raw:
        sent = HEADERS["version 2"]
        while True:
            try:
                side.do_handshake()
                break
            except ssl.SSLWantReadError:
                raw.sendall(sent + outgoing.read())
                sent = b""
                incoming.write(raw.recv(65536))
        side.write(request("/a.gif"))
        raw.sendall(sent + outgoing.read())
        while True:
            try:
                assert side.read(65536).startswith(b"HTTP/1.1 200")
                break
            except ssl.SSLWantReadError:
                incoming.write(raw.recv(65536))


def test_the_plain_side_of_a_port_for_both(behind_proxy):
    server = behind_proxy(workers=1)
    with Plain(server.addresses[2]) as client:
        client.send(HEADERS["version 1"] + request("/a.gif"))
        assert client.response().status == 200


@pytest.mark.parametrize("listener", [1, 2], ids=["TLS", "both"])
@pytest.mark.parametrize(
    "octets",
    [b"\x16\x03\x01\x02\x00", b"GET / HTTP/1.1\r\n\r\n", b"PROXY TCP9\r\n", proxy.SIGNATURE + b"\x21\x11\xff\xff"],
    ids=["a hello", "a request", "no such family", "too long"],
)
def test_what_is_no_header_is_closed_without_a_word_and_counted(behind_proxy, octets, listener):
    server = behind_proxy(workers=1)
    with Plain(server.addresses[listener]) as client:
        client.send(octets)
        assert client.until_gone() == b""
    stats = server.eventually("all gone", lambda stats: stats["connections_open"] == 0)
    assert stats["refused_proxy_header"] == 1 and stats["tls_handshakes"] == 0


@pytest.mark.parametrize("listener", [1, 2], ids=["TLS", "both"])
def test_a_header_that_does_not_come_or_is_cut_off_holds_nothing(behind_proxy, listener):
    server = behind_proxy("--head-timeout", "300ms", workers=1)
    begun = time.monotonic()
    with Plain(server.addresses[listener]) as client:
        client.send(b"PROXY TCP4 192.0.2.1 ")
        assert client.until_gone() == b""
    assert time.monotonic() - begun >= 0.25
    with Plain(server.addresses[listener]) as client:
        client.send(proxy.SIGNATURE)
        client.socket.shutdown(socket.SHUT_WR)
        assert client.until_closed() == b""
    with socket.create_connection(server.addresses[listener]) as reset:
        reset.send(b"PROXY ")
        reset.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    stats = server.eventually("all gone", lambda stats: stats["connections_open"] == 0)
    assert stats["timeouts_head"] == 1 and stats["disconnects_early"] >= 1


def test_the_client_of_the_header_is_limited(behind_proxy, authority):
    server = behind_proxy("--max-connections-per-client", "1", workers=2)
    with socket.create_connection(server.addresses[1], timeout=PATIENCE) as first:
        first.sendall(HEADERS["version 1"])
        server.eventually("it is in", lambda stats: stats["connections_handshake"] == 1)
        with Plain(server.addresses[1]) as second:
            second.send(HEADERS["version 1"])
            assert second.until_gone() == b"", "who expects TLS cannot read a 429"
        assert ask(server.addresses[1], authority, proxy.v1("192.0.2.2")).startswith(b"HTTP/1.1 200")
    stats = server.eventually("all gone", lambda stats: stats["connections_open"] == 0)
    assert stats["refused_client_connections"] == 1


def test_a_drain_ends_those_that_have_not_sent_a_header(behind_proxy):
    server = behind_proxy("--drain-timeout", "5s", workers=1)
    with socket.create_connection(server.addresses[1]):
        server.eventually("it is in", lambda stats: stats["connections_open"] == 1)
        server.stop()
