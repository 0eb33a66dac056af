"""When full: idle connections make room, the rest is told 503, and nothing ever spins."""

import resource
import threading
import time

import pytest

from support.client import Client, get, request
from support.deadline import eventually
from support.proc import cpu_seconds, open_descriptors

BUSY = request("/a.gif", "Content-Length: 5", method="POST") + b"hel"
WINDOW = 1.0
"""Seconds over which processor time is watched."""


def idle_clients(server, count: int) -> list[Client]:
    clients = []
    for _ in range(count):
        client = Client(server.address)
        client.send(request("/a.gif"))
        assert client.response().status == 200
        clients.append(client)
    return clients


def busy_clients(server, count: int) -> list[Client]:
    clients = [Client(server.address) for _ in range(count)]
    for client in clients:
        client.send(BUSY)
    server.eventually("all are reading", lambda stats: stats["connections_reading"] == count)
    return clients


def close_all(clients: list[Client]) -> None:
    for client in clients:
        client.close()


def assert_does_not_spin(server) -> None:
    """Less than a tenth of one processor over a bounded time in which nothing happens."""
    before = cpu_seconds(server.pid)
    threading.Event().wait(WINDOW)
    used = cpu_seconds(server.pid) - before
    assert used < 0.1 * WINDOW, f"{used:.2f} s of processor time in {WINDOW} s of nothing to do"


def test_a_full_pool_closes_the_longest_idle_connection_for_a_new_one(start):
    server = start("--max-connections", "8", workers=1)
    clients = idle_clients(server, 8)
    assert get(server.address, "/a.gif").status == 200
    clients[0].expect_closed()
    for client in clients[1:]:
        client.send(request("/a.gif"))
        assert client.response().status == 200
    stats = server.counted("connections_evicted")
    assert (stats["connections_evicted"], stats["refused_full"]) == (1, 0)
    close_all(clients)


def test_use_and_not_age_decides_who_is_evicted(start):
    server = start("--max-connections", "8", workers=1)
    clients = idle_clients(server, 8)
    # In use for longer than the resolution of the server's clock (a tick of the kernel, 4 to 10 ms).
    in_use_until = time.monotonic() + 0.02
    while time.monotonic() < in_use_until:
        for client in clients[:4]:
            client.send(request("/a.gif"))
            assert client.response().status == 200
    newcomers = idle_clients(server, 4)
    for client in clients[4:]:
        client.expect_closed()
    for client in clients[:4]:
        client.send(request("/a.gif"))
        assert client.response().status == 200
    close_all(clients + newcomers)


def test_a_pool_full_of_busy_connections_answers_503_and_closes(start):
    server = start("--max-connections", "8", workers=1)
    clients = busy_clients(server, 8)
    with Client(server.address) as refused:
        refused.send(request("/a.gif"))
        answer = refused.response()
        assert answer.status == 503 and answer.closes
        refused.expect_gone()
    for client in clients:
        client.send(b"lo")
        assert client.response().status == 200
    stats = server.counted("refused_full")
    assert (stats["refused_full"], stats["connections_evicted"]) == (1, 0)
    close_all(clients)


def test_a_full_pool_serves_again_as_soon_as_there_is_room(start):
    server = start("--max-connections", "8", workers=1)
    close_all(busy_clients(server, 8))
    server.eventually("all are gone", lambda stats: stats["connections_open"] == 0)
    assert get(server.address, "/a.gif").status == 200


def test_a_crowd_larger_than_the_pool_is_served_in_turn(start):
    server = start("--max-connections", "8", workers=2)
    for _ in range(20):
        close_all(idle_clients(server, 32))
    assert server.stats()["pool_capacity"] == 16


def starve(server, spare: int) -> None:
    """Leaves the running server `spare` descriptors more than it has now."""
    limit = open_descriptors(server.pid) + spare
    _, hard = resource.prlimit(server.pid, resource.RLIMIT_NOFILE)
    resource.prlimit(server.pid, resource.RLIMIT_NOFILE, (limit, hard))


@pytest.fixture(params=["dispatch", "reuseport"])
def starved(request, start):
    """A server without descriptors left, and the busy clients that hold them."""
    server = start("--accept", request.param, workers=1, allow=(r"(?i)descriptor|too many open files|accept",))
    starve(server, 10)
    clients = [Client(server.address) for _ in range(40)]
    for client in clients:
        client.send(BUSY)
    server.counted("accept_pauses")
    yield server, clients
    close_all(clients)


def test_a_server_without_descriptors_does_not_spin(starved):
    server, _ = starved
    assert_does_not_spin(server)


def test_a_server_without_descriptors_goes_on_with_those_it_has(starved):
    server, clients = starved
    served = 0
    for client in clients:
        try:
            client.send(b"lo")
            served += client.response(patience=0.2).status == 200
        except (AssertionError, OSError):
            continue  # shed, or still in the queue
    assert served >= 5


def test_a_server_without_descriptors_recovers_when_some_are_free(starved):
    server, clients = starved
    close_all(clients)

    def works() -> bool:
        try:
            return get(server.address, "/a.gif").status == 200
        except (AssertionError, OSError):
            return False

    assert eventually(works, "it serves again", 5.0)
    server.eventually("all are gone", lambda stats: stats["connections_open"] == 0)


def test_nobody_waits_for_ever_while_descriptors_are_short(starved):
    """Who cannot be served is told so or dropped; the queue of the kernel does not just fill up."""
    server, _ = starved
    server.counted("connections_shed")


def test_a_low_limit_from_the_start_is_lived_with(start):
    server = start(descriptors=256, workers=1, allow=(r"256",))
    clients = [Client(server.address) for _ in range(400)]
    for client in clients:
        client.send_unless_closed(BUSY)
    server.eventually("some are open", lambda stats: stats["connections_open"] > 100)
    assert_does_not_spin(server)
    close_all(clients)
    server.eventually("all are gone", lambda stats: stats["connections_open"] == 0)
    assert get(server.address, "/a.gif").status == 200


def test_an_idle_server_uses_no_processor_time(start):
    server = start(workers=4)
    clients = idle_clients(server, 20)
    assert_does_not_spin(server)
    close_all(clients)


def test_a_body_is_not_kept_longer_than_its_request(start):
    server = start("--max-body", "1000000", workers=1)
    with Client(server.address) as client:
        client.send(request("/a.gif", method="POST", body=b"x" * 900_000))
        assert client.response().status == 200
        assert server.stats()["body_memory"] == 0
