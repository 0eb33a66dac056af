"""Where a server listens: IPv4, IPv6, Unix sockets, several at once, and how workers share."""

import socket
import subprocess

import pytest

from support.client import Client, get, request
from support.server import binary_argv


def has_ipv6() -> bool:
    try:
        with socket.create_server(("::1", 0), family=socket.AF_INET6):
            return True
    except OSError:
        return False


needs_ipv6 = pytest.mark.skipif(not has_ipv6(), reason="no IPv6 on this machine")


@needs_ipv6
def test_ipv6(start):
    server = start(address="::1")
    assert server.address[0] == "::1"
    assert get(server.address, "/a.gif").status == 200


def test_all_interfaces_only_when_written(start):
    server = start(address="0.0.0.0")
    assert get(("127.0.0.1", server.address[1]), "/a.gif").status == 200


def test_a_unix_socket(start, tmp_path):
    path = str(tmp_path / "socket")
    start("--listen", f"unix:{path}")
    assert get(path, "/a.gif").status == 200


def test_a_unix_socket_can_be_used_again_after_a_clean_end(start, tmp_path):
    path = str(tmp_path / "socket")
    start("--listen", f"unix:{path}").stop()
    start("--listen", f"unix:{path}")
    assert get(path, "/a.gif").status == 200


def test_a_unix_socket_in_use_is_not_taken_away(start, tmp_path):
    path = str(tmp_path / "socket")
    start("--listen", f"unix:{path}")
    argv = binary_argv("--listen", f"unix:{path}")
    second = subprocess.run(argv, capture_output=True, text=True, timeout=10)
    assert second.returncode == 1 and path in second.stderr
    assert get(path, "/a.gif").status == 200


def test_a_file_that_is_no_socket_is_not_removed(tmp_path):
    path = tmp_path / "precious"
    path.write_text("data")
    done = subprocess.run(binary_argv("--listen", f"unix:{path}"), capture_output=True, text=True, timeout=10)
    assert done.returncode == 1 and str(path) in done.stderr
    assert path.read_text() == "data"


def test_several_listeners(start, tmp_path):
    path = str(tmp_path / "socket")
    server = start("--listen", "127.0.0.1:0", "--listen", "127.0.0.2:0", "--listen", f"unix:{path}")
    assert len(server.addresses) == 4
    for address in server.addresses:
        assert get(address, "/a.gif").status == 200
    assert server.stats()["connections_handled"] == 4


def test_dispatch_deals_evenly(start):
    server = start(workers=4)
    clients = [Client(server.address) for _ in range(40)]
    stats = server.eventually("all are open", lambda stats: stats["connections_open"] == 40)
    assert stats.workers["connections_open"] == [10, 10, 10, 10]
    for client in clients:
        client.close()


def test_dispatch_deals_evenly_over_several_listeners(start):
    server = start("--listen", "127.0.0.1:0", workers=4)
    clients = [Client(server.addresses[n % 2]) for n in range(40)]
    stats = server.eventually("all are open", lambda stats: stats["connections_open"] == 40)
    assert max(stats.workers["connections_open"]) - min(stats.workers["connections_open"]) <= 1
    for client in clients:
        client.close()


def test_reuseport_serves_on_every_worker(start):
    server = start("--accept", "reuseport", workers=4)
    clients = [Client(server.address) for _ in range(200)]
    for client in clients:
        client.send(request("/a.gif"))
    for client in clients:
        assert client.response().status == 200
        client.close()
    stats = server.eventually("all are gone", lambda stats: stats["connections_open"] == 0)
    assert stats["connections_handled"] == 200
    assert all(handled > 0 for handled in stats.workers["connections_handled"])


def test_two_reuseport_processes_share_a_port(start):
    first = start("--accept", "reuseport")
    second = start("--accept", "reuseport", port=str(first.address[1]))
    for _ in range(100):
        assert get(first.address, "/a.gif").status == 200
    assert first.stats()["connections_handled"] + second.stats()["connections_handled"] == 100


def test_tcp_answers_go_out_at_once(start):
    """No Nagle, no delayed acknowledgement: a hundred round trips take no 40 ms each."""
    import time

    server = start(workers=1)
    with Client(server.address) as client:
        begin = time.monotonic()
        for _ in range(100):
            client.send(b"GET /a.gif HTTP/1.1\r\n")
            client.send(b"Host: a\r\n\r\n")
            client.response()
        assert time.monotonic() - begin < 2.0


def test_a_server_that_ends_leaves_the_socket_of_its_successor_alone(start, tmp_path):
    path = tmp_path / "socket"
    old = start("--listen", f"unix:{path}")
    path.unlink()
    start("--listen", f"unix:{path}")
    old.stop()
    assert get(str(path), "/a.gif").status == 200


def test_a_living_owner_whose_queue_is_full_keeps_its_socket(tmp_path):
    path = str(tmp_path / "socket")
    with socket.socket(socket.AF_UNIX) as owner, socket.socket(socket.AF_UNIX) as waiting:
        owner.bind(path)
        owner.listen(0)
        waiting.connect(path)
        argv = binary_argv("--listen", f"unix:{path}")
        done = subprocess.run(argv, capture_output=True, text=True, timeout=10)
    assert done.returncode == 1 and path in done.stderr
