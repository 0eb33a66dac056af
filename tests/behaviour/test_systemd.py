"""What a service manager gives (LISTEN_FDS) and is told (NOTIFY_SOCKET)."""

import os
import signal
import socket
import subprocess
import threading

import pytest

from support.client import Client, get, request
from support.paths import BINARY
from support.server import ServerProcess


@pytest.fixture
def manager(tmp_path):
    """The socket on which a service manager listens."""
    path = str(tmp_path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(path)
        listening.settimeout(20)
        yield listening


def heard(manager, word: str) -> str:
    """The next message with a line that begins with `word`."""
    while True:
        message = manager.recv(4096).decode()
        if any(line.startswith(word) for line in message.splitlines()):
            return message


def test_the_manager_hears_when_it_is_ready_reloads_and_stops(start, manager, tmp_path):
    rules = tmp_path / "rules.toml"
    rules.write_text("")
    server = start("--rules", str(rules), wrapper=("env", f"NOTIFY_SOCKET={manager.getsockname()}"))
    assert "STATUS=listening on 127.0.0.1:" in heard(manager, "READY=1")
    server.signal(signal.SIGHUP)
    assert "MONOTONIC_USEC=" in heard(manager, "RELOADING=1")
    heard(manager, "READY=1")
    server.signal(signal.SIGTERM)
    assert "STATUS=draining" in heard(manager, "STOPPING=1")
    assert server.wait() == 0


def test_the_watchdog_is_fed_while_workers_move(start, manager):
    start(wrapper=("env", f"NOTIFY_SOCKET={manager.getsockname()}", "WATCHDOG_USEC=200000"))
    for _ in range(5):
        heard(manager, "WATCHDOG=1")


FEW = ("-w", "2", "--max-connections", "1000")


def as_service(*listening: socket.socket, options: tuple[str, ...] = ()) -> ServerProcess:
    """A server that gets these sockets as systemd gives them: from descriptor 3 on."""
    moves = " ".join(f"{3 + at}<&{sock.fileno()}" for at, sock in enumerate(listening))
    script = f"export LISTEN_FDS={len(listening)} LISTEN_PID=$$; exec \"$@\" {moves}"
    for sock in listening:
        os.set_inheritable(sock.fileno(), True)
    process = subprocess.Popen
    argv = ["bash", "-c", script, "bash", str(BINARY), *options]
    try:
        subprocess.Popen = lambda *args, **kwargs: process(*args, close_fds=False, **kwargs)
        return ServerProcess(argv)
    finally:
        subprocess.Popen = process


@pytest.fixture
def listening(tmp_path):
    with (
        socket.create_server(("127.0.0.1", 0), backlog=512) as inet,
        socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as unix,
    ):
        unix.bind(str(tmp_path / "http"))
        unix.listen()
        yield inet, unix


def test_sockets_of_the_manager_are_served_without_any_address_of_our_own(listening):
    inet, unix = listening
    server = as_service(inet, unix, options=FEW)
    try:
        assert server.address == inet.getsockname()
        assert get(inet.getsockname(), "/a.gif").status == 200
        assert get(unix.getsockname(), "/a.gif").status == 200
        server.stop()
    finally:
        server.kill()


def test_what_is_no_listening_socket_is_told():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as wrong:
        os.set_inheritable(wrong.fileno(), True)
        script = f'export LISTEN_FDS=1 LISTEN_PID=$$; exec "$@" 3<&{wrong.fileno()}'
        argv = ["bash", "-c", script, "bash", str(BINARY)]
        done = subprocess.run(argv, capture_output=True, text=True, timeout=30, close_fds=False)
    assert done.returncode == 1 and "descriptor 3 is not" in done.stderr


def test_a_rolling_restart_on_the_managers_socket_fails_no_request(listening):
    """Each new process takes over the same sockets before the old one drains."""
    inet, _ = listening
    address = inet.getsockname()
    stop, failures, answers = threading.Event(), [], [0]

    def ask() -> None:
        while not stop.is_set():
            try:
                with Client(address) as client:
                    client.send(request("/a.gif"))
                    if client.response().status != 200:
                        failures.append("status")
                    answers[0] += 1
            except (OSError, AssertionError) as error:
                failures.append(repr(error))

    server = as_service(inet, options=FEW)
    askers = [threading.Thread(target=ask) for _ in range(4)]
    for asker in askers:
        asker.start()
    try:
        for _ in range(5):
            following = as_service(inet, options=FEW)
            server.signal(signal.SIGTERM)
            assert server.wait() == 0
            server = following
    finally:
        stop.set()
        for asker in askers:
            asker.join()
        server.stop()
        server.kill()
    assert not failures and answers[0] > 100
