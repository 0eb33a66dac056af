"""Persistence: the Connection field, HTTP/1.0, several requests in one buffer."""

from .vector import Vector, answered, head, post


def get(*fields: bytes) -> bytes:
    return head(b"GET / HTTP/1.1", *fields)


def get10(*fields: bytes) -> bytes:
    return head(b"GET / HTTP/1.0", *fields)


CONNECTION: list[Vector] = [
    answered("also", "Connection close", get(b"Connection: close"), closes=True),
    answered("also", "Connection Close", get(b"Connection: Close"), closes=True),
    answered("also", "Connection keep-alive", get(b"Connection: keep-alive")),
    answered("also", "an empty list", get(b"Connection: ,,,")),
    answered("also", "an empty Connection", get(b"Connection:")),
    answered("also", "close last in a list", get(b"Connection: keep-alive, close"), closes=True),
    answered("also", "close first in a list", get(b"Connection: close, keep-alive"), closes=True),
    answered("also", "close among empty members", get(b"Connection: ,, close ,"), closes=True),
    answered("also", "close after a TAB", get(b"Connection: x,\tclose"), closes=True),
    answered("also", "close on a second line", get(b"Connection: keep-alive", b"Connection: close"), closes=True),
    answered("also", "close as a part of a word", get(b"Connection: closed, x-close, close-x")),
    answered("also", "close as a name of a field", get(b"Connection: x", b"X: close")),
    answered("also", "Upgrade is ignored", get(b"Connection: upgrade", b"Upgrade: websocket")),
    answered(
        "also",
        "Upgrade to HTTP/2 is ignored",
        get(b"Connection: Upgrade, HTTP2-Settings", b"Upgrade: h2c", b"HTTP2-Settings: AAMAAABk"),
    ),
    answered(
        "also",
        "close after a body",
        post(b"Connection: close", b"Content-Length: 2", body=b"hi"),
        closes=True,
        echo=b"POST hi",
    ),
    # HTTP/1.0.
    answered("also", "HTTP/1.0", get10(), closes=True),
    answered("also", "HTTP/1.0 keep-alive", get10(b"Connection: keep-alive")),
    answered("also", "HTTP/1.0 Keep-Alive", get10(b"Connection: Keep-Alive")),
    answered("also", "HTTP/1.0 keep-alive and close", get10(b"Connection: keep-alive, close"), closes=True),
    answered("also", "HTTP/1.0 close", get10(b"Connection: close"), closes=True),
    answered("also", "HTTP/1.0 HEAD", head(b"HEAD / HTTP/1.0"), closes=True),
    answered(
        "also",
        "HTTP/1.0 with a body",
        post(b"Content-Length: 2", body=b"hi", version=b"1.0"),
        closes=True,
        echo=b"POST hi",
    ),
    answered(
        "also",
        "HTTP/1.0 never gets 100",
        post(b"Expect: 100-continue", b"Content-Length: 2", body=b"hi", version=b"1.0"),
        closes=True,
        echo=b"POST hi",
    ),
    # Several requests in one buffer.
    answered("also", "two requests", get() * 2, count=2, methods=("GET", "GET")),
    answered("also", "ten requests", get() * 10, count=10, methods=("GET",) * 10),
    answered("also", "two requests and CRLF between", get() + b"\r\n" + get(), count=2, methods=("GET", "GET")),
    answered(
        "also", "HEAD between two", get() + head(b"HEAD / HTTP/1.1") + get(), count=3, methods=("GET", "HEAD", "GET")
    ),
    answered(
        "also",
        "a body between two",
        get() + post(b"Content-Length: 2", body=b"hi") + get(),
        count=3,
        methods=("GET", "POST", "GET"),
    ),
    answered(
        "also",
        "nothing after close",
        get() + get(b"Connection: close") + get(),
        count=2,
        closes=True,
        methods=("GET", "GET"),
    ),
    answered("also", "nothing after HTTP/1.0", get() + get10() + get(), count=2, closes=True, methods=("GET", "GET")),
    Vector(
        "also",
        "nothing after a refusal",
        get() + get(b"Host: b") + get(),
        (frozenset({200, 204}), frozenset({400})),
        closes=True,
        methods=("GET", "GET"),
    ),
]
