"""What one client may take of the server: connections at once, requests a second."""

import re
import signal
import socket
import threading
import time

import pytest

from support.client import Client, get, request
from support.deadline import eventually

CROWDED = r"http_responder: warning: \S+ has max_connections_per_client open: one more is turned away \(\d+ more like this\)"
FAST = r"http_responder: warning: \S+ makes more requests than rate_per_client \(\d+ more like this\)"
GET = request("/a.gif")


def limited(start, *options: str, **where):
    """A server that limits clients on this machine too."""
    return start("--max-connections", "2000", "--limit-loopback", "on", *options, allow=(CROWDED, FAST), **where)


class ClientAt(Client):
    """A client with an address of its choice on this machine."""

    def __init__(self, server, source: str):
        self.source = source
        super().__init__(server.address)

    def _connect(self, address) -> None:
        self.socket.bind((self.source, 0))
        self.socket.connect(address)


def ask(client: Client) -> int:
    client.send(GET)
    return client.response().status


def close(clients) -> None:
    for client in clients:
        client.close()


@pytest.mark.parametrize("accept, workers", [("dispatch", 1), ("dispatch", 3), ("reuseport", 3)])
def test_a_client_has_so_many_connections_over_all_workers(start, accept, workers):
    server = limited(start, "--max-connections-per-client", "5", "--accept", accept, workers=workers)
    clients = [ClientAt(server, "127.0.0.7") for _ in range(5)]
    assert [ask(client) for client in clients] == [200] * 5
    with ClientAt(server, "127.0.0.7") as one_too_many:
        answer = one_too_many.response()
        assert answer.status == 429 and answer.closes and answer.get("retry-after") == "1"
        one_too_many.expect_closed()
    others = [ClientAt(server, f"127.0.{n}.1") for n in range(1, 9)]
    assert [ask(client) for client in others] == [200] * 8, "others do not notice"
    clients.pop().close()
    server.eventually("it is gone", lambda stats: stats["connections_open"] == 12)
    clients.append(ClientAt(server, "127.0.0.7"))
    assert ask(clients[-1]) == 200
    stats = server.stats()
    assert stats["refused_client_connections"] == stats["responses_4xx"] == 1
    assert (stats["connections_handled"], stats["requests_handled"]) == (14, 14)
    close(clients + others)


def test_the_count_is_right_whatever_ends_a_connection(start):
    server = limited(start, "--max-connections-per-client", "4", "--keep-alive-timeout", "200ms", "--linger-timeout", "200ms")
    for how in (Client.close, Client.reset, Client.end_sending, Client.expect_closed) * 5:
        clients = [ClientAt(server, "127.0.0.7") for _ in range(4)]
        for client in clients:
            client.send(request("/", "Host: twice") if how is Client.end_sending else GET)
            client.response()
            how(client)
        server.eventually("all gone", lambda stats: stats["connections_open"] == 0)
        close(clients)
    assert server.stats()["refused_client_connections"] == 0


def test_a_client_makes_so_many_requests_a_second_and_keeps_its_connection(start):
    server = limited(start, "--rate-per-client", "20", "--burst-per-client", "10", workers=2)
    with ClientAt(server, "127.0.0.7") as one, ClientAt(server, "127.0.0.7") as two:
        begin = time.monotonic()
        statuses = []
        while time.monotonic() - begin < 1.5:
            statuses += [ask(one), ask(two)]
        passed = time.monotonic() - begin
        allowed = statuses.count(200)
        assert 10 + 20 * (passed - 0.3) <= allowed <= 11 + 20 * passed
        refused = statuses.count(429)
        assert refused > 0 and allowed + refused == len(statuses)
        with ClientAt(server, "127.0.0.8") as other:
            assert ask(other) == 200
    stats = server.counted("responses_2xx", allowed + 1)
    assert stats["refused_client_rate"] == stats["responses_4xx"] == refused
    assert stats["connections_handled"] == 3


def test_pipelined_requests_over_the_rate_are_each_refused(start):
    server = limited(start, "--rate-per-client", "1", "--burst-per-client", "3", workers=1)
    with ClientAt(server, "127.0.0.7") as client:
        client.send(GET * 10)
        statuses = [client.response().status for _ in range(10)]
    assert statuses[:3] == [200] * 3 and statuses.count(429) >= 6


def test_a_new_connection_brings_no_new_burst(start):
    server = limited(start, "--rate-per-client", "1", "--burst-per-client", "5")
    statuses = []
    for _ in range(12):
        with ClientAt(server, "127.0.0.7") as client:
            statuses.append(ask(client))
    assert statuses[:5] == [200] * 5 and 429 in statuses[5:8]


def test_a_greedy_client_does_not_disturb_a_polite_one(start):
    server = limited(start, "--max-connections-per-client", "50", "--rate-per-client", "100")
    done = threading.Event()

    def greedy() -> None:
        clients = [ClientAt(server, "127.0.0.66") for _ in range(40)]
        while not done.is_set():
            for client in clients:
                client.send(GET * 5)
            for client in clients:
                for _ in range(5):
                    client.response()
        close(clients)

    thread = threading.Thread(target=greedy)
    thread.start()
    try:
        server.counted("refused_client_rate", 500)
        for n in range(50):
            with ClientAt(server, f"127.0.9.{n + 1}") as polite:
                assert ask(polite) == 200
    finally:
        done.set()
        thread.join()
    stats = server.eventually("all gone", lambda stats: stats["connections_open"] == 0)
    assert stats["requests_handled"] == stats["responses_2xx"] + stats["refused_client_rate"]
    assert stats["refused_client_connections"] == 0


def test_one_line_a_second_says_who_is_over_a_limit(start):
    server = limited(start, "--max-connections-per-client", "1", workers=1)
    with ClientAt(server, "127.0.0.7") as client:
        assert ask(client) == 200
        begin = time.monotonic()
        for _ in range(200):
            with ClientAt(server, "127.0.0.7") as refused:
                refused.expect_gone()
        seconds = time.monotonic() - begin
    server.counted("refused_client_connections", 200)
    lines = [line for line in server.messages() if re.search(CROWDED, line)]
    assert 1 <= len(lines) <= seconds + 2 and "127.0.0.7:" in lines[0]


def test_loopback_and_unix_sockets_are_free_by_default(start, tmp_path):
    server = start("--listen", f"unix:{tmp_path}/s", "--max-connections", "100", "--max-connections-per-client", "1", "--rate-per-client", "1")
    for address in server.addresses:
        clients = [Client(address) for _ in range(5)]
        assert [ask(client) for client in clients * 3] == [200] * 15
        close(clients)
    assert server.stats().named("refused_client") == {}


def test_a_unix_socket_is_free_even_where_loopback_is_not(start, tmp_path):
    server = limited(start, "--max-connections-per-client", "1", "--rate-per-client", "1", address=f"unix:{tmp_path}/s")
    clients = [Client(server.address) for _ in range(5)]
    assert [ask(client) for client in clients * 3] == [200] * 15
    close(clients)


def test_sighup_changes_the_limits_and_keeps_the_counts(start, tmp_path):
    file = tmp_path / "options.toml"

    def write(**options: int) -> None:
        file.write_text("".join(f"{name} = {value}\n" for name, value in options.items()))

    write(max_connections_per_client=0, rate_per_client=0)
    server = limited(start, "--config", str(file))
    clients = [ClientAt(server, "127.0.0.7") for _ in range(6)]
    assert [ask(client) for client in clients] == [200] * 6

    def is_turned_away() -> bool:
        with ClientAt(server, "127.0.0.7") as client:
            client.send_unless_closed(request("/a.gif", "Connection: close"))
            return not client.until_gone().startswith(b"HTTP/1.1 200")

    write(max_connections_per_client=7, rate_per_client=0)
    server.signal(signal.SIGHUP)
    with ClientAt(server, "127.0.0.7") as seventh:
        assert ask(seventh) == 200
        eventually(is_turned_away, "those that were there before are counted")
    server.eventually("it is gone", lambda stats: stats["connections_open"] == 6)
    assert not is_turned_away()
    write(max_connections_per_client=6, rate_per_client=0)
    server.signal(signal.SIGHUP)
    eventually(is_turned_away, "a lower limit")
    assert [ask(client) for client in clients] == [200] * 6, "nobody who is there is closed"
    write(max_connections_per_client=0, rate_per_client=1)
    server.signal(signal.SIGHUP)
    eventually(lambda: 429 in [ask(client) for client in clients], "a rate for those who are there")
    write(max_connections_per_client=0, rate_per_client=0)
    server.signal(signal.SIGHUP)
    eventually(lambda: not is_turned_away(), "no limit")
    assert [ask(client) for client in clients * 20] == [200] * 120
    close(clients)


def test_a_reload_that_is_wrong_keeps_the_limits(start, tmp_path):
    file = tmp_path / "options.toml"
    file.write_text("max_connections_per_client = 1\n")
    server = start("--config", str(file), "--limit-loopback", "on", allow=(CROWDED, r"error: reload: .*max_connections_per_client"))
    with Client(server.address) as client:
        assert ask(client) == 200
        file.write_text("max_connections_per_client = -1\n")
        server.signal(signal.SIGHUP)
        eventually(lambda: any("reload" in line for line in server.messages()), "it says so")
        with Client(server.address) as refused:
            assert refused.response().status == 429


def test_a_table_that_is_too_small_is_told_and_lets_in_whom_it_cannot_remember(start):
    warning = r"client_table has room for 4096 clients, fewer than two for each of 4000 connections"
    options = ("--max-connections", "2000", "--client-table", "64k", "--max-connections-per-client", "1")
    server = start(*options, allow=(warning,), workers=2)
    eventually(lambda: any(re.search(warning, line) for line in server.messages()), "a warning")
    assert get(server.address, "/a.gif").status == 200


def memory(server) -> int:
    """Octets of private memory."""
    with open(f"/proc/{server.pid}/smaps_rollup") as file:
        return sum(int(line.split()[1]) * 1024 for line in file if line.startswith("Private_"))


def test_the_table_takes_memory_only_as_clients_come(start):
    with_table = limited(start, "--max-connections-per-client", "9", "--client-table", "1g", workers=1)
    without = start(workers=1)
    for server in (with_table, without):
        assert get(server.address, "/a.gif").status == 200
    assert memory(with_table) - memory(without) < 1 << 20


def test_a_polite_client_behind_a_nat_notices_nothing_of_the_defaults(start):
    """An office of 300 browsers with six connections each, asking all at once."""
    server = start("--max-connections", "4000", "--limit-loopback", "on", workers=2)
    clients = [socket.create_connection(server.address, timeout=20) for _ in range(1800)]
    for client in clients:
        client.sendall(GET * 2)
    for client in clients:
        received = b""
        while received.count(b"HTTP/1.1 ") < 2:
            received += client.recv(65536) or pytest.fail("closed")
        assert received.count(b"HTTP/1.1 200") == 2
    close(clients)
    assert server.stats().named("refused_") == {}
