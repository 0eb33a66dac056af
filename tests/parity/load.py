"""The same octets for every face, so that the same is counted."""

import socket
import struct

CLOSE = b"Host: x\r\nConnection: close\r\n\r\n"

# One connection each; the last request of each makes the server close.
CONNECTIONS = [
    # Answers by type, one kept-alive connection.
    [
        b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET /pixel.gif HTTP/1.1\r\nHost: x\r\nOrigin: http://y\r\n\r\n",
        b"HEAD /script.js HTTP/1.1\r\n" + CLOSE,
    ],
    # Two requests in one segment, bodies of both kinds.
    [
        b"POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc"
        b"POST /b HTTP/1.1\r\nTransfer-Encoding: chunked\r\nHost: x\r\nConnection: close\r\n\r\n"
        b"3\r\nabc\r\n0\r\n\r\n",
    ],
    [b"GET /generate_204 HTTP/1.0\r\n\r\n"],
    # Refused, one for each reason that a short request can have.
    [b"GET\r\n\r\n"],
    [b"GET / HTTP/2.1\r\nHost: x\r\n\r\n"],
    [b"GET / HTTP/1.1\r\n\r\n"],
    [b"GET / HTTP/1.1\r\nHost: x\r\nA : b\r\n\r\n"],
    [b"GET / HTTP/1.1\nHost: x\n\n"],
    [b"GET /" + b"a" * 9000 + b" HTTP/1.1\r\nHost: x\r\n\r\n"],
    [b"GET / HTTP/1.1\r\nHost: x\r\n" + b"A: b\r\n" * 200 + b"\r\n"],
    [b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n"],
    [b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip\r\n\r\n"],
    [b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nz\r\n"],
    [b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5000\r\n\r\n"],
    [b"GET / HTTP/1.1\r\nExpect: nonsense\r\n" + CLOSE],
    [b"BREW / HTTP/1.1\r\n" + CLOSE],
    [b"PRI * HTTP/2.0\r\n\r\nNO\r\n\r\n"],
    # Asked for permission to send.
    [
        b"POST / HTTP/1.1\r\nContent-Length: 1\r\nExpect: 100-continue\r\n" + CLOSE,
        b"a",
    ],
    # Reset by nobody, closed after max_requests.
    [b"GET /a.gif HTTP/1.1\r\nHost: x\r\n\r\n"] * 4,
    [b"CONNECT x:80 HTTP/1.1\r\n" + CLOSE],
]


ASKED = b"GET /a.gif HTTP/1.1\r\nHost: x\r\n\r\n"
BUSY = b"POST /a.gif HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhel"
REFUSED = b"GET / HTTP/1.1\r\n\r\n"


def connect(face) -> socket.socket:
    return socket.create_connection(("127.0.0.1", face.port), timeout=20)


def ask(face, request: bytes = ASKED) -> socket.socket:
    """A connection whose request has been answered."""
    client = connect(face)
    client.sendall(request)
    read_head(client)
    return client


def overstay(face) -> None:
    """A client for each deadline, which it lets pass."""
    for name, begin in (
        ("timeouts_head", lambda: say(face, b"GET / HT")),
        ("timeouts_body", lambda: say(face, BUSY)),
        ("timeouts_keepalive", lambda: ask(face)),
    ):
        with begin() as client:
            # To the end at once: who is slow to close passes another deadline.
            while client.recv(65536):
                pass
        face.once(name, lambda stats, name=name: stats[name] == 1)
    with ask(face, REFUSED):
        face.once("timeouts_linger", lambda stats: stats["timeouts_linger"] == 1)


def say(face, text: bytes) -> socket.socket:
    client = connect(face)
    client.sendall(text)
    return client


def crowd(face, room: int) -> None:
    """More clients than the pool has room for: idle ones are evicted, busy ones are not."""
    idle = [ask(face) for _ in range(room)]
    ask(face).close()
    face.once("evicted", lambda stats: stats["connections_evicted"] == 1)
    close(idle)
    face.quiet()
    busy = [say(face, BUSY) for _ in range(room)]
    face.once("full", lambda stats: stats["connections_reading"] == room)
    ask(face).close()
    face.once("refused", lambda stats: stats["refused_full"] == 1)
    # Half of them leave, half of them slam the door.
    for number, client in enumerate(busy):
        if number % 2:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    close(busy)


def want_too_much(face) -> None:
    """A client that asks for more than it may have, of requests and of connections."""
    with say(face, ASKED * 5) as first, connect(face):
        received = b""
        while received.count(b"HTTP/1.1 ") < 5 or not received.endswith(b"\n"):
            received += first.recv(65536)
        assert received.count(b"HTTP/1.1 429 ") == 2
        with connect(face) as third:
            read_head(third)
        face.once("turned away", lambda stats: stats["refused_client_connections"] == 1)


def come_through_a_proxy(face) -> None:
    """One with a header, one without, one who may send none."""
    with say(face, b"PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\n" + ASKED) as client:
        read_head(client)
    with say(face, ASKED) as client:
        client.recv(1)
    with socket.create_connection(("127.0.0.1", face.port), 20, ("127.0.0.2", 0)) as client:
        client.recv(1)
    names = ("refused_proxy_header", "refused_proxy_source")
    face.once("closed", lambda stats: [stats[name] for name in names] == [1, 1])


def close(clients) -> None:
    for client in clients:
        client.close()


def put_load_on(port: int) -> None:
    """Sends all of it, one connection after the other, and reads every answer to its end."""
    for requests in CONNECTIONS:
        with socket.create_connection(("127.0.0.1", port), timeout=20) as client:
            for request in requests[:-1]:
                client.sendall(request)
                read_head(client)
            client.sendall(requests[-1])
            while client.recv(65536):
                pass


def read_head(client: socket.socket) -> None:
    """Reads an answer whose body is empty or short enough to come with its head."""
    received = b""
    while b"\r\n\r\n" not in received:
        more = client.recv(65536)
        assert more, "the server closed a connection that it should keep"
        received += more
