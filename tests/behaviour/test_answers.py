"""What the default answers are, seen from outside."""

import json

import pytest

from support.client import Client, get, request

SAMPLES = [
    ("/pixel.gif", "image/gif", b"GIF89a"),
    ("/pixel.png?v=1#x", "image/png", b"\x89PNG\r\n\x1a\n"),
    ("/a/b/photo.jpg", "image/jpeg", b"\xff\xd8\xff"),
    ("/favicon.ico", "image/", b"\0\0\1\0"),
    ("/other.ico;jsessionid=1", "image/", b"\0\0\1\0"),
    ("/a.svg", "image/svg+xml", b"<"),
    ("/a.js", "text/javascript", b""),
    ("/a.css", "text/css", b""),
    ("/a.json", "application/json", b"{}"),
    ("/a.txt", "text/plain", b""),
    ("/a.html", "text/html", b""),
    ("/", "text/html", b""),
]


@pytest.mark.parametrize("path, kind, start_of_body", SAMPLES, ids=[sample[0] for sample in SAMPLES])
def test_the_answer_has_the_type_of_the_extension(start, path, kind, start_of_body):
    answer = get(start(workers=1).address, path)
    assert answer.status == 200
    assert (answer.get("content-type") or "").startswith(kind)
    assert answer.body.startswith(start_of_body)


def test_the_sizes_that_were_promised(start):
    address = start(workers=1).address
    assert len(get(address, "/a.gif").body) == 43
    assert len(get(address, "/a.png").body) <= 68
    assert len(get(address, "/favicon.ico").body) == 70
    assert json.loads(get(address, "/a.json").body) == {}


def test_any_method_that_makes_sense_is_answered(start):
    address = start(workers=1).address
    for method in ("GET", "POST", "PUT", "PATCH", "DELETE"):
        assert get(address, "/a.gif", method=method).status in (200, 204)


def test_generate_204_has_no_content(start):
    answer = get(start(workers=1).address, "/generate_204")
    assert answer.status == 204 and answer.get("content-type") is None


def test_probes_can_be_switched_off(start):
    assert get(start("--probes", "off").address, "/generate_204").status == 200


def test_a_preflight_is_allowed_what_it_asks_for(start):
    answer = get(
        start().address,
        "/any",
        "Origin: https://page.example",
        "Access-Control-Request-Method: PUT",
        "Access-Control-Request-Headers: x-one, x-two",
        method="OPTIONS",
    )
    assert answer.status == 204
    assert answer.get("access-control-allow-origin") == "https://page.example"
    assert answer.get("access-control-allow-credentials") == "true"
    assert "put" in answer.tokens("access-control-allow-methods")
    assert answer.tokens("access-control-allow-headers") >= {"x-one", "x-two"}
    assert int(answer.get("access-control-max-age")) > 0
    assert "origin" in answer.tokens("vary")


def test_an_origin_is_echoed_and_varied_on(start):
    answer = get(start().address, "/a.gif", "Origin: https://page.example")
    assert answer.all("access-control-allow-origin") == ["https://page.example"]
    assert answer.get("access-control-allow-credentials") == "true"
    assert "origin" in answer.tokens("vary")


def test_without_an_origin_everyone_is_allowed(start):
    answer = get(start().address, "/a.gif")
    assert answer.get("access-control-allow-origin") in ("*", None)
    assert answer.get("access-control-allow-credentials") is None


def test_an_origin_cannot_add_fields(start):
    with Client(start().address) as client:
        client.send(b"GET / HTTP/1.1\r\nHost: a\r\nOrigin: x\rSet-Cookie: y\r\n\r\n")
        answer = client.response()
        assert answer.status == 400 and answer.get("set-cookie") is None


def test_cors_can_be_switched_off(start):
    answer = get(start("--cors", "off").address, "/a.gif", "Origin: https://page.example")
    assert answer.get("access-control-allow-origin") is None


def test_default_answers_can_be_switched_off(start):
    assert get(start("--default-answers", "off").address, "/a.gif").status == 404


def test_the_server_field_is_what_the_operator_says(start):
    assert get(start("--server-name", "tiny").address, "/").get("server") == "tiny"
    assert get(start("--server-name", "").address, "/").get("server") is None


def test_the_date_is_now(start):
    from datetime import datetime, timezone
    from email.utils import parsedate_to_datetime

    date = parsedate_to_datetime(get(start().address, "/").get("date"))
    assert abs((datetime.now(timezone.utc) - date).total_seconds()) <= 2


def test_a_slow_second_request_gets_a_later_date(start):
    """The Date line is made once a second, also while nothing happens."""
    server = start(workers=1)
    with Client(server.address) as client:
        client.send(request("/"))
        first = client.response().get("date")
        from support.deadline import eventually

        def another() -> bool:
            client.send(request("/"))
            return client.response().get("date") != first

        assert eventually(another, "a later Date", 3.0)


def test_what_a_client_has_already_is_not_sent_again(start):
    server = start()
    first = get(server.address, "/a.gif")
    tag = first.get("etag")
    assert tag.startswith('"') and tag.endswith('"') and len(tag) > 2
    assert get(start().address, "/a.gif").get("etag") == tag, "the same from every server"
    for value in (tag, f'"x", W/{tag}', "*"):
        again = get(server.address, "/a.gif", f"If-None-Match: {value}")
        assert (again.status, again.body, again.get("content-length")) == (304, b"", None)
        for name in ("etag", "cache-control", "vary", "access-control-allow-origin"):
            assert again.get(name) == first.get(name), name
    assert get(server.address, "/a.gif", 'If-None-Match: "x"').body == first.body
    from_page = get(server.address, "/a.gif", f"If-None-Match: {tag}", "Origin: https://a.example")
    assert from_page.get("access-control-allow-origin") == "https://a.example"


def test_what_is_never_kept_has_no_tag(start):
    answer = get(start().address, "/", "If-None-Match: *")
    assert (answer.status, answer.get("etag")) == (200, None)


def test_a_range_of_a_medium_is_answered(start):
    server = start(workers=1)
    whole = get(server.address, "/a.mp4")
    assert whole.get("accept-ranges") == "bytes"
    size, tag = len(whole.body), whole.get("etag")
    part = get(server.address, "/a.mp4", "Range: bytes=0-1")
    assert (part.status, part.body) == (206, whole.body[:2])
    assert part.get("content-range") == f"bytes 0-1/{size}" and part.get("content-type") == "video/mp4"
    rest = get(server.address, "/a.mp4", "Range: bytes=2-", f"If-Range: {tag}")
    assert part.body + rest.body == whole.body
    assert get(server.address, "/a.mp4", "Range: bytes=-5").body == whole.body[-5:]
    beyond = get(server.address, "/a.mp4", f"Range: bytes={size}-")
    assert (beyond.status, beyond.get("content-range"), beyond.body) == (416, f"bytes */{size}", b"")
    assert beyond.get("content-type") is None
    for ignored in ("Range: bytes=0-1,3-4", "Range: lines=1-2", "Range: bytes=x"):
        assert get(server.address, "/a.mp4", ignored).status == 200
    assert get(server.address, "/a.mp4", "Range: bytes=0-1", 'If-Range: "other"').status == 200


def test_a_range_of_a_large_file_of_a_rule(start, tmp_path):
    large = bytes(range(256)) * 4096
    (tmp_path / "large.bin").write_bytes(large)
    (tmp_path / "rules.toml").write_text('[[rule]]\nfile = "large.bin"\n')
    server = start("--rules", str(tmp_path / "rules.toml"), workers=1)
    with Client(server.address) as client:
        client.send(request("/", "Range: bytes=1000-900000") + request("/", "Range: bytes=5-5"))
        assert client.response().body == large[1000:900001]
        assert client.response().body == large[5:6]
