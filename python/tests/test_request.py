"""Request: what a handler sees of what the client sent."""

import subprocess

import httpx
import pytest
import requests

from http_responder import MultiDict


@pytest.fixture
def echo(server, ask):
    """Asks and returns the request as the handler saw it."""
    seen = []

    @server.route("/{*path}")
    def keep(request):
        seen.append(request)
        return "seen"

    def echo(*args, **kwargs):
        assert ask(*args, **kwargs).text == "seen"
        return seen[-1]

    return echo


def test_the_request_line_is_as_sent(echo, server):
    request = echo("/a%20b/c?x=1&y=%2F#")
    assert request.method == "GET"
    assert request.target.startswith("/a%20b/c?x=1&y=%2F")
    assert request.path == "/a%20b/c"
    assert request.query_string.startswith("x=1&y=%2F")
    assert request.version == "HTTP/1.1"
    assert request.host == f"127.0.0.1:{server.port}"


def test_no_query_is_an_empty_one(echo):
    assert echo("/a").query_string == ""


def test_parameters_are_percent_decoded(server, ask):
    @server.route("/items/{item}/of/{owner}")
    def item(request):
        return request.params

    answer = ask("/items/a%20b%2Fc/of/%C3%A9")
    assert answer.json() == {"item": "a b/c", "owner": "é"}


def test_raw_parameters_are_as_sent(server, ask):
    @server.route("/items/{item}/{*rest}")
    def item(request):
        return request.raw_params

    answer = ask("/items/a%20b%2Fc%25/x/%ff")
    assert answer.json() == {"item": "a%20b%2Fc%25", "rest": "x/%ff"}


def test_headers_ignore_case_and_keep_every_line(echo):
    request = echo("/a", headers={"X-Token": "secret", "Accept": "*/*"})
    assert request.headers["x-token"] == "secret"
    assert request.headers.get_all("ACCEPT") == ["*/*"]
    assert ("X-Token", "secret") in request.headers.items()
    assert request.headers is request.headers, "made once"


def test_header_octets_beyond_ascii_are_kept_one_to_one(echo):
    request = echo("/a", headers={"X-Name": b"\xe9\xff"})
    assert request.headers["X-Name"].encode("latin-1") == b"\xe9\xff"


def test_the_body_is_whole(echo):
    body = bytes(range(256)) * 400
    assert echo("/a", "POST", body=body).body == body


def test_a_chunked_body_is_decoded(echo):
    request = echo("/a", "POST", body=iter([b"one", b"two"]))
    assert request.headers["Transfer-Encoding"] == "chunked"
    assert request.body == b"onetwo"


def test_text_is_in_the_charset_of_its_type(echo):
    latin = {"Content-Type": 'text/plain; charset="iso-8859-1"'}
    assert echo("/a", "POST", body=b"\xe9", headers=latin).text == "é"
    assert echo("/a", "POST", body="é".encode()).text == "é"
    unknown = {"Content-Type": "text/plain; charset=klingon"}
    assert echo("/a", "POST", body="é".encode(), headers=unknown).text == "é"
    assert echo("/a", "POST", body=b"a\xff").text == "a\ufffd"


def test_json_is_parsed_and_bad_json_is_a_value_error(echo):
    assert echo("/a", "POST", body=b'{"a": [1, 2]}').json() == {"a": [1, 2]}
    with pytest.raises(ValueError):
        echo("/a", "POST", body=b"{").json()


def test_the_peer_is_the_address_of_the_client(echo):
    host, port = echo("/a").peer.rsplit(":", 1)
    assert host == "127.0.0.1"
    assert 0 < int(port) < 65536


def test_a_request_may_be_kept_after_the_server_is_gone(echo, server):
    request = echo("/kept?q", "POST", body=b"body", headers={"X": "1"})
    server.stop()
    assert (request.target, request.body, request.headers["x"]) == ("/kept?q", b"body", "1")
    assert repr(request) == "<Request POST /kept?q>"


@pytest.fixture
def seen(server):
    """What the last request was, kept beyond its handler."""
    kept = []

    @server.route("/form")
    def keep(request):
        kept[:] = [request]
        return "kept"

    return lambda: kept[0]


def test_the_query_has_its_parameters_decoded(server, ask, seen):
    ask("/form?a=1&b=x+y%26&a=2&empty=&bare&%C3%A9=%C3%A8&bad=%ff")
    query = seen().query
    assert query.items() == [
        ("a", "1"),
        ("b", "x y&"),
        ("a", "2"),
        ("empty", ""),
        ("bare", ""),
        ("é", "è"),
        ("bad", "\ufffd"),
    ]
    assert (query["a"], query.get_all("a"), query.get("none"), query.get("none", 5)) == (
        "1",
        ["1", "2"],
        None,
        5,
    )
    assert "b" in query and "none" not in query and len(query) == 7
    with pytest.raises(KeyError):
        query["none"]


def test_cookies_have_names_and_values(server, ask, seen):
    ask("/form", headers={"Cookie": 'a=1; b="two"; a=3; bare; c=x=y'})
    assert seen().cookies == {"a": "1", "b": "two", "c": "x=y"}


def test_a_request_that_is_kept_knows_its_peer(server, ask, seen):
    ask("/form")
    address, _, port = seen().peer.rpartition(":")
    assert address == "127.0.0.1" and int(port) > 0


def test_a_urlencoded_form_is_parsed(server, ask, seen):
    requests.post(server.url_for("/form"), data=[("a", "é +&"), ("a", "2"), ("b", "")])
    assert seen().form() == MultiDict([("a", "é +&"), ("a", "2"), ("b", "")])


BINARY = bytes(range(256)) * 50 + b"\r\n--\r\n\r--x\n"


@pytest.mark.parametrize("post", [requests.post, httpx.post])
def test_a_multipart_form_has_fields_and_files(server, seen, post):
    post(
        server.url_for("/form"),
        data={"title": "é", "empty": ""},
        files=[
            ("file", ("a ü.bin", BINARY, "application/x-thing")),
            ("file", ("mail.eml", b"Subject: x\r\n\r\nbody", "message/rfc822")),
        ],
    )
    form = seen().form()
    assert (form["title"], form["empty"]) == ("é", "")
    first, second = form.get_all("file")
    assert (first.content_type, first.body) == ("application/x-thing", BINARY)
    assert "bin" in first.filename
    assert (second.filename, second.text) == ("mail.eml", "Subject: x\r\n\r\nbody")


def test_curl_sends_a_form(server, seen, tmp_path):
    upload = tmp_path / "up.bin"
    upload.write_bytes(BINARY)
    command = ["curl", "-sS", "-F", "a=b c", "-F", f"f=@{upload};type=a/b", server.url_for("/form")]
    subprocess.run(command, check=True, capture_output=True, timeout=20)
    form = seen().form()
    assert (form["a"], form["f"].body, form["f"].filename) == ("b c", BINARY, "up.bin")


@pytest.mark.parametrize(
    ("content_type", "body", "expected"),
    [
        ("text/plain", b"x", "expected application/x-www-form-urlencoded or multipart/form-data"),
        ("", b"x", "got ''"),
        ("multipart/form-data", b"x", "expected a boundary"),
        ("multipart/form-data; boundary=b", b"--b\r\n\r\nx", "expected a last boundary"),
        ("multipart/form-data; boundary=b", b"--bx\r\n\r\nx\r\n--b--", "expected a line end"),
        ("multipart/form-data; boundary=b", b"--b\r\nA: b\r\n--b--", "expected an empty line"),
        ("multipart/form-data; boundary=b", b"--b\r\n\r\nx\r\n--b--", "expected a name"),
    ],
)
def test_what_is_no_form_is_told(server, ask, seen, content_type, body, expected):
    ask("/form", "POST", body, {"Content-Type": content_type})
    with pytest.raises(ValueError, match=expected):
        seen().form()
