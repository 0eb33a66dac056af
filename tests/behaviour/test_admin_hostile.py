"""The admin side: who may not ask, and who cannot hold it up."""

import pytest

from support.admin import ask, read
from support.client import Client, get, request
from support.deadline import eventually


def test_a_name_that_somebody_pointed_at_this_machine_is_refused(admin_tcp):
    _, address = admin_tcp()
    for host in ("evil.example", "evil.example:80", "localhost.evil.example", "192.0.2.1"):
        refused = read(address, "/stats.json", 403, host=host)
        assert refused["error"].startswith("Host: expected localhost or a loopback address")
    for host in ("localhost", "127.0.0.1", f"127.0.0.1:{address[1]}", "[::1]:80"):
        assert ask(address, "/stats.json", host=host).status == 200, host


def test_no_page_of_another_site_can_change_anything(admin_tcp):
    server, address = admin_tcp(allow=("there is no file to read again",))
    own = f"127.0.0.1:{address[1]}"

    def status(*fields):
        return ask(address, "/reload", *fields, method="POST", host=own).status

    assert status() == 403
    assert status("Content-Type: text/plain") == 403
    assert status("Origin: http://evil.example", "Content-Type: application/json") == 403
    assert status("Origin: null", "X-Requested-With: x") == 403
    assert status(f"Origin: https://{own}") == 403
    assert ask(address, "/drain", method="POST", host=own).status == 403
    assert status(f"Origin: http://{own}") == 200
    assert status("X-Requested-With: curl") == 200
    assert status("Content-Type: application/json; charset=utf-8") == 200
    # Nor read anything, nor put it into a frame.
    assert ask(address, "/stats.json", "Origin: http://evil.example", host=own).status == 403
    page = ask(address, "/", host=own)
    assert "frame-ancestors 'none'" in page.get("content-security-policy")
    assert page.get("cross-origin-resource-policy") == "same-origin"
    assert page.get("access-control-allow-origin") is None
    assert read(address, "/healthz", host=own) == {"status": "running"}


GARBAGE = [
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(200),
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: localhost\r\nX: " + b"b" * 100_000,
    b"PUT /log-level HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999999999\r\n\r\n",
    b"PUT /log-level HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nfffffffff\r\n" + b"c" * 65536,
    b"PUT /log-level HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\n\r\n\xff\xfe\x00",
    b"GET /stats.json HTTP/1.1\r\nHost: localhost\r\n\r\n" * 500,
    bytes(range(256)) * 64,
]


@pytest.mark.parametrize("octets", GARBAGE, ids=range(len(GARBAGE)))
def test_whatever_the_admin_side_is_sent_the_server_answers(admin, octets):
    server, path = admin()
    with Client(path) as hostile:
        hostile.send_unless_closed(octets)
        hostile.end_sending()
        hostile.expect_gone()
    assert get(server.address, "/a.gif").status == 200
    assert ask(path, "/healthz").status == 200


HELD = {
    "head": (500, b"GET /stats.json HTTP/1.1\r\nHost: localhost\r\nX-Slow: "),
    "nothing": (500, b""),
    "body": (500, b"PUT /log-level HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\n"),
    "unread": (60, b"GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n" * 40),
}


@pytest.mark.parametrize(("count", "octets"), HELD.values(), ids=HELD.keys())
@pytest.mark.parametrize("side", ["unix", "tcp"])
def test_who_holds_the_admin_side_open_keeps_nobody_from_an_answer(admin, admin_tcp, side, count, octets):
    server, address = admin() if side == "unix" else admin_tcp()
    hostile = []
    try:
        for _ in range(count):
            client = eventually(lambda: connected(address), "room in the queue of the socket")
            client.socket.setblocking(False)
            send_what_fits(client, octets)
            hostile.append(client)
        for path in ("/healthz", "/metrics", "/stats.json") * 20:
            assert ask(address, path).status == 200, path
        assert get(server.address, "/a.gif").status == 200
        assert server.stats()["connections_shed"] == 0
    finally:
        for client in hostile:
            client.close()


def connected(address) -> Client | None:
    """A connection, unless the queue of a Unix socket is full."""
    try:
        return Client(address)
    except BlockingIOError:
        return None


def send_what_fits(client, octets: bytes) -> None:
    try:
        while octets:
            octets = octets[client.socket.send(octets) :]
    except (BlockingIOError, BrokenPipeError, ConnectionResetError):
        pass


def test_who_does_not_read_what_it_asks_for_is_let_go(admin):
    server, path = admin()
    with Client(path) as greedy:
        greedy.socket.setblocking(False)
        send_what_fits(greedy, request("/metrics") * 200)
        assert ask(path, "/healthz").status == 200
        assert get(server.address, "/a.gif").status == 200
