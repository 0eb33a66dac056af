"""The record: the last requests with their answers, as they went over the wire."""

import http.client
import json
import socket
import threading
import time

import pytest
from conftest import request

from http_responder import Deferred, InvalidArgument, Response, Server, StateError, faults, har


@pytest.fixture
def server():
    """One that records."""
    running = Server(port=0, workers=2)
    running.record(2000, 1000)
    with running:
        yield running


def recorded(server, count):
    """What was recorded once there is so much."""
    end = time.monotonic() + 20
    while len(server.recorded()) < count and time.monotonic() < end:
        time.sleep(0.005)
    return server.recorded()


def test_a_request_and_its_answer_are_there_as_they_were_sent(server, ask):
    began = time.time()
    server.rule("/x", Response(201, b"\x00body", headers={"X-A": "b"}), "POST")
    ask("/x?a=b", "POST", b"sent", {"X-B": "é", "Cookie": "c=d; e=f"})
    (record,) = server.recorded()
    assert (record.method, record.target, record.version) == ("POST", "/x?a=b", "HTTP/1.1")
    assert (record.request_headers["x-b"], record.request_body) == ("é", b"sent")
    assert (record.status, record.headers["X-A"], record.body) == (201, "b", b"\x00body")
    assert record.headers["Date"] and record.headers["Content-Length"] == "5"
    assert began - 1 < record.started < time.time() + 1 and 0 <= record.seconds < 20
    assert record.is_whole and repr(record) == "<Record POST /x?a=b, 201>"
    assert server.recorded(forget=True) and server.recorded() == []


def later(request):
    deferred = Deferred()
    threading.Timer(0.02, deferred.respond, ["late"]).start()
    return deferred


@pytest.mark.parametrize(
    ("handler", "body"),
    [
        (lambda request: "at once", b"at once"),
        (later, b"late"),
        (lambda request: iter(["one", "two"]), b"onetwo"),
        (faults.Faults(faults.delay(0.02)), b"spoilt"),
    ],
    ids=["handler", "deferred", "stream", "delayed"],
)
def test_whoever_answers_is_recorded(server, ask, handler, body):
    if isinstance(handler, faults.Faults):
        spoil = handler
        handler = lambda request: spoil("spoilt")  # noqa: E731
    server.route("/x")(handler)
    assert ask("/x", "POST", b"sent").body == body
    (record,) = recorded(server, 1)
    assert (record.target, record.request_body, record.status, record.body) == ("/x", b"sent", 200, body)
    assert record.is_whole


def test_none_is_missing_below_the_size_and_the_oldest_ones_go_above_it(server):
    server.rule("/{number}", "x")

    def ask_some(first):
        client = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
        for number in range(first, first + 500):
            client.request("GET", f"/{number}")
            client.getresponse().read()
        client.close()

    def all_ask(numbers):
        threads = [threading.Thread(target=ask_some, args=(first,)) for first in numbers]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    all_ask(range(0, 2000, 500))
    all_of_them = server.recorded()
    assert sorted(int(record.target[1:]) for record in all_of_them) == list(range(2000))
    assert all(one.started + one.seconds <= other.started + other.seconds + 1e-4 for one, other in zip(all_of_them, all_of_them[1:]))
    all_ask([2000])
    assert len(server.recorded()) == 2000
    assert sorted(int(record.target[1:]) for record in server.recorded())[-500:] == list(range(2000, 2500))


def test_of_what_is_long_the_beginning_is_there(server, ask):
    server.rule("/x", bytes(100_000))
    ask("/x", "POST", bytes(5000))
    (record,) = server.recorded()
    assert record.request_body == bytes(1000) and not record.is_whole
    assert 0 < len(record.body) < 1000 and record.headers["Content-Length"] == "100000"


def test_what_was_not_understood_and_what_got_no_answer_is_there_too(server):
    server.rule("/cut", "x", faults=faults.close_before())
    for octets in (b"nonsense\r\n\r\n", b"GET /cut HTTP/1.1\r\nHost: a\r\n\r\n"):
        with socket.create_connection(("127.0.0.1", server.port), timeout=20) as client:
            client.sendall(octets)
            client.recv(1000)
    refused, cut = recorded(server, 2)
    assert (refused.method, refused.target, refused.status) == ("", "nonsense", 400)
    assert (cut.method, cut.status, cut.body) == ("GET", 0, b"")
    assert [entry["response"]["status"] for entry in har.dump([refused, cut])["log"]["entries"]] == [0]


def test_a_record_that_is_saved_is_answered_again(server, ask, tmp_path):
    numbers = iter(range(10))
    server.route("/count")(lambda request: {"n": next(numbers)})
    server.route("/stream")(lambda request: iter(["one", "two"]))
    said = [ask(path).text for path in ("/count", "/count", "/stream")]
    har.save(tmp_path / "x.har", recorded(server, 3))
    written = json.loads((tmp_path / "x.har").read_text())["log"]["entries"]
    assert written[0]["request"]["url"] == server.url_for("/count")
    with Server(port=0) as other:
        assert har.replay(other, tmp_path / "x.har") == 3
        assert [request(other, path).text for path in ("/count", "/count", "/stream")] == said


def test_it_is_said_before_the_start_and_within_bounds(server):
    with pytest.raises(StateError):
        server.record()
    with pytest.raises(InvalidArgument, match="size: expected 1 to 1000000, got 0"):
        Server().record(0)
    with Server(port=0) as other:
        request(other)
        assert other.recorded() == []
