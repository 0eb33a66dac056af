"""Frames of HTTP/2 (RFC 9113 section 4.1), made by hand."""

import struct

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
DATA, HEADERS, PRIORITY, RST, SETTINGS, PUSH, PING, GOAWAY, WINDOW, CONTINUATION = range(10)
END_STREAM, ACK, END_HEADERS = 1, 1, 4
PROTOCOL, FLOW_CONTROL, STREAM_CLOSED, FRAME_SIZE, COMPRESSION, CALM = 1, 3, 5, 6, 9, 11

# :method GET, :scheme http, :path /, :authority a; packed without any table.
GET = b"\x82\x86\x84\x41\x01a"


def frame(kind: int, flags: int = 0, stream: int = 0, payload: bytes = b"") -> bytes:
    return struct.pack(">I", len(payload))[1:] + struct.pack(">BBI", kind, flags, stream) + payload


def settings(*pairs) -> bytes:
    return frame(SETTINGS, payload=b"".join(struct.pack(">HI", *pair) for pair in pairs))


def get(stream: int, flags: int = END_STREAM | END_HEADERS, section: bytes = GET) -> bytes:
    return frame(HEADERS, flags, stream, section)


def number(value: int) -> bytes:
    return struct.pack(">I", value)


FLOODS = {
    "rapid reset": lambda at: get(2 * at + 1, END_HEADERS) + frame(RST, 0, 2 * at + 1, number(8)),
    "CONTINUATION": lambda at: get(1, 1) if at == 0 else frame(CONTINUATION, 0, 1, b""),
    "SETTINGS": lambda at: settings((1, at % 4096)),
    "PING": lambda at: frame(PING, payload=bytes(8)),
    "empty DATA": lambda at: get(1, END_HEADERS) if at == 0 else frame(DATA, 0, 1),
    "PRIORITY": lambda at: frame(PRIORITY, 0, 1, bytes(5)),
    "WINDOW_UPDATE": lambda at: frame(WINDOW, 0, 0, number(1)),
    "malformed requests": lambda at: get(2 * at + 1, section=GET[:2]),
    "unknown frames": lambda at: frame(200, 0, 0, b"x"),
}
"""Of each flood the frame, or the frames, of this number: none breaks a rule."""
