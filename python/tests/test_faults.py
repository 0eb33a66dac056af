"""Faults: what clients see of them, and that nobody else waits."""

import asyncio
import contextlib
import http.client
import os
import selectors
import socket
import threading
import time

import httpx
import pytest
import requests
from conftest import request

from http_responder import Deferred, Gone, Server, aio, faults, testing
from http_responder.faults import (
    Faults,
    close_before,
    delay,
    drip,
    flaky,
    garbage,
    half_close,
    jitter,
    reset,
    slow_headers,
    status_sequence,
    truncate,
    wrong_length,
)

BODY = b"0123456789" * 10


def resident():
    with open("/proc/self/statm") as statm:
        return int(statm.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def raw(server, path="/x"):
    """Everything that comes until the end, with the seconds it took; an error in its place."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=20) as client:
        asked = f"GET {path} HTTP/1.1\r\nHost: a\r\n\r\n"
        began = time.monotonic()
        client.sendall(asked.encode())
        came = b""
        try:
            while piece := client.recv(65536):
                came += piece
        except ConnectionResetError as error:
            return came, error, time.monotonic() - began
        return came, None, time.monotonic() - began


def later(answer):
    """A deferred answer that another thread gives."""
    deferred = Deferred()

    def give():
        try:
            deferred.respond(answer)
        except Gone:
            pass  # the connection was ended on purpose

    threading.Thread(target=give).start()
    return deferred


def application(environ, start_response):
    start_response("200 OK", [])
    yield from (BODY[:30], BODY[30:])


async def asgi_application(scope, receive, send):
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": BODY[:30], "more_body": True})
    await send({"type": "http.response.body", "body": BODY[30:]})


MADE = {
    "handler": lambda: BODY,
    "deferred": lambda: later(BODY),
    "iterator": lambda: iter([BODY[:30], BODY[30:]]),
}
KINDS = ["rule", *MADE, "before a handler", "before a deferred answer", "wsgi", "asgi", "asgi, whole", "expectation", "async", "async iterator"]


@pytest.fixture
def server(request):
    """As everywhere, or with an application."""
    kind = request.node.callspec.params.get("spoilt_by_all", "") if hasattr(request.node, "callspec") else ""
    if kind.startswith("async"):
        with async_server(kind) as running:
            yield running
        return
    if kind == "expectation":
        with testing.Server(port=0, workers=2) as running:
            yield running
        return

    async def whole(scope, receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": BODY})

    app = {"wsgi": application, "asgi": asgi_application, "asgi, whole": whole}.get(kind)
    with Server(port=0, workers=2, app=app) as running:
        yield running


@contextlib.contextmanager
def async_server(kind):
    """A server with a loop in another thread, and what spoils the answers of its route /x."""
    ready, stop = threading.Event(), threading.Event()
    made = []

    async def main():
        async with aio.Server(port=0, workers=2) as running:
            running.spoil = None

            async def pieces():
                yield BODY[:30]
                yield BODY[30:]

            @running.route("/x")
            async def answer(request):
                await asyncio.sleep(0)
                return running.spoil(BODY if kind == "async" else (200, pieces()))

            made.append(running)
            ready.set()
            await asyncio.get_running_loop().run_in_executor(None, stop.wait)

    thread = threading.Thread(target=asyncio.run, args=(main(),))
    thread.start()
    assert ready.wait(20)
    try:
        yield made[0]
    finally:
        stop.set()
        thread.join(20)


@pytest.fixture(params=["rule", "handler"])
def spoilt(request, server):
    """Has /x answered with faults, by a rule and by a handler."""
    return spoiler(request.param, server)


@pytest.fixture(params=KINDS)
def spoilt_by_all(request, server):
    """The same by whoever may answer."""
    return spoiler(request.param, server)


def spoiler(kind, server):
    def spoil(*what):
        if kind == "rule":
            server.rule("/x", BODY, faults=what)
        elif kind == "expectation":
            server.expect("/x").respond_with_handler(lambda request: later(BODY), faults=what)
        elif kind in MADE:
            broken = Faults(*what)
            server.route("/x")(lambda request: broken(MADE[kind]()))
        elif kind.startswith("async"):
            server.spoil = Faults(*what)
        else:
            server.rule("/{*any}", None, faults=what)
            if kind.startswith("before"):
                server.route("/x")(lambda request: BODY if kind == "before a handler" else later(BODY))

    return spoil


def test_a_delayed_answer_comes_later_and_whole(server, spoilt_by_all, ask):
    spoilt_by_all(delay(0.3))
    began = time.monotonic()
    assert ask("/x").body == BODY
    assert 0.3 <= time.monotonic() - began < 5
    assert server.stats()["answers_delayed"] == 1


def test_jitter_is_by_chance_and_bounded(server, spoilt, ask):
    spoilt(jitter(0.2, seed=3))
    took = []
    for _ in range(8):
        began = time.monotonic()
        assert ask("/x").body == BODY
        took.append(time.monotonic() - began)
    assert max(took) - min(took) > 0.03 and max(took) < 5


def test_a_body_drips_at_its_speed_behind_its_head(server, spoilt):
    spoilt(drip(200))
    began = time.monotonic()
    with httpx.stream("GET", server.url_for("/x")) as answer:
        head = time.monotonic() - began
        assert b"".join(answer.iter_bytes()) == BODY
    whole = time.monotonic() - began
    assert 0.4 <= whole < 5
    assert head < whole / 2 or whole > 1, "a busy machine"


def test_a_head_is_slow_and_its_body_is_not(server, spoilt):
    spoilt(slow_headers(400))
    bodies = []
    for _ in range(2):
        began = time.monotonic()
        with httpx.stream("GET", server.url_for("/x")) as answer:
            head = time.monotonic() - began
            assert answer.read() == BODY
        assert 0.1 <= head < 5
        bodies.append(time.monotonic() - began - head)
    # At the speed of the head it would take a quarter of a second each time, on a busy machine more.
    assert min(bodies) < 0.15


def test_a_reset_comes_after_so_many_octets(server, spoilt):
    spoilt(reset(after=20))
    came, error, _ = raw(server)
    assert (came, type(error)) == (b"HTTP/1.1 200 OK\r\nDat", ConnectionResetError)


def test_a_reset_before_anything(server, spoilt):
    spoilt(reset())
    came, error, _ = raw(server)
    assert (came, type(error)) == (b"", ConnectionResetError)
    assert server.stats()["faults_played"] == 1


def test_a_body_is_truncated(server, spoilt_by_all):
    spoilt_by_all(truncate(after=5))
    came, error, _ = raw(server)
    head, _, body = came.partition(b"\r\n\r\n")
    assert (body, error) == (b"01234", None)
    assert b"Content-Length: 100" in head
    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        requests.get(server.url_for("/x"))


def test_garbage_is_no_http(server, spoilt):
    spoilt(garbage(100))
    assert len(raw(server)[0]) == 100
    with pytest.raises((http.client.BadStatusLine, OSError)):
        request(server, "/x")


def test_a_wrong_length_is_a_wrong_length(server, spoilt):
    spoilt(wrong_length(1234))
    with pytest.raises(http.client.IncompleteRead) as raised:
        request(server, "/x")
    assert (raised.value.partial, raised.value.expected) == (BODY, 1134)


def test_the_connection_is_closed_before_an_answer(server, spoilt_by_all):
    spoilt_by_all(close_before())
    assert raw(server)[:2] == (b"", None)
    with pytest.raises(http.client.RemoteDisconnected):
        request(server, "/x")


def test_a_half_close_comes_behind_the_whole_answer_unannounced(server, spoilt):
    spoilt(half_close())
    with socket.create_connection(("127.0.0.1", server.port), timeout=20) as client:
        client.sendall(b"GET /x HTTP/1.1\r\nHost: a\r\n\r\n")
        came = b""
        while piece := client.recv(65536):
            came += piece
        assert came.endswith(BODY) and b"Connection: close" not in came
        client.sendall(b"still taken")


def test_statuses_come_in_their_order_and_the_last_one_stays(server, spoilt_by_all, ask):
    spoilt_by_all(status_sequence(503, 429, 200))
    answers = [ask("/x") for _ in range(5)]
    assert [answer.status for answer in answers] == [503, 429, 200, 200, 200]
    assert {answer.body for answer in answers} == {BODY}


def test_a_status_without_a_body_has_none(server, spoilt, ask):
    spoilt(status_sequence(204, 200))
    assert [ask("/x").body for _ in range(2)] == [b"", BODY]


def test_a_share_of_the_answers_fails_the_same_each_time():
    def statuses(seed):
        with Server(port=0, workers=1) as server:
            server.rule("/x", BODY, faults=flaky(0.3, seed))
            return [request(server, "/x").status for _ in range(100)]

    first = statuses(1)
    assert first == statuses(1) != statuses(2)
    assert 15 <= first.count(503) <= 45 and set(first) == {200, 503}


def test_a_share_of_nothing_and_of_all(server, ask):
    server.rule("/never", BODY, faults=[flaky(0), truncate(1)])
    server.rule("/always", BODY, faults=[flaky(1.0), status_sequence(418)])
    assert {ask("/never").body for _ in range(20)} == {BODY}
    assert {ask("/always").status for _ in range(20)} == {418}


def test_faults_go_together(server, ask):
    server.rule("/x", BODY, faults=[delay(0.2), status_sequence(500), drip(1000)])
    began = time.monotonic()
    assert ask("/x").status == 500
    assert time.monotonic() - began >= 0.25


@pytest.mark.parametrize(
    ("make", "expected"),
    [
        (lambda: delay(-1), "delay: expected seconds from 0 to 3600, got -1"),
        (lambda: drip(0), "drip: expected bytes per second, more than 0, got 0"),
        (lambda: reset(after=-1), "reset: expected a number of octets from 0 to .*, got -1"),
        (lambda: truncate(after=1.5), "truncate: expected a number of octets"),
        (lambda: garbage(2**30), "garbage: expected a number of octets from 0 to 1048576"),
        (lambda: status_sequence(), "status_sequence: expected at least one status"),
        (lambda: status_sequence(99), "status_sequence: expected 200 to 599, got 99"),
        (lambda: flaky(2), "flaky: expected a share from 0 to 1, got 2"),
        (lambda: Faults(reset(), truncate(1)), "reset and truncate do not go together"),
        (lambda: Faults(delay(1), delay(2)), "delay and delay do not go together"),
    ],
)
def test_what_cannot_be_is_told(make, expected):
    with pytest.raises(ValueError, match=expected):
        make()


def test_what_is_no_fault_is_told(server):
    with pytest.raises(TypeError, match=r"faults: expected those of http_responder\.faults, got 5"):
        server.rule("/x", "x", faults=[5])
    with pytest.raises(TypeError, match="not None"):
        server.rule("/x", None)
    with pytest.raises(TypeError, match="not None"):
        Faults(delay(1))(None)


def test_every_fault_is_exported():
    assert set(faults.__all__) <= set(dir(faults))


def h2_frames(kind, flags, streams, payload=b""):
    """A frame on each of these streams."""
    head = len(payload).to_bytes(3, "big") + bytes([kind, flags])
    return b"".join(head + stream.to_bytes(4, "big") + payload for stream in streams)


def test_a_hundred_thousand_answers_wait_at_once_and_none_costs_a_thread():
    """A hundred streams of HTTP/2 on each of a thousand connections: fewer descriptors do."""
    streams = range(1, 201, 2)
    get = b"\x82\x86\x84\x41\x01a"  # GET http://a/
    asked = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + h2_frames(4, 0, [0]) + h2_frames(1, 5, streams, get)
    connections = 1000
    with Server(port=0, workers=2, http2_max_streams=100) as server, contextlib.ExitStack() as closing:
        server.rule("/", "late", faults=delay(6))
        threads, memory = threading.active_count(), resident()
        selector = closing.enter_context(selectors.DefaultSelector())
        began = time.monotonic()
        for _ in range(connections):
            client = closing.enter_context(socket.create_connection(("127.0.0.1", server.port), timeout=20))
            client.sendall(asked)
            selector.register(client, selectors.EVENT_READ, 0)
        while server.stats()["answers_delayed"] < connections * 100 and time.monotonic() - began < 20:
            time.sleep(0.01)
        assert server.stats()["answers_delayed"] == connections * 100
        assert time.monotonic() - began < 6, "the first one was answered before the last one came"
        assert resident() - memory < 150 << 20
        assert threading.active_count() == threads
        answers = 0
        while answers < connections * 100 and time.monotonic() - began < 40:
            for key, _ in selector.select(1):
                # Each is a frame of DATA that ends its stream; its body comes nowhere else.
                octets = key.data + key.fileobj.recv(1 << 20) if key.data else key.fileobj.recv(1 << 20)
                answers += octets.count(b"late")
                selector.modify(key.fileobj, selectors.EVENT_READ, octets[-3:] if not octets.endswith(b"late") else b"")
        assert answers == connections * 100
