"""The same octets for every face, so that the same is counted."""

import socket

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
    [b"CONNECT x:80 HTTP/1.1\r\n" + CLOSE],
]


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
