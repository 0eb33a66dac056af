"""The PROXY protocol: whom a listener believes, and what it makes of what it is told."""

import random
import signal
import socket

import pytest

from support import proxy
from support.client import Client, get, request
from support.server import ServerProcess, binary_argv

CLOSED = r"http_responder: warning: (no valid PROXY header from|.* is not in proxy_trusted: its connection is closed)"
CROWDED = r"http_responder: warning: \S+ has max_connections_per_client open"
GET = request("/a.gif")
LAST = request("/a.gif", "Connection: close")


def behind_proxy(start, *options: str, trusted: str = "127.0.0.0/8", allow=(), **where):
    """A server all of whose listeners believe proxies on this machine."""
    arguments = ("--proxy-protocol", "all", "--proxy-trusted", trusted, *options)
    return start(*arguments, allow=(CLOSED, CROWDED, *allow), **where)


def say(server, octets: bytes) -> bytes:
    """Everything that the server says to these octets until it closes."""
    with Client(server.address) as client:
        client.send(octets)
        return client.until_closed()


@pytest.mark.parametrize(
    "header",
    [
        proxy.v1("192.0.2.1"),
        proxy.v1("2001:db8::1"),
        b"PROXY UNKNOWN\r\n",
        b"PROXY UNKNOWN who knows\r\n",
        proxy.v2("192.0.2.1"),
        proxy.v2("2001:db8::1"),
        proxy.v2("192.0.2.1", tlvs=b"\x02\x00\x0bexample.com\x20\x00\x05\x01\x00\x00\x00\x00"),
        proxy.v2(),
        proxy.v2(command=proxy.LOCAL),
        proxy.v2("192.0.2.1", command=proxy.LOCAL),
        proxy.raw(proxy.PROXY, proxy.UNIX, bytes(216)),
    ],
    ids=range(11),
)
def test_requests_behind_a_header_are_answered(start, header):
    server = behind_proxy(start, workers=1)
    with Client(server.address) as client:
        client.send(header + GET)
        assert client.response().status == 200
        client.send(LAST)
        assert client.response().status == 200
        client.expect_closed()


MALFORMED = {
    "no header": GET,
    "TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    "other case": b"proxy TCP4 192.0.2.1 192.0.2.2 1 2\r\n" + GET,
    "other family": b"PROXY TCP5 192.0.2.1 192.0.2.2 1 2\r\n" + GET,
    "no address": b"PROXY TCP4\r\n" + GET,
    "address of the other family": b"PROXY TCP6 192.0.2.1 192.0.2.2 1 2\r\n" + GET,
    "port out of range": b"PROXY TCP4 192.0.2.1 192.0.2.2 65536 2\r\n" + GET,
    "bare LF": b"PROXY TCP4 192.0.2.1 192.0.2.2 1 2\n" + GET,
    "line too long": b"PROXY UNKNOWN " + b"x" * 200 + b"\r\n" + GET,
    "version 3": proxy.SIGNATURE + b"\x31\x11\x00\x00" + GET,
    "command 2": proxy.raw(0x22, proxy.TCP4, bytes(12)) + GET,
    "family 4": proxy.raw(proxy.PROXY, 0x41, bytes(12)) + GET,
    "address cut short": proxy.raw(proxy.PROXY, proxy.TCP4, bytes(11)) + GET,
    "half a TLV": proxy.v2("192.0.2.1", tlvs=b"\x02\x00") + GET,
    "too long": proxy.raw(proxy.PROXY, proxy.UNSPEC, bytes(5000)) + GET,
}


@pytest.mark.parametrize("octets", MALFORMED.values(), ids=MALFORMED.keys())
def test_what_is_malformed_is_closed_without_an_answer_and_counted(start, octets):
    server = behind_proxy(start, workers=1)
    with Client(server.address) as client:
        client.send(octets)
        assert client.until_gone() == b""
    stats = server.counted("refused_proxy_header")
    assert stats["requests_handled"] == 0
    assert stats.named("responses_") == {}
    assert say(server, proxy.v1("192.0.2.1") + LAST).startswith(b"HTTP/1.1 200"), "it is served on"


def test_hostile_headers_take_nobody_down(start):
    server = behind_proxy(start, "--head-timeout", "1s")
    rnd = random.Random(4)
    for _ in range(300):
        header = bytearray(rnd.choice([proxy.v1("192.0.2.1"), proxy.v2("2001:db8::1", tlvs=b"\1\0\1x")]))
        for _ in range(rnd.randint(1, 4)):
            header[rnd.randrange(len(header))] = rnd.randrange(256)
        with Client(server.address) as client:
            client.send_unless_closed(bytes(header))
            if rnd.random() < 0.5:
                client.reset()
    assert say(server, proxy.v1("192.0.2.1") + LAST).startswith(b"HTTP/1.1 200")
    server.eventually("all gone", lambda stats: stats["connections_open"] == 0)


@pytest.mark.parametrize("header", [proxy.v1("2001:db8::1"), proxy.v2("192.0.2.1", tlvs=bytes(50) + b"\0")], ids=[1, 2])
def test_a_header_may_arrive_octet_by_octet(start, tmp_path, header):
    # Only a Unix socket tells when an octet was read.
    server = behind_proxy(start, trusted="unix", address=f"unix:{tmp_path}/s", workers=1)
    with Client(server.address) as client:
        for octet in header + LAST:
            assert client.send_and_see_taken(bytes([octet]))
        assert client.response().status == 200
        client.expect_closed()


def test_a_header_has_to_come_within_head_timeout(start):
    server = behind_proxy(start, "--head-timeout", "300ms", workers=1)
    with Client(server.address) as silent, Client(server.address) as slow:
        slow.send(b"PROXY TCP4 192.")
        slow.expect_closed()
        silent.expect_closed()
    assert server.counted("timeouts_head", 2).named("responses_") == {}


def test_who_is_not_trusted_is_closed_and_counted(start):
    server = behind_proxy(start, trusted="127.0.0.2,10.0.0.0/8")
    with Client(server.address) as client:
        client.send_unless_closed(proxy.v1("192.0.2.1") + GET)
        assert client.until_gone() == b""
    server.counted("refused_proxy_source")
    with socket.create_connection(server.address, source_address=("127.0.0.2", 0), timeout=10) as trusted:
        trusted.sendall(proxy.v1("192.0.2.1") + LAST)
        assert trusted.recv(4096).startswith(b"HTTP/1.1 200")
    stats = server.stats()
    assert (stats["refused_proxy_source"], stats["connections_handled"]) == (1, 1)


def test_whoever_is_on_this_machine_is_trusted_by_default(start, tmp_path):
    server = start("--proxy-protocol", "all", "--listen", f"[::1]:0,unix:{tmp_path}/s", workers=1)
    for address in server.addresses:
        with Client(address) as client:
            client.send(proxy.v1("192.0.2.1") + LAST)
            assert client.response().status == 200


def test_a_unix_socket_is_trusted_only_by_name(start, tmp_path):
    server = behind_proxy(start, trusted="0.0.0.0/0", address=f"unix:{tmp_path}/s")
    with Client(server.address) as client:
        client.expect_gone()
    server.counted("refused_proxy_source")


def test_only_the_listeners_that_are_named_take_headers(start):
    server = start("--listen", "127.0.0.2:0", "--proxy-protocol", "127.0.0.2:0", "--proxy-trusted", "127.0.0.1", allow=(CLOSED,))
    plain, proxied = server.addresses
    assert get(plain, "/a.gif").status == 200
    with Client(plain) as client:
        client.send(proxy.v1("192.0.2.1") + GET)
        assert client.response().status == 400
    with Client(proxied) as client:
        client.send(proxy.v1("192.0.2.1") + LAST)
        assert client.response().status == 200
    with Client(proxied) as client:
        client.send(GET)
        client.expect_gone()


@pytest.mark.parametrize("accept", ["dispatch", "reuseport"])
def test_the_clients_that_headers_name_are_limited_and_not_the_proxy(start, accept):
    server = behind_proxy(start, "--max-connections", "500", "--max-connections-per-client", "3", "--accept", accept)
    clients = [Client(server.address) for _ in range(30)]
    try:
        for number, client in enumerate(clients):
            # Ten /64 of IPv6, three addresses in each.
            client.send(proxy.v2(f"2001:db8:0:{number % 10}::{number + 1}") + GET)
            assert client.response().status == 200
        with Client(server.address) as one_too_many:
            one_too_many.send(proxy.v1("2001:db8:0:4::ffff") + GET)
            answer = one_too_many.response()
            assert answer.status == 429 and answer.closes
            one_too_many.expect_closed()
        with Client(server.address) as health_check:
            health_check.send(proxy.v2(command=proxy.LOCAL) + LAST)
            assert health_check.response().status == 200
        clients.pop(14).close()
        server.eventually("it is gone", lambda stats: stats["connections_open"] == 29)
        with Client(server.address) as next_one:
            next_one.send(proxy.v1("2001:db8:0:4::ffff") + LAST)
            assert next_one.response().status == 200
    finally:
        for client in clients:
            client.close()
    stats = server.eventually("all gone", lambda stats: stats["connections_open"] == 0)
    assert stats["refused_client_connections"] == stats["responses_4xx"] == 1
    assert stats["responses_2xx"] == stats["requests_handled"] == 32


def test_sighup_changes_who_is_trusted(start, tmp_path):
    file = tmp_path / "options.toml"
    file.write_text('proxy_protocol = "all"\nproxy_trusted = ["10.0.0.0/8"]\n')
    server = start("--config", str(file), allow=(CLOSED,))
    assert say_or_nothing(server) == b""
    file.write_text('proxy_protocol = "all"\nproxy_trusted = ["10.0.0.0/8", "127.0.0.1"]\n')
    server.signal(signal.SIGHUP)
    server.eventually("it is trusted", lambda _: say_or_nothing(server).startswith(b"HTTP/1.1 200"))


def say_or_nothing(server) -> bytes:
    with Client(server.address) as client:
        client.send_unless_closed(proxy.v1("192.0.2.1") + LAST)
        return client.until_gone()


@pytest.mark.parametrize(
    "options, status, message",
    [
        (("--proxy-protocol", "all", "--proxy-trusted="), 2, "proxy_trusted: expected the ranges from which proxy_protocol takes headers, got none"),
        (("--proxy-trusted", "10.0.0.1/8"), 2, 'proxy_trusted: expected ranges such as .*, got "10.0.0.1/8"'),
        (("--proxy-protocol", "localhost:80"), 2, 'proxy_protocol: expected addresses of listeners .*, got "localhost:80"'),
        (
            ("--proxy-protocol", "127.0.0.1:9", "--proxy-trusted", "10.0.0.0/8"),
            1,
            r"proxy_protocol: expected addresses of listeners \(127.0.0.1:\d+\), got 127.0.0.1:9",
        ),
    ],
)
def test_a_mistake_is_told_at_the_start(options, status, message):
    import re
    import subprocess

    done = subprocess.run(binary_argv(*options), capture_output=True, text=True, timeout=20)
    assert done.returncode == status
    assert re.search(message, done.stderr), done.stderr


def test_python_sees_the_client_that_the_header_names():
    import http_responder

    options = {"proxy_protocol": ["all"], "proxy_trusted": ["127.0.0.0/8"]}
    with http_responder.Server(port=0, workers=1, **options) as server:
        server.route("/who")(lambda request: request.peer)
        for header, expected in [
            (proxy.v1("192.0.2.1", 99), b"192.0.2.1:99"),
            (proxy.v2("2001:db8::7", 98), b"[2001:db8::7]:98"),
            (proxy.v2("::ffff:192.0.2.3", 97), b"192.0.2.3:97"),
        ]:
            with Client(("127.0.0.1", server.port)) as client:
                client.send(header + request("/who"))
                assert client.response().body == expected
                client.send(request("/who"))
                assert client.response().body == expected, "each request"
        with Client(("127.0.0.1", server.port)) as client:
            client.send(b"PROXY UNKNOWN\r\n" + request("/who"))
            host, port = client.socket.getsockname()
            assert client.response().body == f"{host}:{port}".encode()


def test_memory_for_addresses_is_given_back(start):
    """Two thousand clients, one after the other, leave nothing behind."""
    server: ServerProcess = behind_proxy(start, "--max-connections-per-client", "1", workers=1)
    for number in range(2000):
        with Client(server.address) as client:
            client.send(proxy.v2(f"2001:db8:{number // 256:x}:{number % 256:x}::1") + LAST)
            assert client.response().status == 200
    stats = server.eventually("all gone", lambda stats: stats["connections_open"] == 0)
    assert stats.named("clients_") == {} and stats["refused_client_connections"] == 0
