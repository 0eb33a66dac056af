"""Wire behaviour that needs more than one request as bytes: what 100 (Continue) waits for, what a
trailer must not do, what an authority in the target replaces."""

import pytest

from support.client import Client, request


@pytest.fixture
def client(face):
    with Client(face.tcp) as client:
        yield client


@pytest.fixture
def host_only(face):
    if not face.echoes:
        pytest.skip("needs the routes of the C host")


def test_100_comes_before_the_body_is_sent(client):
    client.send(request("/echo/x", "Expect: 100-continue", "Content-Length: 5", method="POST"))
    assert client.interim().status == 100
    client.expect_open()
    client.send(b"hello")
    assert client.response().status in (200, 204)


def test_100_is_sent_once_though_the_body_comes_in_pieces(client):
    client.send(request("/echo/x", "Expect: 100-continue", "Content-Length: 3", method="POST"))
    assert client.interim().status == 100
    for octet in (b"a", b"b", b"c"):
        client.send(octet)
    answer = client.response()
    assert answer.status in (200, 204) and answer.interim == []


def test_no_100_where_the_body_is_refused(client):
    client.send(request("/", "Expect: 100-continue", "Content-Length: 99999999999", method="POST"))
    answer = client.response()
    assert answer.status == 413 and answer.interim == []
    client.expect_closed()


def test_no_100_for_http_1_0(client):
    client.send(request("/echo/x", "Expect: 100-continue", "Content-Length: 5", method="POST", version="1.0"))
    client.send(b"hello")
    answer = client.response()
    assert answer.status in (200, 204) and answer.interim == []


def test_417_names_no_other_expectation_as_met(client):
    client.send(request("/", "Expect: something"))
    assert client.response().status == 417


@pytest.mark.parametrize("name, value", [("host", "test.example"), ("authorization", None), ("content-length", None)])
def test_a_trailer_never_becomes_a_field(client, host_only, name, value):
    trailer = f"{name.title()}: evil\r\n".encode()
    client.send(request(f"/field/{name}", "Transfer-Encoding: chunked", method="POST"))
    client.send(b"2\r\nhi\r\n0\r\n" + trailer + b"\r\n")
    answer = client.response()
    assert answer.status == 400 or answer.body == (value or "").encode()
    assert answer.status in ((200, 400) if value else (404, 400))


def test_a_forbidden_trailer_does_not_frame_the_next_request(client):
    client.send(request("/echo/x", "Transfer-Encoding: chunked", method="POST"))
    client.send(b"2\r\nhi\r\n0\r\nContent-Length: 50\r\nTransfer-Encoding: chunked\r\n\r\n")
    client.send(request("/after", "Connection: close"))
    first = client.response()
    if first.status in (200, 204):
        assert client.response().status in (200, 204)
    else:
        assert first.status == 400
    client.expect_closed()


def test_the_host_field_is_found_under_any_case(client, host_only):
    client.send(request("/field/HoSt"))
    assert client.response().body == b"test.example"


def test_the_path_of_an_absolute_form_is_routed(client, host_only):
    client.send(request("http://other.example/echo/x", method="POST", body=b"hi"))
    assert client.response().body == b"POST hi"


def test_405_lists_what_is_served(client, host_only):
    client.send(request("/only-get", method="DELETE"))
    answer = client.response()
    assert answer.status == 405
    assert {"get", "head"} <= answer.tokens("allow")


def test_head_has_the_fields_of_get(client):
    client.send(request("/a.gif"))
    get = client.response()
    client.send(request("/a.gif", method="HEAD"))
    head = client.response(head=True)
    assert get.body and not head.body
    fields = [[field for field in answer.fields if field[0] != "date"] for answer in (get, head)]
    assert fields[0] == fields[1]


def test_options_asterisk_has_no_surprising_body(client):
    client.send(request("*", method="OPTIONS"))
    answer = client.response()
    assert answer.status in (200, 204) and answer.body == b""


def test_a_body_of_half_a_megabyte_arrives_whole(client, host_only):
    body = bytes(range(256)) * 2048
    client.send(request("/echo/x", method="PUT", body=body))
    assert client.response().body == b"PUT " + body


def test_a_chunked_body_of_many_chunks_arrives_whole(client, host_only):
    client.send(request("/echo/x", "Transfer-Encoding: chunked", method="PUT"))
    client.send(b"".join(b"%x\r\n%s\r\n" % (n, b"x" * n) for n in range(1, 500)) + b"0\r\n\r\n")
    assert client.response().body == b"PUT " + b"x" * sum(range(1, 500))


def test_bodies_beyond_max_body_memory_are_answered_503(start_host):
    """Two bodies that fit each but not both: the second is told to come later, the first is kept."""
    server = start_host("max_body", "1000000", "max_body_memory", "1000000")
    half = b"x" * 600_000
    with Client(server.addresses[0]) as first, Client(server.addresses[0]) as second:
        first.send(request("/echo/x", f"Content-Length: {len(half) + 1}", method="POST") + half)
        server.eventually("half a body is held", lambda stats: stats["body_memory"] >= len(half))
        second.send_unless_closed(request("/echo/x", method="POST", body=half))
        answer = second.response()
        assert answer.status == 503 and answer.closes
        first.send(b"y")
        assert first.response().body == b"POST " + half + b"y"
    stats = server.eventually("all is given back", lambda stats: stats["body_memory"] == 0)
    assert stats["refused_memory"] == 1
