"""Clients that mean no good: others are served meanwhile, they are gone by their deadline, and the
counters say why."""

import random
import select
import threading
import time

from support.client import Client, get, request
from support.deadline import Deadline
from support.stall import stall


def assert_others_are_served(server, times: int = 20) -> None:
    for _ in range(times):
        begin = time.monotonic()
        assert get(server.address, "/a.gif").status == 200
        assert time.monotonic() - begin < 1.0, "others wait"


def gone(stats) -> bool:
    return stats["connections_open"] == 0


def test_a_client_that_sends_one_byte_at_a_time(start):
    server = start("--head-timeout", "1s", workers=1)
    clients = [Client(server.address) for _ in range(20)]
    begin, slow = time.monotonic(), request("/a.gif", "X: " + "x" * 1000)
    for octet in slow:
        for client in clients:
            try:
                client.socket.send(bytes([octet]))
            except OSError:
                pass
        assert_others_are_served(server, 1)
        if select.select(clients, [], [], 0.1)[0]:
            break
    assert 0.9 < time.monotonic() - begin < 4.0
    for client in clients:
        client.expect_gone()
        client.close()
    assert server.eventually("all are gone", gone)["timeouts_head"] == 20


def test_a_thousand_connections_that_say_nothing(start):
    server = start("--head-timeout", "1s", "--max-connections", "2000", workers=2)
    clients = [Client(server.address) for _ in range(1000)]
    server.eventually("all are open", lambda stats: stats["connections_open"] >= 1000)
    assert_others_are_served(server)
    stats = server.eventually("all are gone", gone)
    assert stats["timeouts_head"] == 1000
    for client in clients:
        client.expect_gone()
        client.close()


def test_a_client_that_never_reads(start):
    server = start("--write-timeout", "500ms", workers=1)
    with Client(server.address, receive_buffer=4096) as client:
        stall([client], server)
        assert_others_are_served(server)
        stats = server.eventually("it is gone", gone)
    assert stats["timeouts_write"] == 1


def test_a_client_that_never_reads_costs_bounded_memory(start):
    from support.proc import resident_bytes

    server = start("--write-timeout", "60s", workers=1)
    get(server.address, "/a.gif")
    before = resident_bytes(server.pid)
    clients = [Client(server.address, receive_buffer=4096) for _ in range(20)]
    stall(clients, server)
    assert resident_bytes(server.pid) - before < 20 * 512 * 1024
    for client in clients:
        client.reset()


def test_clients_that_reset_in_the_middle_of_an_answer(start):
    server = start(workers=1)
    clients = [Client(server.address, receive_buffer=4096) for _ in range(20)]
    stall(clients, server)
    for client in clients:
        client.reset()
    assert_others_are_served(server)
    stats = server.eventually("all are gone", gone)
    assert stats["disconnects_reset"] == 20
    assert stats["buffers_lent"] == 0


def test_clients_that_leave_in_the_middle_of_a_request(start):
    server = start(workers=1)
    for raw in (b"GET / HT", request("/", "Content-Length: 9", method="POST") + b"x"):
        with Client(server.address) as client:
            client.send(raw)
            client.end_sending()
            client.until_closed()
    stats = server.eventually("all are gone", gone)
    assert (stats["disconnects_early"], stats["requests_handled"]) == (2, 0)


def test_clients_that_connect_and_leave(start):
    server = start(workers=2)
    for number in range(300):
        client = Client(server.address)
        client.reset() if number % 2 else client.close()
    assert_others_are_served(server)
    stats = server.eventually("all are gone", gone)
    assert stats["disconnects_early"] == 0


def test_noise(start):
    server = start(workers=1)
    noise = random.Random(20)
    for _ in range(300):
        with Client(server.address) as client:
            client.send_unless_closed(noise.randbytes(noise.randrange(1, 3000)))
            try:
                client.end_sending()
            except OSError:
                pass
            client.expect_gone()
    assert_others_are_served(server)
    stats = server.eventually("all are gone", gone)
    assert stats["worker_restarts"] == 0


def test_mutated_requests(start):
    """One octet of a good request changed, removed or doubled, at every place."""
    server = start(workers=1)
    good = request("/a.gif", "Transfer-Encoding: chunked", method="POST") + b"5;a=b\r\nhello\r\n0\r\nX: y\r\n\r\n"
    noise = random.Random(7)
    for place in range(len(good)):
        octet = bytes([noise.randrange(256)])
        for variant in (octet, b"", good[place : place + 1] * 2):
            with Client(server.address) as client:
                client.send_unless_closed(good[:place] + variant + good[place + 1 :])
                try:
                    client.end_sending()
                except OSError:
                    pass
                client.expect_gone()
    assert_others_are_served(server)
    assert server.stats()["worker_restarts"] == 0


def test_memory_for_what_clients_do_not_take_is_bounded(start):
    server = start("--max-pending-memory", "1m", workers=1)
    clients = [Client(server.address, receive_buffer=4096) for _ in range(60)]
    for client in clients:
        client.socket.setblocking(False)
    deadline = Deadline()
    while not (stats := server.stats())["refused_memory"]:
        assert not deadline.passed(), stats
        for client in clients:
            try:
                client.socket.send(request("/a.gif") * 500)
            except (BlockingIOError, ConnectionError):
                pass
    assert_others_are_served(server)
    for client in clients:
        client.reset()


def test_clients_that_pipeline_without_end_leave_others_their_turn(start):
    """Not how fast, which is for a benchmark, but that each round serves everybody once."""
    server = start(workers=1)
    stop = threading.Event()

    def flood() -> None:
        with Client(server.address) as client:
            client.socket.setblocking(False)
            pipeline = request("/a.gif") * 500
            while not stop.is_set():
                for call in (lambda: client.socket.send(pipeline), lambda: client.socket.recv(1 << 20)):
                    try:
                        call()
                    except BlockingIOError:
                        pass

    floods = [threading.Thread(target=flood) for _ in range(4)]
    for thread in floods:
        thread.start()
    try:
        with Client(server.address) as polite:
            for _ in range(200):
                polite.send(request("/a.gif"))
                assert polite.response().status == 200
    finally:
        stop.set()
        for thread in floods:
            thread.join()
