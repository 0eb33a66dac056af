"""Connections that stay, and several requests on one of them."""

import threading

import pytest

from support.client import Client, get, request

KINDS = [("/a.gif", "image/gif"), ("/a.json", "application/json"), ("/a.css", "text/css"), ("/a.png", "image/png")]


def kind_of(answer) -> str:
    return (answer.get("content-type") or "").split(";")[0]


def test_a_connection_serves_request_after_request(start):
    server = start()
    with Client(server.address) as client:
        for _ in range(100):
            client.send(request("/a.gif"))
            assert client.response().status == 200
    stats = server.eventually("the connection is gone", lambda stats: stats["connections_open"] == 0)
    assert (stats["connections_handled"], stats["requests_handled"]) == (1, 100)


def test_pipelined_answers_come_in_the_order_of_the_requests(start):
    server = start()
    with Client(server.address) as client:
        client.send(b"".join(request(KINDS[n % 4][0]) for n in range(40)))
        kinds = [kind_of(client.response()) for _ in range(40)]
    assert kinds == [KINDS[n % 4][1] for n in range(40)]


def test_a_thousand_pipelined_requests_are_all_answered(start):
    server = start()
    with Client(server.address) as client:
        client.send_unless_closed(b"".join(request(KINDS[n % 4][0]) for n in range(1000)))
        for n in range(1000):
            assert kind_of(client.response()) == KINDS[n % 4][1]
    assert server.stats()["requests_handled"] == 1000


def test_pipelined_bodies_are_told_from_requests(start):
    server = start()
    body = request("/smuggled") * 100
    with Client(server.address) as client:
        client.send_unless_closed(request("/a.gif", method="POST", body=body) * 50)
        client.send_unless_closed(request("/a.json", "Connection: close"))
        for _ in range(50):
            assert kind_of(client.response()) == "image/gif"
        assert kind_of(client.response()) == "application/json"
        client.expect_closed()
    assert server.stats()["requests_handled"] == 51


def test_answers_that_no_one_reads_yet_hold_back_further_requests(start):
    """More answers than any socket buffer takes: they wait, and come whole once read."""
    server = start(workers=1)
    count = 50_000
    with Client(server.address, receive_buffer=4096) as client:
        sender = threading.Thread(target=client.send, args=(request("/a.gif") * count,))
        sender.start()
        stats = server.eventually("answers wait", lambda stats: stats["connections_writing"] == 1)
        assert stats["requests_handled"] < count
        for _ in range(count):
            assert client.response().status == 200
        sender.join()
    assert server.stats()["requests_handled"] == count


def test_a_request_after_close_is_not_answered(start):
    server = start()
    with Client(server.address) as client:
        client.send(request("/a.gif", "Connection: close") + request("/smuggled"))
        assert client.response().closes
        client.expect_closed()
    assert server.stats()["requests_handled"] == 1


@pytest.mark.parametrize("pipelined", [True, False])
def test_max_requests_closes_after_the_last_one_and_says_so(start, pipelined):
    server = start("--max-requests", "3")
    with Client(server.address) as client:
        if pipelined:
            client.send(request("/a.gif") * 5)
        closing = []
        for _ in range(3):
            if not pipelined:
                client.send(request("/a.gif"))
            closing.append(client.response().closes)
        client.expect_closed()
    assert closing == [False, False, True]
    stats = server.counted("connections_max_requests")
    assert (stats["connections_max_requests"], stats["requests_handled"]) == (1, 3)


def test_http_1_0_is_closed_unless_it_asks_to_stay(start):
    server = start()
    with Client(server.address) as client:
        client.send(request("/a.gif", "Connection: keep-alive", version="1.0"))
        assert "keep-alive" in client.response().tokens("connection")
        client.send(request("/a.gif", version="1.0"))
        assert client.response().closes
        client.expect_closed()


def test_head_is_answered_like_get_without_the_body(start):
    server = start()
    for path, _ in KINDS:
        got, headed = get(server.address, path), get(server.address, path, method="HEAD")
        assert headed.body == b"" and headed.get("content-length") == str(len(got.body))
        assert headed.get("content-type") == got.get("content-type")
