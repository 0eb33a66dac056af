"""Ten thousand connections at once: nobody is refused and every worker holds its share."""

import resource
import socket

import pytest

from support.client import request
from support.response import parse_response

pytestmark = pytest.mark.scale

COUNT = 10_000
WORKERS = 4
PATIENCE = 60.0


@pytest.fixture(autouse=True)
def descriptors():
    """The test holds one descriptor for each connection, as the server does."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard < COUNT + 500:
        pytest.skip(f"the limit of {hard} descriptors is too low for {COUNT} connections")
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def connect(address) -> socket.socket:
    client = socket.create_connection(address, timeout=PATIENCE)
    client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return client


def answer(client: socket.socket):
    data = b""
    while (parsed := parse_response(data)) is None:
        received = client.recv(4096)
        assert received, "closed instead of answering"
        data += received
    assert parsed[1] == b""
    return parsed[0]


@pytest.mark.parametrize("mode", ["dispatch", "reuseport"])
def test_ten_thousand_keep_alive_connections(start, mode):
    server = start("--max-connections", "4000", "--accept", mode, "--keep-alive-timeout", "120s", workers=WORKERS)
    clients = [connect(server.address) for _ in range(COUNT)]
    for _ in range(3):
        for client in clients:
            client.sendall(request("/a.gif"))
        assert all(answer(client).status == 200 for client in clients)
    stats = server.stats()
    assert stats["connections_open"] == COUNT and stats["requests_handled"] == 3 * COUNT
    assert not stats.named("refused_") and not stats.named("timeouts_") and not stats["connections_evicted"]
    if mode == "dispatch":
        assert all(abs(held - COUNT / WORKERS) <= 1 for held in stats.workers["connections_open"])
    else:  # the kernel hashes: uneven by about the square root of the share
        assert all(abs(held - COUNT / WORKERS) <= 300 for held in stats.workers["connections_open"])
    assert stats["buffers_lent"] == 0, "an idle connection holds a buffer"
    for client in clients:
        client.close()
    server.eventually("all are gone", lambda stats: stats["connections_open"] == 0)


def test_ten_thousand_connections_end_together_when_draining(start):
    import signal

    server = start("--max-connections", "4000", workers=WORKERS)
    clients = [connect(server.address) for _ in range(COUNT)]
    for client in clients:
        client.sendall(request("/a.gif"))
    assert all(answer(client).status == 200 for client in clients)
    server.signal(signal.SIGTERM)
    assert all(client.recv(1) == b"" for client in clients)
    assert server.wait(10) == 0
