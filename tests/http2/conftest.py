"""HTTP/2 by independent clients: hyper-h2 over a socket, raw frames, curl, httpx."""

import socket
import ssl
import struct

import pytest
from tls.conftest import authority  # noqa: F401

from support.deadline import PATIENCE
from support.frames import GOAWAY, PREFACE, RST, SETTINGS, frame
from support.http2 import Client

class Raw:
    """A connection of which every frame is the test's own."""

    def __init__(self, address, first: bytes = PREFACE + frame(SETTINGS), *, trust=None):
        self.socket = socket.create_connection(address, timeout=PATIENCE)
        if trust is not None:
            context = ssl.create_default_context(cafile=trust)
            context.set_alpn_protocols(["h2"])
            self.socket = context.wrap_socket(self.socket, server_hostname="a.example", suppress_ragged_eofs=False)
        self.rest = b""
        self.socket.sendall(first)

    def send(self, *frames: bytes) -> None:
        self.socket.sendall(b"".join(frames))

    def frames(self):
        """The frames that come, up to the end of the connection."""
        while True:
            while len(self.rest) < 9 or len(self.rest) < 9 + int.from_bytes(self.rest[:3], "big"):
                try:
                    octets = self.socket.recv(65536)
                except ConnectionResetError:
                    return
                if not octets:
                    return
                self.rest += octets
            length = int.from_bytes(self.rest[:3], "big")
            kind, flags, stream = struct.unpack(">BBI", self.rest[3:9])
            payload, self.rest = self.rest[9 : 9 + length], self.rest[9 + length :]
            yield kind, flags, stream, payload

    def until(self, kind: int, stream: int | None = None, flags: int = 0) -> tuple[int, bytes]:
        for seen, seen_flags, seen_stream, payload in self.frames():
            if seen == kind and stream in (None, seen_stream) and seen_flags & flags == flags:
                return seen_flags, payload
        raise AssertionError(f"no frame of kind {kind} came")

    def error(self) -> int:
        """The code of the GOAWAY that ends the connection."""
        return int.from_bytes(self.until(GOAWAY)[1][4:8], "big")

    def reset(self, stream: int) -> int:
        return int.from_bytes(self.until(RST, stream)[1], "big")

    def close(self) -> None:
        self.socket.close()


@pytest.fixture(params=["clear", "tls"])
def layer(request) -> str:
    """What HTTP/2 is spoken over."""
    return request.param


@pytest.fixture
def served(start, authority, layer):  # noqa: F811
    """Starts a server; a function that connects to it, and the server."""
    made = []

    def connect(*options: str, kind=Client, **where):
        if layer == "clear":
            server = start(*options, **where)
            made.append(kind(server.address))
        else:
            server = start("--tls-port", "0", "--ca-dir", str(authority.folder), *options, **where)
            made.append(kind(server.addresses[-1], trust=authority.certificate))
        return made[-1], server

    yield connect
    for client in made:
        client.close()
