"""Every deadline ends what it is for, nothing earlier, and a counter says why."""

import threading
import time

import pytest

from support.client import Client, Reset, request
from support.stall import stall

SLACK = 2.5
"""Seconds that a deadline may be late: the clock of a worker ticks coarsely."""


class Stopwatch:
    def __enter__(self):
        self.begin = time.monotonic()
        return self

    def __exit__(self, *_exc):
        self.seconds = time.monotonic() - self.begin

    def assert_between(self, least: float, most: float) -> None:
        assert least <= self.seconds <= most, f"took {self.seconds:.3f} s, not {least} to {most}"


def pause(seconds: float) -> None:
    """The pace of a slow client."""
    threading.Event().wait(seconds)


def drip(client: Client, data: bytes, pace: float) -> bytes:
    """Sends one octet each `pace` seconds until the server closes; returns what it said."""
    for octet in data:
        try:
            client.socket.send(bytes([octet]))
            client.socket.settimeout(pace)
            received = client.socket.recv(65536)
            client.buffer += received
            if not received:
                return client.buffer
        except TimeoutError:
            continue
        except (BrokenPipeError, ConnectionResetError):
            return client.buffer
        finally:
            client.socket.settimeout(client.patience)
    raise AssertionError(f"still open after {len(data) * pace} s of dripping")


def assert_timed_out(received: bytes) -> None:
    """408, or nothing: RFC 9110 15.5.9."""
    assert received == b"" or received.startswith(b"HTTP/1.1 408 ")


def test_a_silent_connection_is_closed_after_head_timeout(start):
    server = start("--head-timeout", "300ms")
    with Client(server.address) as client, Stopwatch() as watch:
        assert_timed_out(client.until_closed())
    watch.assert_between(0.28, 0.3 + SLACK)
    assert server.counted("timeouts_head")["timeouts_head"] == 1


def test_bytes_do_not_renew_the_head_deadline(start):
    server = start("--head-timeout", "500ms")
    with Client(server.address) as client, Stopwatch() as watch:
        assert_timed_out(drip(client, request("/" + "x" * 200), 0.1))
    watch.assert_between(0.48, 0.5 + SLACK)
    assert server.counted("timeouts_head")["timeouts_head"] == 1


def test_the_head_deadline_runs_anew_for_the_next_request(start):
    server = start("--head-timeout", "500ms", "--keep-alive-timeout", "60s")
    with Client(server.address) as client:
        client.send(request("/a.gif"))
        assert client.response().status == 200
        with Stopwatch() as watch:
            assert_timed_out(drip(client, request("/" + "x" * 200), 0.1))
    watch.assert_between(0.48, 0.5 + SLACK)
    assert server.counted("timeouts_head")["timeouts_head"] == 1


def test_a_body_that_makes_progress_is_waited_for_and_a_stalled_one_is_not(start):
    server = start("--body-timeout", "600ms", "--head-timeout", "600ms")
    with Client(server.address) as client:
        client.send(request("/", "Content-Length: 1000", method="POST"))
        with pytest.raises(AssertionError, match="still open"):
            drip(client, b"x" * 20, 0.1)
        with Stopwatch() as watch:
            assert_timed_out(client.until_closed())
    watch.assert_between(0.4, 0.6 + SLACK)
    stats = server.counted("timeouts_body")
    assert (stats["timeouts_body"], stats["timeouts_head"], stats["requests_handled"]) == (1, 0, 0)


def test_a_stalled_chunked_body_is_not_waited_for(start):
    server = start("--body-timeout", "300ms")
    with Client(server.address) as client:
        client.send(request("/", "Transfer-Encoding: chunked", method="POST") + b"5\r\nhel")
        assert_timed_out(client.until_closed())
    assert server.counted("timeouts_body")["timeouts_body"] == 1


def test_an_idle_connection_is_closed_after_keep_alive_timeout_and_without_a_word(start):
    server = start("--keep-alive-timeout", "300ms")
    with Client(server.address) as client:
        client.send(request("/a.gif"))
        assert client.response().status == 200
        with Stopwatch() as watch:
            client.expect_closed()
    watch.assert_between(0.28, 0.3 + SLACK)
    assert server.counted("timeouts_keepalive")["timeouts_keepalive"] == 1


def test_requests_renew_the_keep_alive_deadline(start):
    server = start("--keep-alive-timeout", "600ms")
    with Client(server.address) as client:
        for _ in range(20):
            client.send(request("/a.gif"))
            assert client.response().status == 200
            with pytest.raises(AssertionError, match="nothing came in time"):
                client.until_closed(0.1)
    assert server.stats()["timeouts_keepalive"] == 0


def test_a_client_that_does_not_take_its_answers_is_dropped_after_write_timeout(start):
    server = start("--write-timeout", "300ms", workers=1)
    with Client(server.address, receive_buffer=4096) as client:
        stall([client], server)
        stats = server.eventually("it is gone", lambda stats: stats["connections_open"] == 0)
    assert stats["timeouts_write"] == 1
    assert stats["buffers_lent"] == 0


def test_reading_slowly_is_no_write_stall(start):
    """Each step makes room that the server can see, and the next comes before the deadline."""
    server = start("--write-timeout", "800ms", "--keep-alive-timeout", "60s", workers=1)
    with Client(server.address) as client:
        stall([client], server)
        with Stopwatch() as watch:
            while server.stats()["connections_writing"] == 1 and time.monotonic() < watch.begin + 4.0:
                take(client, 1_000_000)
                pause(0.2)
    assert server.stats()["timeouts_write"] == 0


def take(client: Client, octets: int) -> None:
    """Takes so much, or what comes within a moment."""
    client.socket.settimeout(0.05)
    try:
        while octets > 0:
            received = client.socket.recv(min(octets, 65536))
            assert received, "closed though something was taken"
            octets -= len(received)
    except TimeoutError:
        pass


def test_a_client_that_does_not_close_is_closed_after_linger_timeout(start):
    server = start("--linger-timeout", "300ms")
    with Client(server.address) as client:
        client.send(request("/a.gif", "Host: twice"))
        assert client.response().status == 400
        client.expect_closed()
        stats = server.eventually("it is gone", lambda stats: stats["connections_open"] == 0)
    assert stats["timeouts_linger"] == 1


def test_bytes_do_not_renew_the_linger_deadline(start):
    server = start("--linger-timeout", "500ms")
    with Client(server.address) as client, Stopwatch() as watch:
        client.send(request("/a.gif", "Host: twice"))
        assert client.response().status == 400
        client.expect_closed()
        drip_until_reset(client, 0.1)
    watch.assert_between(0.4, 0.5 + SLACK)
    assert server.counted("timeouts_linger")["timeouts_linger"] == 1


def drip_until_reset(client: Client, pace: float) -> None:
    """Goes on sending to a server that has ended its half, until the connection is really gone."""
    import select

    for _ in range(200):
        try:
            client.socket.send(b"x")
        except (BrokenPipeError, ConnectionResetError):
            return
        poll = select.poll()
        poll.register(client.socket, 0)  # only the end of both halves is of interest
        if poll.poll(pace * 1000):
            return
    raise AssertionError("the server took bytes without end")


def test_nothing_is_left_of_those_that_timed_out(start):
    server = start("--head-timeout", "300ms")
    clients = [Client(server.address) for _ in range(50)]
    for client in clients:
        client.send(b"GET / HT")
    for client in clients:
        try:
            assert_timed_out(client.until_closed())
        except Reset:
            raise AssertionError("a timeout is no reason for a reset") from None
        client.close()
    stats = server.eventually("all are gone", lambda stats: stats["connections_open"] == 0)
    assert stats["timeouts_head"] == 50
