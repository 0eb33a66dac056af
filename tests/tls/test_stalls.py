"""A thousand clients that connect and stall or leave in the middle of a handshake, over and over: others do not notice."""

import random
import socket
import threading
import time

from support import proc
from support.deadline import eventually

from tls.conftest import Client
from tls.test_handshake import hello

STALLING = 1000
SECONDS = 4.0


class Stallers(threading.Thread):
    """Keeps so many connections that stand still somewhere in the handshake, and replaces them."""

    def __init__(self, address, count: int):
        super().__init__(daemon=True)
        self.address, self.count = address, count
        self.over = threading.Event()
        self.full = threading.Event()
        self.made = 0

    def run(self) -> None:
        whole, chance = hello(b"stall.example.com"), random.Random(6)
        there: list[socket.socket] = []
        try:
            while not self.over.is_set():
                there.append(self.one(whole, chance))
                self.made += 1
                if len(there) >= self.count:
                    self.full.set()
                    # Some are reset, some closed with an end of stream; the rest waits for the deadline.
                    leaving = there.pop(chance.randrange(len(there)))
                    if chance.random() < 0.5:
                        leaving.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
                    leaving.close()
                    # A bounded load: what the clients take of this machine is not the server's.
                    self.over.wait(0.001)
        finally:
            for one in there:
                one.close()

    def one(self, whole: bytes, chance: random.Random) -> socket.socket:
        client = socket.create_connection(self.address)
        client.setblocking(False)
        try:
            # Nothing, a part of a hello, a whole one, or one and what belongs to no handshake.
            client.send((whole + b"\x14\x03\x03\x00\x01\x01")[: chance.choice([0, 1, 5, 50, len(whole), len(whole) + 6])])
        except OSError:
            pass
        return client

    def end(self) -> None:
        self.over.set()
        self.join()


def latencies(address, trust, seconds: float) -> list[float]:
    """How long visits take that go one after another: a handshake and an answer each."""
    found, end = [], time.monotonic() + seconds
    while time.monotonic() < end:
        begun = time.monotonic()
        with Client(address, trust=trust) as client:
            client.get()
        found.append(time.monotonic() - begun)
    return sorted(found)


def test_a_thousand_that_stall_hold_nobody_up(tls, authority):
    server = tls("--handshake-timeout", "2s", "--max-connections", "2000", descriptors=8000)
    with Client(server.addresses[1], trust=authority.certificate) as client:
        client.get()
    descriptors = proc.open_descriptors(server.pid)
    alone = latencies(server.addresses[1], authority.certificate, 1.5)
    stallers = Stallers(server.addresses[1], STALLING)
    stallers.start()
    assert stallers.full.wait(30)
    beside = latencies(server.addresses[1], authority.certificate, SECONDS)
    p99 = lambda times: times[len(times) * 99 // 100]  # noqa: E731
    stallers.end()
    # A test beside others on the same cores: the bench has the figure, here nobody may have to wait for a deadline.
    assert p99(beside) < 1.0, (p99(alone), p99(beside))
    assert stallers.made > STALLING + 100
    eventually(lambda: server.stats()["connections_open"] == 0, "all gone")
    eventually(lambda: proc.open_descriptors(server.pid) <= descriptors, "no descriptor left")
    begun, used = time.monotonic(), proc.cpu_seconds_fine(server.pid)
    threading.Event().wait(0.5)
    busy = (proc.cpu_seconds_fine(server.pid) - used) / (time.monotonic() - begun)
    assert busy < 0.02, f"{busy:.1%} of a core with nothing to do"
    assert server.stats()["buffers_lent"] == 0
