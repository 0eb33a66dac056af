"""Bodies that are made while they are sent."""

import http.client
import itertools
import os
import socket
import threading

import httpx
import pytest
from conftest import in_thread

from http_responder import Deferred, Gone, Server, StateError


def resident():
    with open("/proc/self/statm") as statm:
        return int(statm.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


@pytest.mark.parametrize(
    ("returned", "status", "field"),
    [
        (lambda pieces: pieces, 200, None),
        (lambda pieces: (201, pieces), 201, None),
        (lambda pieces: (202, {"X-A": "b"}, pieces), 202, "b"),
    ],
)
def test_an_iterator_is_streamed(server, ask, returned, status, field):
    server.route("/x")(lambda request: returned(iter([b"a", "é", b"", bytearray(b"c")])))
    answer = ask("/x")
    assert (answer.status, answer.body) == (status, "aéc".encode())
    assert (answer.headers["Transfer-Encoding"], answer.headers["X-A"]) == ("chunked", field)
    assert ask("/x", "HEAD").body == b""


def test_the_connection_goes_on_behind_a_stream(server):
    server.route("/x")(lambda request: (b"x" * 1000 for _ in range(100)))
    with httpx.Client() as client:
        for _ in range(5):
            assert len(client.get(server.url_for("/x")).content) == 100_000
    assert server.stats()["connections_handled"] == 1


def test_an_iterator_that_raises_cuts_the_connection_off(server, ask, caplog):
    def pieces():
        yield b"x"
        raise KeyError("why")

    server.route("/x")(lambda request: pieces())
    with pytest.raises(http.client.IncompleteRead):
        ask("/x")
    (record,) = caplog.records
    assert record.exc_info[0] is KeyError


def test_a_piece_that_is_none_cuts_the_connection_off(server, ask, caplog):
    server.route("/x")(lambda request: iter([b"x", 5]))
    with pytest.raises(http.client.IncompleteRead):
        ask("/x")
    assert "piece: expected bytes or str, got int" in caplog.text


def test_a_generator_is_closed_when_its_client_leaves(server):
    closed = threading.Event()

    def pieces():
        try:
            for number in itertools.count():
                yield str(number) * 100
        finally:
            closed.set()

    server.route("/x")(lambda request: pieces())
    with socket.create_connection(("127.0.0.1", server.port), timeout=20) as client:
        client.sendall(b"GET /x HTTP/1.1\r\nHost: a\r\n\r\n")
        assert client.recv(100)
    assert closed.wait(20)


def test_a_slow_reader_costs_no_memory(server):
    """200 MB, of which the client takes a little at first."""
    made = []

    def pieces():
        for number in range(3200):
            made.append(number)
            yield bytes(65536)

    server.route("/x")(lambda request: pieces())
    before = resident()
    with httpx.stream("GET", server.url_for("/x"), timeout=60) as answer:
        total, most = 0, 0
        for piece in answer.iter_raw(1 << 20):
            total += len(piece)
            most = max(most, resident() - before)
            if len(made) < 3200:
                assert len(made) * 65536 - total < 20 << 20, "made long before it is taken"
    assert total == 3200 * 65536
    assert most < 60 << 20


@pytest.fixture
def streaming(server):
    """A route whose answers are written by the test: gives the Deferred."""
    came, there = [], threading.Semaphore(0)

    @server.route("/w")
    def wait(request):
        came.append(Deferred())
        there.release()
        return came[-1]

    def next_one():
        assert there.acquire(timeout=20)
        deferred = came.pop()
        while True:
            try:
                return deferred.stream(200, "text/x", {"A": "b"})
            except StateError:
                pass  # its handler has not returned yet

    return next_one


def test_any_thread_writes(server, streaming):
    answer = in_thread(lambda: httpx.get(server.url_for("/w"), timeout=20))
    writer = streaming()
    for piece in ("a", b"b", "é"):
        writer.send(piece)
    writer.finish()
    got = answer()
    assert (got.text, got.headers["Content-Type"], got.headers["A"]) == ("abé", "text/x", "b")
    with pytest.raises(StateError):
        writer.send("more")


def test_a_writer_that_is_let_go_of_cuts_the_connection_off(server, streaming):
    answer = in_thread(lambda: pytest.raises(httpx.RemoteProtocolError, httpx.get, server.url_for("/w")))
    writer = streaming()
    writer.send("a")
    del writer
    answer()


def test_a_writer_waits_for_its_client_and_learns_that_it_has_left(server, streaming):
    client = socket.create_connection(("127.0.0.1", server.port), timeout=20)
    client.sendall(b"GET /w HTTP/1.1\r\nHost: a\r\n\r\n")
    writer = streaming()
    while writer.try_send(bytes(65536)):
        pass

    def send_on():
        # The kernel may take some more first.
        while True:
            writer.send(bytes(65536))

    waiting = in_thread(lambda: pytest.raises(Gone, send_on))
    client.close()
    waiting()
    assert writer.gone


def test_servers_with_streams_in_progress_stop():
    for _ in range(20):
        with Server(port=0, workers=2) as server:
            server.route("/x")(lambda request: itertools.repeat(b"x" * 1000))
            client = socket.create_connection(("127.0.0.1", server.port), timeout=20)
            client.sendall(b"GET /x HTTP/1.1\r\nHost: a\r\n\r\n")
            assert client.recv(100)
        client.close()
