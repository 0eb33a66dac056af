"""A client that asks for more answers than the sockets hold, and takes none."""

from .client import Client, request
from .deadline import Deadline


def stall(clients: list[Client], server, path: str = "/a.gif") -> None:
    """Fills the way back to each client; returns once the server has answers of all of them that it
    cannot get rid of."""
    pipeline = request(path) * 500
    deadline = Deadline()
    for client in clients:
        client.socket.setblocking(False)
    while server.stats()["connections_writing"] < len(clients):
        assert not deadline.passed(), "the server takes requests without end, or holds none of the answers"
        for client in clients:
            _send_what_fits(client, pipeline)
    for client in clients:
        client.socket.settimeout(client.patience)


def _send_what_fits(client: Client, pipeline: bytes) -> None:
    for _ in range(20):
        try:
            # A request cut by a full buffer is no matter: these connections are never read.
            client.socket.send(pipeline)
        except BlockingIOError:
            return
