"""The life of a server, its addresses and its statistics."""

import json
import re
import socket
import threading
import urllib.request

import pytest
from conftest import in_thread, request

import http_responder
from http_responder import BindError, InvalidArgument, Server, StateError


def test_a_block_starts_the_server_and_stops_it():
    server = Server(port=0, workers=1)
    assert server.state == "built"
    with server as entered:
        assert entered is server
        assert server.state == "running"
        port = server.port
        assert request(server).status == 200
    assert server.state == "stopped"
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port))


def test_a_block_that_raises_stops_the_server_and_lets_the_error_through():
    with pytest.raises(ZeroDivisionError):
        with Server(port=0) as server:
            raise ZeroDivisionError
    assert server.state == "stopped"


def test_a_server_started_by_hand_may_be_entered():
    server = Server(port=0)
    server.start()
    with server:
        assert request(server).status == 200


def test_a_server_lives_once():
    with Server(port=0) as server:
        with pytest.raises(StateError):
            server.start()
    with pytest.raises(StateError):
        server.start()
    with pytest.raises(StateError):
        server.__enter__()
    server.stop()


def test_stopping_what_never_started_is_fine():
    server = Server(port=0)
    server.stop()


def test_waiting_and_draining_before_the_start_are_state_errors():
    server = Server(port=0)
    with pytest.raises(StateError):
        server.wait(0)
    with pytest.raises(StateError):
        server.drain()


def test_wait_says_whether_the_server_has_stopped(server):
    assert server.wait(0) is False
    assert server.wait(timeout=0.01) is False
    waiting = in_thread(server.wait)
    server.stop()
    assert waiting() is True
    assert server.wait(0) is True


@pytest.mark.parametrize("bad", [-1, float("nan"), -float("inf")])
def test_a_time_that_is_none_is_refused(server, bad):
    with pytest.raises(InvalidArgument, match="timeout"):
        server.wait(bad)
    with pytest.raises(InvalidArgument, match="grace"):
        server.drain(bad)


def test_draining_finishes_what_is_in_progress(server):
    entered, leave = threading.Event(), threading.Event()

    @server.route("/slow")
    def slow(request):
        entered.set()
        assert leave.wait(20)
        return "done"

    answer = in_thread(lambda: request(server, "/slow").text)
    assert entered.wait(20)
    server.drain(20)
    assert server.wait(0.05) is False, "a request is in progress"
    leave.set()
    assert answer() == "done"
    assert server.wait(20) is True
    assert server.state == "stopped"


def test_the_kernel_picks_the_port_and_everything_shows_it(server):
    assert server.port > 0
    assert server.address == f"127.0.0.1:{server.port}"
    assert server.addresses == [server.address]
    assert server.url_for() == f"http://127.0.0.1:{server.port}/"
    assert server.url_for("/a?b") == f"http://127.0.0.1:{server.port}/a?b"
    assert server.url_for("a") == f"http://127.0.0.1:{server.port}/a"
    assert repr(server) == f"<Server running on {server.address}>"


def test_without_a_listener_there_is_no_address():
    server = Server()
    assert server.addresses == []
    for ask in (lambda: server.port, lambda: server.address, server.url_for):
        with pytest.raises(StateError):
            ask()
    assert repr(server) == "<Server built>"


def test_several_listeners_answer(tmp_path):
    server = Server(workers=1)
    path = tmp_path / "socket"
    assert server.listen(f"unix:{path}") == 0
    assert server.listen("127.0.0.1:0") == 1
    with server:
        assert server.address == f"unix:{path}"
        assert server.addresses[1] == f"127.0.0.1:{server.port}"
        assert request(server).status == 200
        with socket.socket(socket.AF_UNIX) as client:
            client.settimeout(20)
            client.connect(str(path))
            client.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            assert client.recv(100).startswith(b"HTTP/1.1 200 ")


def test_a_server_on_every_interface_is_reached_on_loopback():
    with Server(port=0, address="0.0.0.0") as server:
        assert server.address == f"0.0.0.0:{server.port}"
        assert server.url_for("/") == f"http://127.0.0.1:{server.port}/"


@pytest.mark.parametrize(
    ("path", "encoded"),
    [
        ("a b", "/a%20b"),
        ("/é?q=ü&r=a b#top", "/%C3%A9?q=%C3%BC&r=a%20b#top"),
        ("/a%20b", "/a%20b"),
        ("/100%", "/100%25"),
        ("/x\r\nHost: y", "/x%0D%0AHost:%20y"),
    ],
)
def test_what_may_not_stand_in_a_url_is_percent_encoded(server, path, encoded):
    assert server.url_for(path) == f"http://127.0.0.1:{server.port}{encoded}"


@pytest.mark.parametrize("address", ["", "nowhere", "127.0.0.1", "127.0.0.1:x", "192.0.2.1:0"])
def test_an_address_that_cannot_be_listened_on_is_an_error(address):
    with pytest.raises((BindError, InvalidArgument)):
        Server().listen(address)


def test_listening_after_the_start_is_a_state_error(server):
    with pytest.raises(StateError):
        server.listen("127.0.0.1:0")


def test_statistics_are_a_dict_by_the_names_of_the_table(server, ask):
    names = [row["name"] for row in http_responder.statistics()]
    assert list(server.stats()) == names
    assert all(type(value) is int for value in server.stats().values())
    before = server.stats()["requests_handled"]
    for _ in range(3):
        ask()
    assert server.stats()["requests_handled"] == before + 3


def test_worker_statistics_add_up(server, ask):
    for _ in range(4):
        ask()
    workers = server.worker_stats()
    assert len(workers) == 2
    assert [worker["requests_handled"] for worker in workers] == [2, 2], "dealt round-robin"
    assert sum(worker["requests_handled"] for worker in workers) == 4


def test_statistics_written_out_have_every_name(server, ask):
    ask()
    names = [row["name"] for row in http_responder.statistics()]
    assert list(json.loads(server.stats_text("json"))["total"]) == names
    text = server.stats_text()
    assert text == server.stats_text("text")
    for name in names:
        assert re.search(rf"^{name}\b", text, re.MULTILINE), name
        assert re.search(
            rf"^http_responder_{name}(_total)?\b", server.stats_text("prometheus"), re.MULTILINE
        ), name
    with pytest.raises(InvalidArgument, match='expected text, json or prometheus, got "yaml"'):
        server.stats_text("yaml")


def test_two_servers_are_strangers_to_each_other():
    with Server(port=0) as one, Server(port=0) as two:
        one.rule("/x", "one")
        two.rule("/x", "two")
        assert (request(one, "/x").text, request(two, "/x").text) == ("one", "two")
        assert one.stats()["requests_handled"] == two.stats()["requests_handled"] == 1


def test_a_subclass_is_a_server():
    class Mine(Server):
        pass

    with Mine(port=0) as server:
        assert request(server).status == 200


def test_the_admin_side_has_an_address_of_its_own():
    with Server(admin="127.0.0.1:0", log_level="off") as server:
        assert server.admin_address.startswith("127.0.0.1:") and server.admin_address not in server.addresses
        with urllib.request.urlopen(f"http://{server.admin_address}/healthz", timeout=10) as answer:
            assert answer.read() == b'{"status": "running"}\n'
    with Server(log_level="off") as server:
        assert server.admin_address is None
