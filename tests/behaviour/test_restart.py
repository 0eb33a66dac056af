"""A new process takes over from an old one: no request fails, whoever opened the port."""

import signal
import socket
import subprocess
import threading
import time

import pytest

from support.client import Client, get, request
from support.load import Wrk
from support.netns import in_own_network
from support.server import ServerProcess, as_service, binary_argv

FEW = ("-w", "2", "--max-connections", "1000")
RESTARTS = 5


class Askers:
    """Clients with a connection for each request; they note what fails."""

    def __init__(self, address, count: int = 4):
        self.address, self.failures, self.answers = address, [], 0
        self._end = threading.Event()
        self._threads = [threading.Thread(target=self._ask) for _ in range(count)]

    def _ask(self) -> None:
        while not self._end.is_set():
            try:
                with Client(self.address) as client:
                    client.send(request("/a.gif"))
                    assert client.response().status == 200
                self.answers += 1
            except (OSError, AssertionError) as error:
                self.failures.append(repr(error))

    def __enter__(self) -> "Askers":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_exc) -> None:
        self._end.set()
        for thread in self._threads:
            thread.join()

    def wait_for(self, more: int) -> None:
        """Until so many more have been answered, so that each process has its share."""
        wanted, end = self.answers + more, time.monotonic() + 10
        while self.answers < wanted and not self.failures and time.monotonic() < end:
            time.sleep(0.001)
        assert not self.failures and self.answers >= wanted


def roll(first: ServerProcess, following) -> None:
    """Restarts again and again under both kinds of load: busy connections that stay, and new ones."""
    server = first
    try:
        with Wrk(f"{server.url}/a.gif") as wrk, Askers(server.address) as askers:
            for _ in range(RESTARTS):
                askers.wait_for(50)
                successor = following()
                server.signal(signal.SIGTERM)
                assert server.wait() == 0
                server = successor
            askers.wait_for(50)
            assert wrk.stop() > 1000
        assert askers.failures == []
        server.stop()
    finally:
        server.kill()


def test_on_the_sockets_of_a_service_manager():
    """LISTEN_FDS: the manager keeps the socket, each process has it as long as it lives."""
    with socket.create_server(("127.0.0.1", 0), backlog=512) as listening:
        roll(as_service(listening, options=FEW), lambda: as_service(listening, options=FEW))


@pytest.mark.parametrize("option", [("--reuse-port", "on"), ("--accept", "reuseport")], ids=["reuse_port", "accept"])
def test_on_the_same_port_by_a_second_process(option):
    """SO_REUSEPORT: both listen for a moment, then the old one drains. The kernel moves connections that
    the old one has not accepted to the new one, if it is told to."""

    def work() -> None:
        first = ServerProcess(binary_argv(*option))
        port = str(first.address[1])
        roll(first, lambda: ServerProcess(binary_argv(*option, port=port)))

    in_own_network(work, tcp_migrate_req=1)


def test_without_the_option_the_port_is_taken(start):
    argv = binary_argv("--reuse-port", "on", port=str(start().address[1]))
    done = subprocess.run(argv, capture_output=True, text=True, timeout=30)
    assert done.returncode == 1 and "the address is in use already" in done.stderr


def test_a_busy_connection_is_told_that_it_was_the_last_answer(start):
    """Who has just been answered may ask once more; who is silent for longer is closed at once."""
    server = start("--drain-timeout", "60s", workers=1)
    with Client(server.address) as busy, Client(server.address) as idle:
        idle.send(request("/a.gif"))
        assert not idle.response().closes
        time.sleep(0.5)  # what is to be seen is that it has been idle for a while
        busy.send(request("/a.gif"))
        assert not busy.response().closes
        server.signal(signal.SIGTERM)
        idle.expect_closed()
        busy.send(request("/a.gif"))
        assert busy.response().closes
        busy.expect_closed()
    assert server.wait() == 0


def test_who_was_just_answered_and_says_nothing_holds_up_nobody(start):
    server = start("--drain-timeout", "60s", workers=1)
    with Client(server.address) as client:
        client.send(request("/a.gif"))
        client.response()
        begun = time.monotonic()
        server.signal(signal.SIGTERM)
        client.expect_closed()
        assert server.wait() == 0
        assert time.monotonic() - begun < 2


@pytest.mark.parametrize("setting, warnings", [(0, 1), (1, 0)])
def test_a_kernel_that_would_reset_connections_is_told_of(setting, warnings):
    def work() -> None:
        server = ServerProcess(binary_argv("--reuse-port", "on"))
        try:
            server.stop(allow=("tcp_migrate_req=1",))
            assert len([line for line in server.messages() if "tcp_migrate_req=1" in line]) == warnings
        finally:
            server.kill()

    in_own_network(work, tcp_migrate_req=setting)


def test_get_is_answered_by_each_of_two_processes(start):
    """Both at once for as long as one likes: the kernel shares the connections out."""
    maybe = ["sysctl net.ipv4.tcp_migrate_req=1"]
    first = start("--reuse-port", "on", allow=maybe)
    second = start("--reuse-port", "on", port=str(first.address[1]), allow=maybe)
    for _ in range(200):
        assert get(first.address, "/a.gif").status == 200
    assert first.stats()["requests_handled"] > 0 and second.stats()["requests_handled"] > 0
