"""A client that asks for more answers than the sockets hold, and takes none."""

from .client import Client, request
from .deadline import Deadline

STEADY = 5
"""Looks at the statistics that have to find the same."""


def stall(clients: list[Client], server, path: str = "/a.gif") -> None:
    """Fills the way back to each client; returns once the server has answers of all of them that it
    cannot get rid of. The last request of each may be cut."""
    pipeline = request(path) * 500
    deadline = Deadline()
    unsent = {client: b"" for client in clients}
    for client in clients:
        client.socket.setblocking(False)
    # A server that writes may get rid of it in the next moment: stalled is who stays so, with as
    # many octets sent as before, while it is offered more to do.
    seen = []
    while not (len(seen) >= STEADY and len(set(seen[-STEADY:])) == 1):
        stats = server.stats()
        seen = [*seen, stats["bytes_sent"]] if stats["connections_writing"] == len(clients) else []
        assert not deadline.passed(), "the server takes requests without end, or holds none of the answers"
        for client in clients:
            unsent[client] = _send_what_fits(client, unsent[client], pipeline)
    for client in clients:
        client.socket.settimeout(client.patience)


def _send_what_fits(client: Client, unsent: bytes, pipeline: bytes) -> bytes:
    for _ in range(20):
        unsent = unsent or pipeline
        try:
            unsent = unsent[client.socket.send(unsent) :]
        except BlockingIOError:
            break
    return unsent
