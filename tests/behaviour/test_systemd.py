"""What a service manager gives (LISTEN_FDS) and is told (NOTIFY_SOCKET)."""

import os
import signal
import socket
import subprocess

import pytest

from support.client import get
from support.paths import BINARY
from support.server import as_service


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
