"""HTTP Archives: a log is saved, a file is answered again."""

import json

import pytest
from conftest import request

from http_responder import Response, Server, har
from http_responder.testing import Server as TestServer

BINARY = bytes(range(256))


def entry(url, status=200, text="", method="GET", headers=(), **content):
    fields = [{"name": name, "value": value} for name, value in headers]
    response = {"status": status, "headers": fields, "content": {"text": text, **content}}
    return {"request": {"method": method, "url": url}, "response": response}


def archive(*entries):
    return {"log": {"version": "1.2", "entries": list(entries)}}


def test_a_log_that_is_saved_is_answered_again(tmp_path):
    path = tmp_path / "log.har"
    with TestServer(port=0) as server:
        server.expect("/json", method="POST").respond_with_json({"é": 1}, 201, {"X-A": "b"})
        server.expect("/binary", query="a=b").respond_with_data(BINARY, content_type="a/b")
        server.expect("/tuple").respond_with((404, {"X": "y"}, "none"))
        server.expect("/none").respond_with_status(204)
        before = [
            request(server, "/json", "POST", b"body"),
            request(server, "/binary?a=b"),
            request(server, "/tuple"),
            request(server, "/none"),
        ]
        har.save(path, server.log)
    with Server(port=0) as server:
        assert har.replay(server, path) == 4
        after = [
            request(server, "/json", "POST"),
            request(server, "/binary?a=b"),
            request(server, "/tuple"),
            request(server, "/none"),
        ]
    for one, other in zip(before, after):
        assert (one.status, one.body) == (other.status, other.body)
        for name in ("Content-Type", "X-A", "X"):
            assert one.headers[name] == other.headers[name]
    written = json.loads(path.read_text())["log"]["entries"]
    assert written[0]["request"]["postData"]["text"] == "body"
    assert written[1]["request"]["queryString"] == [{"name": "a", "value": "b"}]


def test_answers_to_the_same_request_come_in_their_order(server, ask):
    url = "https://other.example/a?x"
    har.replay(server, archive(entry(url, text="1"), entry(url, text="2"), entry(url + "y", text="y")))
    assert [ask("/a?x").text for _ in range(3)] == ["1", "2", "2"]
    assert ask("/a?xy").text == "y"


def test_what_was_encoded_or_of_a_connection_is_dropped(server, ask):
    headers = [
        (":status", "200"),
        ("Content-Encoding", "br"),
        ("Content-Length", "5"),
        ("Connection", "keep-alive"),
        ("ETag", "x"),
    ]
    har.replay(server, archive(entry("http://a/", text="decoded", headers=headers)))
    answer = ask("/")
    assert (answer.text, answer.headers["ETag"], answer.headers["Content-Encoding"]) == (
        "decoded",
        "x",
        None,
    )


def test_requests_without_an_answer_are_left_out(server):
    assert har.replay(server, archive(entry("http://a/", status=0))) == 0


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ({}, "HAR: expected an object with log.entries"),
        ({"log": []}, "HAR: expected an object with log.entries"),
        (archive({"request": {}}), "entry 0: KeyError: 'url'"),
        (archive(entry("http://a/"), entry("http://a/", "x")), "entry 1: ValueError: invalid"),
        (archive(entry("http://a/", text="!", encoding="base64")), "entry 0: "),
    ],
)
def test_a_file_that_is_none_is_told(server, source, expected):
    with pytest.raises(ValueError, match=expected):
        har.replay(server, source)


def test_what_has_no_response_of_its_own_is_left_out():
    with TestServer(port=0) as server:
        server.expect("/x").respond_with_handler(lambda request: 1 / 0)
        server.expect("/y").respond_with(Response(200, "y"))
        request(server, "/x")
        request(server, "/y")
        assert [e["request"]["url"][-2:] for e in har.dump(server.log)["log"]["entries"]] == ["/y"]
