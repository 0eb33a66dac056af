"""A raw client: bytes out, bytes in, a deadline on every read, and the kind of the end is known."""

import fcntl
import select
import socket
import struct
import termios

from .deadline import PATIENCE, Deadline
from .response import Malformed, Response, parse_response


class Reset(AssertionError):
    """The server reset the connection where it should have closed it."""


class Client:
    """One connection to a server. `address` is `(host, port)` or the path of a Unix socket."""

    def __init__(self, address, patience: float = PATIENCE, receive_buffer: int | None = None):
        self.patience = patience
        self.unix = isinstance(address, str)
        family = socket.AF_UNIX if self.unix else socket.AF_INET6 if ":" in address[0] else socket.AF_INET
        self.socket = socket.socket(family, socket.SOCK_STREAM)
        if receive_buffer is not None:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.socket.settimeout(patience)
        self._connect(address)
        if not self.unix:
            self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.buffer = b""
        self.ended = False

    def _connect(self, address) -> None:
        self.socket.connect(address)

    def __enter__(self) -> "Client":
        return self

    def __exit__(self, *_exc) -> None:
        self.close()

    def close(self) -> None:
        self.socket.close()

    def fileno(self) -> int:
        return self.socket.fileno()

    def send(self, data: bytes) -> None:
        self.socket.sendall(data)

    def send_unless_closed(self, data: bytes) -> bool:
        """Sends; returns whether the server still took it. Also reads, so that neither waits."""
        view = memoryview(data)
        deadline = Deadline(self.patience)
        while view:
            ready = self._poll(select.POLLIN | select.POLLOUT, deadline.left())
            if not ready:
                raise AssertionError(f"the server took nothing for {self.patience} s")
            if ready & ~select.POLLOUT and self._receive():
                return False
            if ready & select.POLLOUT:
                try:
                    view = view[self.socket.send(view, socket.MSG_DONTWAIT | socket.MSG_NOSIGNAL) :]
                except BlockingIOError:
                    pass
                except (BrokenPipeError, ConnectionResetError):
                    return False
        return True

    def send_and_see_taken(self, data: bytes) -> bool:
        """Sends over a Unix socket and returns once the server has read it all: so a cut between
        two calls is a cut between two reads. Returns whether the server still took it."""
        assert self.unix, "only a Unix socket tells what the other end has read"
        try:
            self.socket.sendall(data)
        except (BrokenPipeError, ConnectionResetError):
            return False
        deadline = Deadline(self.patience)
        while self._unread_by_server():
            if self._readable_now() and self._receive():
                return False
            if deadline.passed():
                raise AssertionError("the server stopped reading")
        return True

    def end_sending(self) -> None:
        """Closes the sending half."""
        self.socket.shutdown(socket.SHUT_WR)

    def reset(self) -> None:
        """Ends the connection with a reset."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.socket.close()

    def response(self, head: bool = False, patience: float | None = None) -> Response:
        """The next final response."""
        deadline = Deadline(self.patience if patience is None else patience)
        while (parsed := parse_response(self.buffer, head)) is None:
            if self._wait_and_receive(deadline):
                raise Malformed(f"closed inside a response or before it: {self.buffer[:300]!r}")
        response, self.buffer = parsed
        return response

    def interim(self) -> Response:
        """The next response, which has to be an interim one, before any final one is there."""
        deadline = Deadline(self.patience)
        while b"\r\n\r\n" not in self.buffer:
            if self._wait_and_receive(deadline):
                raise Malformed("closed instead of an interim response")
        head, rest = self.buffer.split(b"\r\n\r\n", 1)
        final = parse_response(head + b"\r\n\r\nHTTP/1.1 204 No Content\r\nDate: Thu, 01 Jan 1970 00:00:00 GMT\r\n\r\n")
        assert final and len(final[0].interim) == 1, f"no interim response: {head!r}"
        self.buffer = rest
        return final[0].interim[0]

    def until_closed(self, patience: float | None = None) -> bytes:
        """Everything up to the orderly end of the stream; `Reset` where it is a reset."""
        deadline = Deadline(self.patience if patience is None else patience)
        while not self.ended:
            self._wait_and_receive(deadline)
        data, self.buffer = self.buffer, b""
        return data

    def expect_closed(self, patience: float | None = None) -> None:
        """The server closes in good order and says nothing more."""
        data = self.until_closed(patience)
        assert data == b"", f"unexpected bytes before the end: {data[:300]!r}"

    def expect_gone(self, patience: float | None = None) -> None:
        """The server ends the connection, in good order or by a reset; what it says is dropped."""
        self.until_gone(patience)

    def until_gone(self, patience: float | None = None) -> bytes:
        """Everything up to the end of the connection, in good order or by a reset."""
        try:
            return self.until_closed(patience)
        except Reset:
            data, self.buffer = self.buffer, b""
            return data

    def expect_open(self) -> None:
        """The server has not closed so far, and has nothing to say."""
        if self._readable_now():
            self._receive()
        assert not self.ended and self.buffer == b"", f"closed or speaking: {self.buffer[:300]!r}"

    def _readable_now(self) -> bool:
        return bool(self._poll(select.POLLIN, 0))

    def _poll(self, events: int, seconds: float) -> int:
        """Which of `events` (an end of the stream or an error too) came in time; 0 for none."""
        poll = select.poll()  # select() knows no descriptor above 1,023
        poll.register(self.socket, events)
        return next((what for _, what in poll.poll(seconds * 1000)), 0)

    def _unread_by_server(self) -> int:
        return struct.unpack("i", fcntl.ioctl(self.socket, termios.TIOCOUTQ, b"\0" * 4))[0]

    def _wait_and_receive(self, deadline: Deadline) -> bool:
        if not self._poll(select.POLLIN, deadline.left()):
            raise AssertionError(f"nothing came in time; so far {self.buffer[:300]!r}")
        return self._receive()

    def _receive(self) -> bool:
        """Reads what is there; returns whether it was the end of the stream."""
        try:
            data = self.socket.recv(65536)
        except ConnectionResetError as error:
            self.ended = True
            raise Reset(f"reset after {self.buffer[:300]!r}") from error
        self.buffer += data
        self.ended = self.ended or data == b""
        return self.ended


def get(address, path: str = "/", *fields: str, method: str = "GET", body: bytes = b"") -> Response:
    """One request on a connection of its own."""
    with Client(address) as client:
        client.send(request(path, *fields, "Connection: close", method=method, body=body))
        response = client.response(head=method == "HEAD")
        client.expect_closed()
        return response


def request(path: str = "/", *fields: str, method: str = "GET", version: str = "1.1", body: bytes = b"") -> bytes:
    """A well-formed request as bytes."""
    lines = [f"{method} {path} HTTP/{version}", "Host: test.example", *fields]
    if body:
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join([*lines, "", ""]).encode() + body
