"""A client of HTTP/2: hyper-h2 over a socket."""

import socket
import ssl

import h2.config
import h2.connection
import h2.events

from support.deadline import PATIENCE


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
