"""Bodies that go to their handlers as they arrive, by plain functions and on a loop."""

import asyncio
import contextlib
import socket
import threading

import pytest
from conftest import request

import http_responder
from http_responder import Server, aio

HEAD = b"POST /x HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: %d\r\n\r\n"
MIB = 2**20


@contextlib.contextmanager
def asking(server):
    with socket.create_connection(("127.0.0.1", server.port), timeout=20) as client:
        yield client


def read_all(client):
    return b"".join(iter(lambda: client.recv(65536), b""))


@contextlib.contextmanager
def on_a_loop(add, **options):
    """A server with async handlers, on a loop in a thread of its own."""
    ready, ended, made = threading.Event(), [], []

    async def main():
        async with aio.Server(port=0, workers=1, **options) as server:
            add(server)
            end = asyncio.Event()
            made.append(server)
            ended.append((asyncio.get_running_loop(), end))
            ready.set()
            await end.wait()

    thread = threading.Thread(target=asyncio.run, args=(main(),), daemon=True)
    thread.start()
    assert ready.wait(20)
    try:
        yield made[0]
    finally:
        loop, end = ended[0]
        loop.call_soon_threadsafe(end.set)
        thread.join(20)
        assert not thread.is_alive()


class Reader:
    """A handler of either kind that reads its body, and what became of it."""

    def __init__(self):
        self.pieces = []
        self.began, self.came, self.go_on = (threading.Event() for _ in range(3))
        self.go_on.set()
        self.raised = threading.Event()
        self.handler_ended = threading.Event()

    def plain(self, request):
        self.began.set()
        assert self.go_on.wait(20)
        try:
            for piece in request.stream:
                self.take(piece)
        except http_responder.Gone:
            self.raised.set()
            raise
        return str(sum(map(len, self.pieces)))

    async def on_loop(self, request):
        self.began.set()
        while not self.go_on.is_set():
            await asyncio.sleep(0.001)
        try:
            async for piece in request.stream:
                self.take(piece)
        except (http_responder.Gone, asyncio.CancelledError):
            self.raised.set()
            raise
        return str(sum(map(len, self.pieces)))

    def take(self, piece):
        assert type(piece) is bytes and piece
        self.pieces.append(piece)
        self.came.set()


@pytest.fixture(params=["plain", "on_loop"])
def serving(request):
    """What makes a server with a Reader, and both."""

    @contextlib.contextmanager
    def serve(**route):
        reader = Reader()
        function = getattr(reader, request.param)

        def add(server):
            server.route("/x", "POST", stream=True, **route)(function)

        if request.param == "plain":
            with Server(port=0, workers=1) as server:
                add(server)
                yield server, reader
        else:
            with on_a_loop(add) as server:
                yield server, reader

    return serve


def test_a_handler_reads_before_the_body_is_whole(serving):
    with serving() as (server, reader), asking(server) as client:
        client.sendall(HEAD % 6)
        assert reader.began.wait(20)
        client.sendall(b"abc")
        assert reader.came.wait(20)
        assert reader.pieces == [b"abc"]
        client.sendall(b"def")
        assert read_all(client).endswith(b"\r\n\r\n6")
    assert b"".join(reader.pieces) == b"abcdef"


def test_a_chunked_body_and_none_work_too(serving):
    with serving() as (server, reader):
        assert request(server, "/x", "POST", body=iter([b"ab", b"c" * 100_000])).text == "100002"
        reader.pieces.clear()
        assert request(server, "/x", "POST").text == "0"


def test_who_does_not_read_has_the_client_wait(serving):
    with serving(max_body=64 * MIB) as (server, reader), asking(server) as client:
        reader.go_on.clear()
        client.sendall(HEAD % (64 * MIB))
        assert reader.began.wait(20)
        client.settimeout(0.5)
        sent = 0
        with pytest.raises(TimeoutError):
            while sent < 64 * MIB:
                sent += client.send(b"x" * MIB)
        assert sent < 32 * MIB, "what the sockets hold, and no more"
        client.settimeout(20)
        reader.go_on.set()
        while sent < 64 * MIB:
            sent += client.send(b"x" * min(MIB, 64 * MIB - sent))
        assert read_all(client).endswith(str(64 * MIB).encode())


def test_a_client_that_leaves_in_the_middle_is_gone(serving, caplog):
    with serving() as (server, reader):
        with asking(server) as client:
            client.sendall(HEAD % 10 + b"abc")
            assert reader.came.wait(20)
        assert reader.raised.wait(20)
        assert request(server, "/x", "POST", body=b"z").status == 200
    assert caplog.records == []


def test_too_large_a_body_is_refused(serving):
    with serving(max_body=10) as (server, _):
        assert request(server, "/x", "POST", body=b"x" * 11).status == 413


def test_any_other_route_has_it_in_one_piece(server, ask):
    server.route("/x")(lambda request: repr([*request.stream, request.stream.read()]))
    assert ask("/x", "POST", body=b"abc").text == "[b'abc', b'']"


def test_a_handler_may_answer_without_reading(serving):
    def refuse(request):
        return 403, "no"

    with Server(port=0) as server, asking(server) as client:
        server.route("/x", stream=True)(refuse)
        client.sendall(HEAD % MIB)
        assert client.recv(100).startswith(b"HTTP/1.1 403")


def test_a_limit_without_a_stream_is_told(server):
    with pytest.raises(ValueError, match="max_body: only with stream=True"):
        server.route("/x", max_body=5)
