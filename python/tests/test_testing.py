"""http_responder.testing: what is expected, what is got, what is told."""

import re
import threading
import time
import weakref
import gc

import httpx
import pytest
import requests
from conftest import in_thread, request

from http_responder import Response
from http_responder.faults import delay, truncate
from http_responder.testing import Server


@pytest.fixture
def server():
    with Server(port=0, workers=2) as running:
        yield running


def told(server):
    """What check() complains of."""
    with pytest.raises(AssertionError) as raised:
        server.check()
    return str(raised.value)


@pytest.mark.parametrize(
    ("respond", "status", "content_type", "body"),
    [
        (lambda e: e, 200, None, b""),
        (lambda e: e.respond_with_json({"a": "é"}), 200, "application/json", '{"a":"é"}'.encode()),
        (lambda e: e.respond_with_json([], 201, {"X": "y"}), 201, "application/json", b"[]"),
        (lambda e: e.respond_with_data("é"), 200, "text/plain; charset=utf-8", "é".encode()),
        (lambda e: e.respond_with_data(b"x", 404, content_type="a/b"), 404, "a/b", b"x"),
        (lambda e: e.respond_with_response(Response(418, b"pot")), 418, None, b"pot"),
        (lambda e: e.respond_with_status(204), 204, None, b""),
        (lambda e: e.respond_with((202, {"A": "b"}, b"z")), 202, None, b"z"),
        (lambda e: e.respond_with_handler(lambda r: r.path), 200, "text/plain; charset=utf-8", b"/x"),
    ],
)
def test_an_expected_request_gets_its_answer(server, ask, respond, status, content_type, body):
    respond(server.expect("/x"))
    answer = ask("/x")
    assert (answer.status, answer.headers["Content-Type"], answer.body) == (
        status,
        content_type,
        body,
    )
    server.check()


@pytest.mark.parametrize(
    ("wanted", "sent", "taken"),
    [
        ({"path": "/a/{id}"}, ("/a/1",), True),
        ({"path": "/a/{id}"}, ("/a/1/2",), False),
        ({"path": "/a/{*rest}"}, ("/a/1/2",), True),
        ({"path": re.compile("^/a/[0-9]+$")}, ("/a/12",), True),
        ({"path": re.compile("^/a/[0-9]+$")}, ("/a/x",), False),
        ({"path": lambda path: path.endswith("x")}, ("/a/x",), True),
        ({"path": "/a b"}, ("/a%20b",), True),
        ({"path": "/a", "method": "post"}, ("/a", "POST"), True),
        ({"path": "/a", "method": ["PUT", "POST"]}, ("/a", "GET"), False),
        ({"path": "/a", "query": {"x": 1, "y": ["2", "3"]}}, ("/a?y=2&y=3&x=1",), True),
        ({"path": "/a", "query": {"x": 1}}, ("/a?x=1&y=2",), False),
        ({"path": "/a", "query": "x=1&y"}, ("/a?x=1&y",), True),
        ({"path": "/a", "query": lambda query: "x" in query}, ("/a?x",), True),
        ({"path": "/a", "headers": {"x-A": "1"}}, ("/a", "GET", None, {"X-a": "1"}), True),
        ({"path": "/a", "headers": {"A": re.compile("^B")}}, ("/a", "GET", None, {"A": "c"}), False),
        ({"path": "/a", "headers": {"A": None}}, ("/a", "GET", None, {"A": "c"}), False),
        ({"path": "/a", "headers": {"A": None}}, ("/a",), True),
        ({"path": "/a", "json": {"b": [1]}}, ("/a", "POST", '{"b": [1]}'), True),
        ({"path": "/a", "json": None}, ("/a", "POST", "null"), True),
        ({"path": "/a", "json": None}, ("/a", "POST", "0"), False),
        ({"path": "/a", "json": {}}, ("/a", "POST", "{"), False),
        ({"path": "/a", "body": "é"}, ("/a", "POST", "é".encode()), True),
        ({"path": "/a", "body": lambda body: len(body) == 3}, ("/a", "POST", b"abc"), True),
        ({"path": "/a", "body": b"abc"}, ("/a", "POST", b"abd"), False),
    ],
)
def test_a_request_is_taken_if_it_is_all_that_was_asked_for(server, ask, wanted, sent, taken):
    server.expect(**wanted).respond_with("taken")
    answer = ask(*sent)
    assert (answer.status, answer.text == "taken") == ((200, True) if taken else (500, False))


def test_a_miss_is_explained_matcher_by_matcher(server):
    server.expect("/users", "POST", headers={"Accept": "a/b"}, json={"name": "Ann"})
    server.expect("/other", times=1)
    answer = httpx.post(server.url_for("/users?x"), json={"name": "Bob"}, headers={"Accept": "c"})
    explained = "\n".join([
        "unexpected request: POST /users?x",
        "  POST /users Accept: 'a/b' json {'name': 'Ann'}",
        "    header Accept: expected 'a/b', got 'c'",
        "    json: expected {'name': 'Ann'}, got {'name': 'Bob'}",
        "  /other",
        "    path: expected '/other', got '/users'",
    ])
    assert (answer.status_code, answer.text) == (500, explained)
    assert told(server) == explained + "\nexpected 1 request for /other, got 0"


def test_times_is_how_often(server, ask):
    server.expect("/x", times=2).respond_with("first")
    server.expect("/x", times=range(0, 2)).respond_with("then")
    assert [ask("/x").text for _ in range(3)] == ["first", "first", "then"]
    server.check()
    assert ask("/x").status == 500
    assert "times: expected no more than 2" in told(server)


def test_what_comes_in_order_comes_in_order(server, ask):
    for name in "abc":
        server.expect(f"/{name}", in_order=True).respond_with(name)
    server.expect("/any").respond_with("any")
    assert ask("/a").text == "a"
    assert ask("/c").status == 500
    assert [ask("/any").text, ask("/b").text, ask("/c").text] == ["any", "b", "c"]
    assert "order: expected /b first" in told(server)


@pytest.mark.parametrize("times", [-1, True, 1.5, range(0), range(0, 4, 2)])
def test_times_that_are_no_number_are_told(server, times):
    with pytest.raises(ValueError, match="times: expected"):
        server.expect("/x", times=times)


def test_the_log_has_every_request_with_its_answer(server, ask):
    expectation = server.expect("/x", method="POST").respond_with("yes")
    ask("/x?q", "POST", b"body")
    ask("/y")
    first, second = server.log
    assert (first.request.target, first.request.body, first.answer) == ("/x?q", b"body", "yes")
    assert (first.expectation, second.expectation) == (expectation, None)
    assert expectation.calls == 1


def test_wait_for_waits_for_so_many_requests(server, ask):
    server.expect("/x")
    waiting = in_thread(lambda: server.wait_for(3, timeout=20))
    for _ in range(3):
        ask("/x")
    waiting()


def test_wait_for_says_what_came_instead(server, ask):
    server.expect("/x")
    ask("/x")
    began = time.monotonic()
    with pytest.raises(AssertionError, match=r"expected 2 requests, got 1 within 0.05 s\n  GET /x"):
        server.wait_for(2, timeout=0.05)
    assert time.monotonic() - began < 5
    never = server.expect("/never")
    with pytest.raises(AssertionError, match="expected 1 request for /never, got 0"):
        never.wait(timeout=0.01)


def test_a_handler_that_raises_is_told(server, ask):
    server.expect("/x").respond_with_handler(lambda request: 1 / 0)

    @server.route("/route")
    def broken(request):
        raise KeyError("why")

    assert (ask("/x").status, ask("/route").status) == (500, 500)
    assert told(server).splitlines() == [
        "the handler of GET /x raised ZeroDivisionError('division by zero')",
        "the handler of GET /route raised KeyError('why')",
    ]
    (entry,) = server.log
    assert isinstance(entry.answer, ZeroDivisionError)


def test_faults_belong_to_an_expectation(server):
    server.expect("/x").respond_with_data("0123456789", faults=truncate(after=4))
    server.expect("/y").respond_with_json([], faults=[delay(0.2)])
    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        requests.get(server.url_for("/x"))
    began = time.monotonic()
    assert requests.get(server.url_for("/y")).json() == []
    assert time.monotonic() - began >= 0.2


def test_a_reset_forgets_everything(server, ask):
    server.expect("/x", times=3)
    server.route("/route")(lambda request: "route")
    server.rule("/rule", "rule")
    assert [ask(path).text for path in ("/route", "/rule")] == ["route", "rule"]
    ask("/none")
    server.reset()
    assert server.log == []
    server.check()
    assert [ask(path).status for path in ("/x", "/route", "/rule")] == [500, 500, 500]
    assert "nothing is expected" in told(server)


def test_many_clients_at_once_are_all_counted(server):
    expectation = server.expect("/x", times=200)
    threads = [
        threading.Thread(target=lambda: [request(server, "/x") for _ in range(20)])
        for _ in range(10)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert expectation.calls == 200
    server.check()


def test_a_server_that_is_not_used_any_more_is_collected():
    server = Server(port=0)
    server.start()
    server.expect("/x").respond_with_handler(lambda request, server=server: "x")
    assert request(server, "/x").text == "x"
    gone = weakref.ref(server)
    del server
    gc.collect()
    assert gone() is None
