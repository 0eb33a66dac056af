"""HTTP/2 by independent clients: hyper-h2 over a socket, raw frames, curl, httpx."""

import socket
import ssl
import struct

import h2.config
import h2.connection
import h2.events
import pytest
from tls.conftest import authority  # noqa: F401

from support.deadline import PATIENCE

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
DATA, HEADERS, PRIORITY, RST, SETTINGS, PUSH, PING, GOAWAY, WINDOW, CONTINUATION = range(10)
END_STREAM, ACK, END_HEADERS = 1, 1, 4
PROTOCOL, FLOW_CONTROL, STREAM_CLOSED, FRAME_SIZE, COMPRESSION, CALM = 1, 3, 5, 6, 9, 11

# :method GET, :scheme http, :path /, :authority a; packed without any table.
GET = b"\x82\x86\x84\x41\x01a"


def frame(kind: int, flags: int = 0, stream: int = 0, payload: bytes = b"") -> bytes:
    return struct.pack(">I", len(payload))[1:] + struct.pack(">BBI", kind, flags, stream) + payload


class Raw:
    """A connection of which every frame is the test's own."""

    def __init__(self, address, first: bytes = PREFACE + frame(SETTINGS), trust=None):
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


class Answer:
    def __init__(self):
        self.headers: dict[str, str] = {}
        self.interim: list[dict[str, str]] = []
        self.body = b""
        self.trailers: dict[str, str] = {}
        self.ended = False
        self.reset: int | None = None

    @property
    def status(self) -> int:
        return int(self.headers[":status"])


class Client:
    """hyper-h2 over a socket."""

    def __init__(self, address, trust=None, opens_windows: bool = True):
        raw = socket.create_connection(address, timeout=PATIENCE)
        if trust:
            context = ssl.create_default_context(cafile=str(trust))
            context.set_alpn_protocols(["h2", "http/1.1"])
            raw = context.wrap_socket(raw, server_hostname="ads.example.com")
        self.socket = raw
        self.scheme = "https" if trust else "http"
        self.h2 = h2.connection.H2Connection(h2.config.H2Configuration(header_encoding="utf-8"))
        self.h2.initiate_connection()
        self.opens_windows = opens_windows
        self.answers: dict[int, Answer] = {}
        self.goaway: int | None = None
        self.flush()

    def flush(self) -> None:
        self.socket.sendall(self.h2.data_to_send())

    def ask(self, path="/", method="GET", headers=(), body: bytes | None = None, end=True, host="a") -> int:
        stream = self.h2.get_next_available_stream_id()
        self.answers[stream] = Answer()
        fields = [(":method", method), (":scheme", self.scheme), (":authority", host), (":path", path), *headers]
        self.h2.send_headers(stream, fields, end_stream=body is None and end)
        if body is not None:
            self.send(stream, body, end)
        self.flush()
        return stream

    def send(self, stream: int, body: bytes, end: bool = False) -> None:
        while body:
            room = min(self.h2.local_flow_control_window(stream), self.h2.max_outbound_frame_size)
            if room == 0:
                self.flush()
                self.receive()
                continue
            piece, body = body[:room], body[room:]
            self.h2.send_data(stream, piece, end_stream=end and not body)
        if end and self.h2.streams[stream].open and self.h2.streams[stream].state_machine.state.name == "OPEN":
            self.h2.end_stream(stream)
        self.flush()

    def receive(self) -> bool:
        octets = self.socket.recv(65536)
        if not octets:
            return False
        for event in self.h2.receive_data(octets):
            answer = self.answers.get(getattr(event, "stream_id", None))
            match event:
                case h2.events.ResponseReceived():
                    answer.headers = dict(event.headers)
                case h2.events.InformationalResponseReceived():
                    answer.interim.append(dict(event.headers))
                case h2.events.DataReceived():
                    answer.body += event.data
                    if self.opens_windows and event.flow_controlled_length:
                        self.h2.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
                case h2.events.TrailersReceived():
                    answer.trailers = dict(event.headers)
                case h2.events.StreamEnded():
                    answer.ended = True
                case h2.events.StreamReset():
                    answer.reset = event.error_code
                case h2.events.ConnectionTerminated():
                    self.goaway = event.error_code
        self.flush()
        return True

    def until(self, done) -> None:
        while not done():
            assert self.receive(), "the server has closed"

    def answer(self, stream: int) -> Answer:
        answer = self.answers[stream]
        self.until(lambda: answer.ended or answer.reset is not None)
        return answer

    def get(self, *words, **choices) -> Answer:
        return self.answer(self.ask(*words, **choices))

    def close(self) -> None:
        self.socket.close()


@pytest.fixture
def served(start):
    """Starts a server; a function that connects to it, and the server."""
    made = []

    def connect(*options: str, kind=Client, **where):
        server = start(*options, **where)
        made.append(kind(server.address))
        return made[-1], server

    yield connect
    for client in made:
        client.close()
