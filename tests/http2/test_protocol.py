"""Frames that break the rules, and floods of those that do not (RFC 9113)."""

import signal
import socket
from functools import partial

import pytest
from http2.conftest import Raw

from support import frames as h
from support.frames import FLOODS, frame, get, number, settings
from support.proc import cpu_seconds


FATAL = {
    "no preface": (b"GARBAGE" * 10, None),
    "a frame that is too long": (frame(h.DATA, 0, 1, b"x" * 16385), h.FRAME_SIZE),
    "DATA on an idle stream": (frame(h.DATA, 0, 1, b"x"), h.PROTOCOL),
    "DATA on no stream": (frame(h.DATA, 0, 0, b"x"), h.PROTOCOL),
    "HEADERS on an even stream": (get(2), h.PROTOCOL),
    "HEADERS on no stream": (get(0), h.PROTOCOL),
    "streams in the wrong order": (get(5) + get(3), h.PROTOCOL),
    "HEADERS on a closed stream": (get(1) + get(1), h.STREAM_CLOSED),
    "an index that is none": (get(1, section=b"\xff\xff\xff\x7f"), h.COMPRESSION),
    "a section cut short": (get(1, section=b"\x41\x05a"), h.COMPRESSION),
    "too much padding": (frame(h.HEADERS, 13, 1, b"\xff" + h.GET), h.PROTOCOL),
    "CONTINUATION of nothing": (frame(h.CONTINUATION, 4, 1, h.GET), h.PROTOCOL),
    "a frame between HEADERS and CONTINUATION": (get(1, 1) + frame(h.PING, payload=bytes(8)), h.PROTOCOL),
    "CONTINUATION of another stream": (get(1, 1) + frame(h.CONTINUATION, 4, 3), h.PROTOCOL),
    "RST_STREAM on an idle stream": (frame(h.RST, 0, 1, bytes(4)), h.PROTOCOL),
    "RST_STREAM of the wrong length": (get(1) + frame(h.RST, 0, 1, b"x"), h.FRAME_SIZE),
    "SETTINGS on a stream": (frame(h.SETTINGS, 0, 1), h.PROTOCOL),
    "SETTINGS of the wrong length": (frame(h.SETTINGS, payload=b"x"), h.FRAME_SIZE),
    "an acknowledgement with a payload": (frame(h.SETTINGS, h.ACK, payload=bytes(6)), h.FRAME_SIZE),
    "ENABLE_PUSH of 2": (settings((2, 2)), h.PROTOCOL),
    "a first window beyond its bounds": (settings((4, 1 << 31)), h.FLOW_CONTROL),
    "a frame size below its bounds": (settings((5, 100)), h.PROTOCOL),
    "PUSH_PROMISE": (frame(h.PUSH, 4, 1, bytes(4)), h.PROTOCOL),
    "PING on a stream": (frame(h.PING, 0, 1, bytes(8)), h.PROTOCOL),
    "PING of the wrong length": (frame(h.PING, payload=b"x"), h.FRAME_SIZE),
    "GOAWAY on a stream": (frame(h.GOAWAY, 0, 1, bytes(8)), h.PROTOCOL),
    "WINDOW_UPDATE of nothing": (frame(h.WINDOW, payload=number(0)), h.PROTOCOL),
    "WINDOW_UPDATE beyond its bounds": (frame(h.WINDOW, payload=number(2**31 - 1)), h.FLOW_CONTROL),
    "WINDOW_UPDATE of the wrong length": (frame(h.WINDOW, payload=b"x"), h.FRAME_SIZE),
    "WINDOW_UPDATE on an idle stream": (frame(h.WINDOW, 0, 1, number(1)), h.PROTOCOL),
    "PRIORITY on no stream": (frame(h.PRIORITY, payload=bytes(5)), h.PROTOCOL),
}


@pytest.mark.parametrize("what", FATAL)
def test_what_breaks_the_rules_ends_the_connection(start, what):
    octets, code = FATAL[what]
    server = start()
    first = octets if code is None else h.PREFACE + frame(h.SETTINGS) + octets
    client = Raw(server.address, first)
    if code is not None:
        assert client.error() == code
    for _ in client.frames():
        pass
    client.close()
    server.eventually("the connection is gone", lambda stats: stats["connections_open"] == 0)


def test_the_first_frame_is_settings(served):
    client, _ = served(kind=partial(Raw, first=h.PREFACE + frame(h.PING, payload=bytes(8))))
    assert client.error() == h.PROTOCOL


PSEUDO = [(":method", "GET"), (":scheme", "http"), (":path", "/"), (":authority", "a")]


def packed(*fields) -> bytes:
    def text(octets: str) -> bytes:
        return bytes([len(octets)]) + octets.encode("latin-1")

    return b"".join(b"\0" + text(name) + text(value) for name, value in fields)


MALFORMED = [
    [*PSEUDO, ("Upper", "x")],
    [*PSEUDO, ("connection", "close")],
    [*PSEUDO, ("transfer-encoding", "chunked")],
    [*PSEUDO, ("te", "gzip")],
    [*PSEUDO, ("a", "x\r\nhost: b")],
    [*PSEUDO, ("a", " x")],
    [*PSEUDO, (":path", "/")],
    [*PSEUDO, (":status", "200")],
    [*PSEUDO, ("host", "b")],
    [*PSEUDO, ("content-length", "1")],
    [("a", "b"), *PSEUDO],
    PSEUDO[1:],
    PSEUDO[:2],
    [*PSEUDO[:2], (":path", ""), PSEUDO[3]],
    [*PSEUDO[:2], (":path", "/a b"), PSEUDO[3]],
]


def test_a_malformed_request_ends_its_stream_alone(served):
    client, _ = served(kind=Raw)
    for at, fields in enumerate(MALFORMED):
        client.send(get(2 * at + 1, section=packed(*fields)))
        assert client.reset(2 * at + 1) == h.PROTOCOL, fields
    client.send(get(1001))
    assert client.until(h.HEADERS, 1001)


def test_a_body_that_is_not_as_long_as_was_said_ends_its_stream(served):
    client, _ = served(kind=Raw)
    sized = packed((":method", "POST"), *PSEUDO[1:], ("content-length", "3"))
    for stream, pieces in ((1, [b"ab"]), (3, [b"abcd"]), (5, [b"ab", b"cd"])):
        client.send(get(stream, h.END_HEADERS, sized))
        ends = [0] * (len(pieces) - 1) + [1]
        client.send(*[frame(h.DATA, end, stream, piece) for piece, end in zip(pieces, ends, strict=True)])
        assert client.reset(stream) == h.PROTOCOL


def test_padding_priority_continuations_trailers_and_unknown_frames_are_taken(served):
    client, _ = served(kind=Raw)
    client.send(frame(99, 255, 77, b"x"), frame(h.PRIORITY, 0, 3, bytes(5)))
    client.send(frame(h.HEADERS, 0x2D, 1, b"\x03" + bytes(5) + h.GET + b"xxx"))
    assert client.until(h.HEADERS, 1)
    client.send(frame(h.HEADERS, 1, 3, h.GET[:3]), frame(h.CONTINUATION, 0, 3), frame(h.CONTINUATION, 4, 3, h.GET[3:]))
    assert client.until(h.HEADERS, 3)
    post = packed((":method", "POST"), *PSEUDO[1:])
    client.send(get(5, 4, post), frame(h.DATA, 8, 5, b"\x02abxx"), frame(h.HEADERS, 5, 5, packed(("x", "y"))))
    assert client.until(h.HEADERS, 5)
    client.send(frame(h.PING, payload=b"12345678"))
    assert client.until(h.PING, flags=h.ACK)[1] == b"12345678"


def test_what_crosses_the_last_goaway_ends_no_other_stream(served):
    client, server = served("--drain-timeout", "10s", kind=Raw)
    post = packed((":method", "POST"), *PSEUDO[1:])
    client.send(get(1, h.END_HEADERS, post))
    client.send(frame(h.PING, payload=bytes(8)))
    client.until(h.PING)
    server.signal(signal.SIGTERM)
    client.until(h.GOAWAY)
    last = int.from_bytes(client.until(h.GOAWAY)[1][:4], "big")
    assert last == 1
    # A request with a body that was on its way: it is not served, and nobody's mistake.
    client.send(get(3, h.END_HEADERS, post), frame(h.DATA, 0, 3, b"abc"), frame(h.RST, 0, 3, number(8)))
    client.send(frame(h.DATA, h.END_STREAM, 1, b"abc"))
    assert client.until(h.HEADERS, 1)
    for _ in client.frames():
        pass
    assert server.wait() == 0


def test_more_streams_than_are_allowed_are_refused(served):
    client, _ = served("--http2-max-streams", "2", kind=Raw)
    post = packed((":method", "POST"), *PSEUDO[1:])
    client.send(get(1, 4, post), get(3, 4, post), get(5, 4, post))
    assert client.reset(5) == 7
    client.send(frame(h.DATA, 1, 1, b"x"))
    assert client.until(h.HEADERS, 1)
    client.send(get(7))
    assert client.until(h.HEADERS, 7)


def test_windows_are_kept(served):
    first = h.PREFACE + settings((4, 10))
    client, _ = served(kind=partial(Raw, first=first))
    client.send(get(1, section=packed(*PSEUDO[:2], (":path", "/a.gif"), PSEUDO[3])))
    assert len(client.until(h.DATA, 1)[1]) == 10
    client.send(frame(h.PING, payload=bytes(8)))
    client.until(h.PING)
    client.send(frame(h.WINDOW, 0, 1, number(20)))
    assert len(client.until(h.DATA, 1)[1]) == 20
    client.send(settings((4, 1000)))
    flags, rest = client.until(h.DATA, 1)
    assert (flags, len(rest)) == (h.END_STREAM, 13)


def test_who_does_not_open_windows_is_reset(served):
    first = h.PREFACE + settings((4, 10))
    client, server = served("--write-timeout", "300ms", kind=partial(Raw, first=first))
    client.send(get(1, section=packed(*PSEUDO[:2], (":path", "/a.gif"), PSEUDO[3])))
    assert client.reset(1) == 2
    assert server.stats()["timeouts_write"] == 1


def test_who_has_to_make_room_is_told_so(served):
    client, server = served("--max-connections", "1", kind=Raw, workers=1)
    client.send(get(1))
    client.until(h.DATA, 1)
    with socket.create_connection(server.addresses[0]) as other:
        other.sendall(b"GET /a.gif HTTP/1.1\r\nHost: a\r\n\r\n")
        assert other.recv(12) == b"HTTP/1.1 200"
    assert client.error() == 0
    client.close()
    assert server.stats()["connections_evicted"] == 1


def test_a_field_section_that_does_not_come_whole_in_time_ends_the_connection(served):
    client, server = served("--head-timeout", "300ms", kind=Raw)
    client.send(get(1, 1))
    assert client.error() == 4
    assert server.stats()["timeouts_head"] == 1


@pytest.mark.parametrize("what", FLOODS)
def test_a_flood_is_told_to_calm_down_and_closed(served, what):
    client, server = served(kind=Raw)
    before = cpu_seconds(server.pid)
    try:
        for start in range(0, 20_000, 500):
            client.send(*[FLOODS[what](at) for at in range(start, start + 500)])
    except OSError:
        pass
    assert client.error() == h.CALM
    for _ in client.frames():
        pass
    stats = server.eventually("it is closed", lambda stats: stats["connections_open"] == 0)
    assert stats["http2_floods"] == 1
    assert cpu_seconds(server.pid) - before < 0.5
