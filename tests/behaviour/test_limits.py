"""Every refusal is counted under its reason, and every limit is an option."""

import pytest

from support.client import Client, get, request

HOST = b"Host: a\r\n"

REASONS = [
    ("request_line", b"GET /a b HTTP/1.1\r\n" + HOST + b"\r\n", 400),
    ("version", b"GET / HTTP/2.1\r\n" + HOST + b"\r\n", 505),
    ("version", b"GET / HTTP/1\r\n" + HOST + b"\r\n", 400),
    ("target_too_long", b"GET /" + b"x" * 15000 + b" HTTP/1.1\r\n" + HOST + b"\r\n", 414),
    ("head_too_large", b"GET / HTTP/1.1\r\n" + HOST + b"X: " + b"x" * 20000, 431),
    ("head_too_large", b"GET / HTTP/1.1\r\n" + HOST + b"X: y\r\n" * 101 + b"\r\n", 431),
    ("field", b"GET / HTTP/1.1\r\n" + HOST + b"X : y\r\n\r\n", 400),
    ("line_end", b"GET / HTTP/1.1\n" + HOST + b"\r\n", 400),
    ("host", b"GET / HTTP/1.1\r\n\r\n", 400),
    ("host", b"GET / HTTP/1.1\r\n" + HOST + HOST + b"\r\n", 400),
    ("framing", b"POST / HTTP/1.1\r\n" + HOST + b"Content-Length: +5\r\n\r\n", 400),
    ("framing", b"POST / HTTP/1.1\r\n" + HOST + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n", 400),
    ("transfer_coding", b"POST / HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: gzip\r\n\r\n", 501),
    ("chunk", b"POST / HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: chunked\r\n\r\n0x5\r\n", 400),
    ("body_too_large", b"POST / HTTP/1.1\r\n" + HOST + b"Content-Length: 1000000000000\r\n\r\n", 413),
    ("method", b"FOO / HTTP/1.1\r\n" + HOST + b"\r\n", 501),
    ("method_not_allowed", b"TRACE / HTTP/1.1\r\n" + HOST + b"\r\n", 405),
    ("expectation", b"GET / HTTP/1.1\r\n" + HOST + b"Expect: x\r\n\r\n", 417),
    ("protocol", b"\x16\x03\x01\x00\xa5\x01\x00\x00\xa1\x03\x03" + bytes(154), 400),
    ("protocol", b"PRI * HTTP/2.0\r\n\r\nNO\r\n\r\n", 400),
]


@pytest.fixture(scope="module")
def server():
    from support.server import ServerProcess, binary_argv

    process = ServerProcess(binary_argv(workers=1))
    try:
        yield process
        process.stop()
    finally:
        process.kill()


@pytest.mark.parametrize("reason, raw, status", REASONS, ids=[f"{row[0]}-{n}" for n, row in enumerate(REASONS)])
def test_a_refusal_is_counted_under_its_reason_and_nowhere_else(server, reason, raw, status):
    before = server.stats()
    with Client(server.address) as client:
        client.send(raw)
        client.end_sending()
        received = client.until_closed()
    assert received == b"" and reason == "protocol" or received.startswith(b"HTTP/1.1 %d " % status)
    after = server.counted(f"refused_{reason}", before[f"refused_{reason}"] + 1)
    changed = {name: n for name, n in after.named("refused_").items() if n != before[name]}
    assert changed == {f"refused_{reason}": before[f"refused_{reason}"] + 1}


def test_a_body_of_max_body_is_taken_and_one_more_octet_is_not(start):
    address = start("--max-body", "1000").address
    assert get(address, "/", method="POST", body=b"x" * 1000).status == 200
    with Client(address) as client:
        client.send(request("/", method="POST", body=b"x" * 1001))
        assert client.response().status == 413


def test_max_fields_is_exact(start):
    address = start("--max-fields", "10").address
    with Client(address) as client:
        client.send(request("/", *(f"X-{n}: y" for n in range(9))))
        assert client.response().status == 200
        client.send(request("/", *(f"X-{n}: y" for n in range(10))))
        assert client.response().status == 431


def test_max_head_is_exact(start):
    address = start("--max-head", "2000", "--max-target", "500").address
    fill = 2000 - len(request("/", "X: "))
    with Client(address) as client:
        client.send(request("/", "X: " + "x" * fill))
        assert client.response().status == 200
        client.send(request("/", "X: " + "x" * (fill + 1)))
        assert client.response().status == 431


def test_max_target_is_exact(start):
    address = start("--max-target", "300").address
    with Client(address) as client:
        client.send(request("/" + "x" * 299))
        assert client.response().status == 200
        client.send(request("/" + "x" * 300))
        assert client.response().status == 414


def test_bare_line_feeds_are_taken_where_the_operator_allows_them(start):
    address = start("--allow-bare-lf", "on").address
    with Client(address) as client:
        client.send(b"GET / HTTP/1.1\nHost: a\n\n" + request("/", "Connection: close"))
        assert [client.response().status, client.response().status] == [200, 200]
        client.expect_closed()


def test_a_bare_carriage_return_is_refused_even_then(start):
    with Client(start("--allow-bare-lf", "on").address) as client:
        client.send(b"GET / HTTP/1.1\nHost: a\nX: y\rZ: z\n\n")
        assert client.response().status == 400
