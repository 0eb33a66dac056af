"""How connections end: nobody loses an answer."""

from support.client import Client, get, request

PIECE = b"x" * 65536


def test_a_client_that_ended_its_sending_half_gets_its_answer(start):
    server = start()
    with Client(server.address) as client:
        client.send(request("/a.gif"))
        client.end_sending()
        assert client.response().status == 200
        client.expect_closed()


def test_a_half_closed_client_gets_all_pipelined_answers(start):
    server = start()
    with Client(server.address) as client:
        client.send(request("/a.gif") * 500)
        client.end_sending()
        for _ in range(500):
            assert client.response().status == 200
        client.expect_closed()
    assert server.stats()["requests_handled"] == 500


def test_a_half_closed_client_that_reads_late_gets_all_answers(start):
    """The end of the stream arrives while answers wait for room in the socket."""
    server = start(workers=1)
    with Client(server.address, receive_buffer=4096) as client:
        client.send(request("/a.gif") * 3000)
        client.end_sending()
        server.eventually("all is read", lambda stats: stats["bytes_received"] > 0)
        for _ in range(3000):
            assert client.response().status == 200
        client.expect_closed()


def test_an_end_in_the_same_packet_as_the_request_is_seen(start):
    """An end of stream that arrives together with data is announced only once."""
    server = start("--keep-alive-timeout", "60s", workers=1)
    for _ in range(50):
        with Client(server.address) as client:
            client.send(request("/a.gif"))
            client.end_sending()
            assert client.response().status == 200
            client.expect_closed(2.0)
    server.eventually("all are gone", lambda stats: stats["connections_open"] == 0)


def test_a_client_that_goes_on_sending_can_read_why_it_was_refused(start):
    server = start("--max-body", "1000")
    with Client(server.address) as client:
        client.send(request("/", "Content-Length: 100000000", method="POST"))
        for _ in range(32):
            client.send(PIECE)
        answer = client.response()
        assert answer.status == 413 and answer.closes
        client.expect_closed()
    stats = server.counted("refused_body_too_large")
    assert stats["refused_body_too_large"] == 1


def test_a_chunked_body_over_the_limit_is_refused_in_the_middle(start):
    server = start("--max-body", "1000")
    with Client(server.address) as client:
        client.send(request("/", "Transfer-Encoding: chunked", method="POST"))
        for _ in range(50):
            client.send(b"64\r\n" + b"x" * 100 + b"\r\n")
        assert client.response().status == 413
        client.expect_closed()


def test_the_end_is_an_orderly_one_after_connection_close(start):
    server = start()
    for _ in range(100):
        with Client(server.address) as client:
            client.send(request("/a.gif", "Connection: close"))
            assert client.response().closes
            client.expect_closed()


def test_nothing_stays_behind(start):
    """Connections, descriptors and buffers go back to what they were."""
    from support.proc import open_descriptors

    server = start()
    for _ in range(4):  # so that both workers have all they ever open for themselves
        get(server.address, "/a.gif")
    server.eventually("all are gone", lambda stats: stats["connections_open"] == 0)
    before = open_descriptors(server.pid)
    clients = [Client(server.address) for _ in range(100)]
    for client in clients:
        client.send(request("/a.gif"))
        assert client.response().status == 200
    for number, client in enumerate(clients):
        client.reset() if number % 2 else client.close()
    stats = server.eventually("all are gone", lambda stats: stats["connections_open"] == 0)
    assert stats["buffers_lent"] == 0 and stats["body_memory"] == 0
    assert open_descriptors(server.pid) == before
    states = ("reading", "processing", "writing", "keepalive", "closing")
    assert [stats[f"connections_{state}"] for state in states] == [0] * 5
