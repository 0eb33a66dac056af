"""What an operator's signals do."""

import re
import signal
import socket
import subprocess

import pytest

from support.client import Client, get, request
from support.deadline import eventually
from support.server import binary_argv
from support.stats import NAMES

PARTIAL = request("/a.gif", "Content-Length: 5", method="POST") + b"hel"


def idle_client(server) -> Client:
    client = Client(server.address)
    client.send(request("/a.gif"))
    assert client.response().status == 200
    return client


def busy_client(server) -> Client:
    """A client in the middle of a body that the server has begun to read."""
    server.eventually("nothing else is read", lambda stats: stats["connections_reading"] == 0)
    client = Client(server.address)
    client.send(PARTIAL)
    server.eventually("it reads", lambda stats: stats["connections_reading"] == 1)
    return client


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_first_signal_drains(start, number):
    server = start(workers=1)  # so that who sees the idle one closed knows that all of it drains
    with idle_client(server) as idle, busy_client(server) as busy:
        server.signal(number)
        idle.expect_closed()
        with pytest.raises(ConnectionRefusedError):
            Client(server.address)
        busy.send(b"lo")
        answer = busy.response()
        assert answer.status == 200 and answer.closes
        busy.expect_closed()
    assert server.wait() == 0


def test_a_drain_answers_what_was_already_asked(start):
    server = start()
    with busy_client(server) as busy:
        server.signal(signal.SIGTERM)
        busy.send(b"lo" + request("/a.gif"))
        assert busy.response().status == 200
        busy.until_closed()
    assert server.wait() == 0


def test_a_second_signal_stops_at_once(start):
    server = start("--drain-timeout", "60s")
    with idle_client(server) as idle, busy_client(server) as busy:
        server.signal(signal.SIGTERM)
        idle.expect_closed()
        assert server.process.poll() is None
        server.signal(signal.SIGTERM)
        busy.expect_gone()
        assert server.wait(3.0) == 0


def test_a_drain_ends_after_drain_timeout(start):
    server = start("--drain-timeout", "300ms")
    with busy_client(server) as busy:
        server.signal(signal.SIGTERM)
        busy.expect_gone()
        assert server.wait(4.0) == 0


def test_draining_an_idle_server_takes_no_time(start):
    server = start("--drain-timeout", "60s")
    server.signal(signal.SIGTERM)
    assert server.wait(2.0) == 0


def test_draining_does_not_wait_for_those_who_say_nothing(start):
    server = start("--drain-timeout", "60s")
    with Client(server.address) as silent:
        server.eventually("it is accepted", lambda stats: stats["connections_open"] == 1)
        server.signal(signal.SIGTERM)
        silent.expect_closed(3.0)
    assert server.wait(3.0) == 0


def test_usr1_writes_every_statistic_of_every_worker_and_the_sum(start):
    server = start(workers=3)
    for _ in range(6):
        get(server.address, "/a.gif")
    stats = server.counted("requests_handled", 6)
    assert list(stats.total) == NAMES
    for name in NAMES:
        assert len(stats.workers[name]) == 3
    for name in ("connections_handled", "requests_handled", "bytes_sent"):
        assert sum(stats.workers[name]) == stats[name] > 0
    assert stats.workers["connections_handled"] == [2, 2, 2]


def test_usr1_may_come_often(start):
    server = start()
    for _ in range(200):
        server.signal(signal.SIGUSR1)
    assert get(server.address, "/a.gif").status == 200
    assert server.stats()["requests_handled"] == 1


def test_hup_is_survived_and_keeps_the_connections(start):
    server = start(allow=(r"(?i)reload|hup",))
    with idle_client(server) as client:
        server.signal(signal.SIGHUP)
        assert get(server.address, "/a.gif").status == 200
        client.send(request("/a.gif"))
        assert client.response().status == 200


def test_a_broken_pipe_kills_nothing(start):
    server = start(workers=1)
    for _ in range(50):
        client = Client(server.address)
        client.send(request("/a.gif") * 100)
        client.reset()
    assert get(server.address, "/a.gif").status == 200


def test_an_ended_standard_output_is_no_reason_to_die():
    process = subprocess.Popen(binary_argv(), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        port = int(re.search(r"127\.0\.0\.1:(\d+)", process.stdout.readline())[1])
        process.stdout.close()
        assert get(("127.0.0.1", port), "/a.gif").status == 200
        process.send_signal(signal.SIGTERM)
        assert process.wait(5) == 0
    finally:
        process.kill()
        process.wait()


def test_a_stopped_and_continued_process_goes_on(start):
    server = start()
    with idle_client(server) as client:
        server.signal(signal.SIGSTOP)
        client.send(request("/a.gif"))
        server.signal(signal.SIGCONT)
        assert client.response().status == 200


def test_the_process_ends_though_a_client_never_does(start):
    server = start("--linger-timeout", "300ms", "--drain-timeout", "2s")
    with Client(server.address) as client:
        client.send(request("/", "Host: twice"))
        assert client.response().status == 400
        server.signal(signal.SIGTERM)
        try:
            assert server.wait(5.0) == 0
        except subprocess.TimeoutExpired:
            raise AssertionError("waits for a client that lingers") from None


def test_a_standard_error_that_nobody_reads_stops_nothing():
    argv = binary_argv(workers=2)
    with subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            port = int(re.search(r"127\.0\.0\.1:(\d+)", process.stdout.readline())[1])
            # Each dump is some thousand octets; a pipe holds 65,536.
            for _ in range(60):
                process.send_signal(signal.SIGUSR1)
                assert get(("127.0.0.1", port), "/a.gif").status == 200
            process.send_signal(signal.SIGTERM)
            assert process.wait(10) == 0
        finally:
            process.kill()
            process.stderr.close()


def said(server, pattern: str) -> str:
    """The first line on standard error that has `pattern`, once it is there."""
    return eventually(lambda: next((m for m in server.messages() if re.search(pattern, m)), None), pattern)


def test_sighup_reads_the_configuration_file_again(start, tmp_path):
    file = tmp_path / "options.toml"
    file.write_text('server_name = "one"\nmax_requests = 1000\n')
    complaint = r"http_responder: (warning|error): reload: .*"
    server = start("--config", str(file), allow=[complaint], workers=2)

    def name() -> str | None:
        return get(server.address, "/a.gif").get("server")

    assert name() == "one"
    file.write_text('server_name = "two"\nmax_requests = 1000\n')
    server.signal(signal.SIGHUP)
    eventually(lambda: name() == "two", "the new name is in force")

    file.write_text('server_name = "three"\nmax_requests = "many"\n')
    server.signal(signal.SIGHUP)
    line = said(server, r"reload: .*max_requests: expected")
    assert "stays as it was" in line and name() == "two"

    file.write_text('server_name = "four"\nmax_requests = 7\n')
    server.signal(signal.SIGHUP)
    said(server, r"reload: at the next start only: max_requests$")
    assert name() == "four"


def test_sighup_changes_the_timeouts_of_connections_that_are_idle(start, tmp_path):
    file = tmp_path / "options.toml"
    file.write_text('keep_alive_timeout = "1h"\n')
    server = start("--config", str(file), workers=2)
    with socket.create_connection(server.address, timeout=10) as idle:
        idle.sendall(request("/a.gif"))
        assert idle.recv(4096).startswith(b"HTTP/1.1 200")
        file.write_text('keep_alive_timeout = "50ms"\n')
        server.signal(signal.SIGHUP)
        assert idle.recv(1) == b""
    assert server.stats()["timeouts_keepalive"] == 1


def test_sighup_without_a_file_says_so(start):
    server = start(allow=[r"http_responder: warning: reload: there is no file to read again"], workers=1)
    server.signal(signal.SIGHUP)
    said(server, "there is no file")
    assert get(server.address, "/a.gif").status == 200
