"""Allocations that fail, each in turn (curl's torture mode is the model): nobody notices, or new ones have to wait."""

import errno as e
import itertools
import re
import resource
import signal
import socket
import ssl
import subprocess
from pathlib import Path

import pytest
from faults.preloaded import ALWAYS, Faults, answers, assert_well, start_under, traffic

from support import http2
from support.client import Client, get, request
from support.deadline import PATIENCE
from support.paths import BINARY
from support.proc import open_descriptors
from support.server import ServerProcess, binary_argv


@pytest.fixture(scope="module")
def scene(tmp_path_factory):
    folder = tmp_path_factory.mktemp("memory")
    subprocess.run([str(BINARY), "ca", "init", "--dir", str(folder / "ca")], check=True, capture_output=True)
    (folder / "rules.toml").write_text('[[rule]]\nprefix = "/slow"\nbody = "late"\ndelay = "1ms"\n')
    faults = Faults(folder)
    server = start_under(
        faults, "--ca-dir", str(folder / "ca"), "--listen-tls", "127.0.0.1:0", "--rules", str(folder / "rules.toml"),
        "--access-log", str(folder / "log"),
    )  # fmt: skip
    try:
        yield faults, server, folder / "ca" / "ca.crt"
        faults.disarm()
        server.stop(allow=(".*",))
    finally:
        server.kill()


def plain(server, trust) -> None:
    with Client(server.address) as client:
        for target in ("/a.gif", "/b.js", "/slow"):
            client.send(request(target))
            assert client.response().status == 200
        client.send(b"POST /p HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n")
        client.send(b"5\r\nhello\r\n0\r\n\r\n" + request("/", "Connection: close"))
        assert client.response().status == client.response().status == 200


names = itertools.count()


def secure(server, trust) -> None:
    """A name that nobody has asked for: its certificate is made."""
    context = ssl.create_default_context(cafile=str(trust))
    with socket.create_connection(server.addresses[1], timeout=PATIENCE) as raw:
        with context.wrap_socket(raw, server_hostname=f"www.site{next(names)}.com") as client:
            client.sendall(b"GET /a.gif HTTP/1.1\r\nHost: a\r\n\r\n")
            assert client.recv(4096).startswith(b"HTTP/1.1 200")


def many_streams(server, trust) -> None:
    client = http2.Client(server.address)
    try:
        streams = [client.ask("/slow"), client.ask("/a.gif"), client.ask("/p", method="POST", body=b"hello")]
        for stream in streams:
            assert client.answer(stream).status == 200
    finally:
        client.close()


@pytest.mark.parametrize("visit", [plain, secure, many_streams])
def test_each_allocation_fails_in_turn_and_the_server_goes_on(scene, visit):
    faults, server, trust = scene
    visit(server, trust)
    base = open_descriptors(server.pid)
    failed = 0
    for nth in itertools.count(1):
        faults.arm("malloc", e.ENOMEM, nth, 1)
        visit(server, trust)
        hit = faults.disarm()
        if not hit:
            break
        failed += 1
    assert failed, "nothing was allocated"
    assert_well(server, base, "after all")
    stats = server.eventually("nobody is left", lambda stats: stats["connections_open"] == 0)
    assert stats["worker_restarts"] == 0


def test_where_memory_stays_away_new_connections_take_the_place_of_idle_ones(tmp_path):
    faults = Faults(tmp_path)
    server = start_under(faults, workers=1)
    try:
        idle, busy = Client(server.address), http2.Client(server.address)
        idle.send(request("/a.gif"))
        assert idle.response().status == 200
        # The reserve is spent, and no other one can be had.
        faults.arm("malloc", e.ENOMEM)
        assert busy.get("/a.gif").status == 200
        assert faults.disarm() == 1
        stream = busy.ask("/p", method="POST", end=False)
        server.eventually("one is busy", lambda stats: stats["connections_keepalive"] == 1)
        faults.arm("mmap", e.ENOMEM, 1, ALWAYS)
        assert get(server.address, "/a.gif").status == 200
        idle.expect_gone()
        # As many as there were when memory went away.
        with Client(server.address) as uploading, Client(server.address) as turned_away:
            uploading.send(b"POST /p HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n")
            turned_away.send(request("/a.gif"))
            assert turned_away.response().status == 503
        stats = server.counted("refused_memory", 1)
        assert stats["connections_evicted"] == 1
        # What fewer connections left is memory too.
        busy.send(stream, b"end", end=True)
        assert busy.answer(stream).status == 200
        busy.close()
        server.eventually("nobody is left", lambda stats: stats["connections_open"] == 0)
        assert get(server.address, "/a.gif").status == 200
        assert faults.disarm() > 0
        assert get(server.address, "/a.gif").status == 200
        server.stop(allow=("memory was refused",))
    finally:
        server.kill()


def test_under_a_limit_every_newcomer_has_its_handshake_and_its_answer(tmp_path):
    subprocess.run([str(BINARY), "ca", "init", "--dir", str(tmp_path / "ca")], check=True, capture_output=True)
    argv = binary_argv("--ca-dir", str(tmp_path / "ca"), "--listen-tls", "127.0.0.1:0", workers=1)
    server = ServerProcess(argv)
    kept = []
    try:
        context = ssl.create_default_context(cafile=str(tmp_path / "ca" / "ca.crt"))
        used = int(re.search(r"VmData:\s+(\d+) kB", Path(f"/proc/{server.pid}/status").read_text())[1])
        resource.prlimit(server.pid, resource.RLIMIT_DATA, ((used + 1024) * 1024,) * 2)
        # Twice as many as there is room for.
        for _ in range(600):
            raw = socket.create_connection(server.addresses[1], timeout=PATIENCE)
            kept.append(context.wrap_socket(raw, server_hostname="ads.example.com"))
            kept[-1].sendall(b"GET /a.gif HTTP/1.1\r\nHost: a\r\n\r\n")
            assert kept[-1].recv(4096).startswith(b"HTTP/1.1 200")
        stats = server.counted("connections_evicted", 1)
        assert (stats["connections_handled"], stats["worker_restarts"]) == (600, 0)
        server.stop(allow=("memory was refused",))
    finally:
        server.kill()
        for client in kept:
            client.close()


def test_allocations_that_go_on_failing_are_survived_or_end_the_process_with_a_word(tmp_path):
    """Beyond the reserve: then whoever starts the server again is better off than who goes on."""
    faults = Faults(tmp_path)
    server = None
    try:
        for nth in range(1, 16):
            server = server or start_under(faults)
            faults.arm("malloc", e.ENOMEM, nth, ALWAYS)
            traffic(server)
            faults.disarm()
            # One worker may still answer while another one ends the process.
            if all(answers(server) for _ in range(20)):
                continue
            assert server.wait() == -signal.SIGABRT
            said = " ".join(server.messages())
            assert re.search(r"memory allocation of \d+ bytes failed|out of memory", said), said
            server.kill()
            server = None
    finally:
        if server:
            server.kill()
