"""Real clients, as the users of the module have them."""

import http.client
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
import requests


@pytest.fixture
def hello(server):
    @server.route("/hello/{name}")
    def hello(request):
        return {"hello": request.params["name"], "body": request.text}

    return server.url_for("/hello/you")


def test_requests_keeps_its_connection(server, hello):
    with requests.Session() as session:
        for _ in range(10):
            answer = session.post(hello, data="é".encode())
            assert answer.json() == {"hello": "you", "body": "é"}
    assert server.stats()["connections_handled"] == 1


def test_httpx_keeps_its_connection(server, hello):
    with httpx.Client() as client:
        for _ in range(10):
            assert client.post(hello, content="é").json() == {"hello": "you", "body": "é"}
    assert server.stats()["connections_handled"] == 1


def test_httpx_sends_a_stream(hello):
    answer = httpx.post(hello, content=(part for part in (b"a", b"b")))
    assert answer.json()["body"] == "ab"


def test_urllib_raises_for_a_404(server):
    server.rule("/gone", (404, "no"))
    with pytest.raises(urllib.error.HTTPError) as raised:
        urllib.request.urlopen(server.url_for("/gone"))
    with raised.value as answer:
        assert (answer.code, answer.read()) == (404, b"no")


def test_a_large_answer_arrives_whole(server):
    body = bytes(range(256)) * 40_000
    server.route("/large")(lambda request: body)
    assert requests.get(server.url_for("/large")).content == body


def test_answers_of_one_connection_come_in_order(server):
    server.route("/{number}")(lambda request: request.params["number"])
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
    for number in range(50):
        connection.request("GET", f"/{number}")
        assert connection.getresponse().read() == str(number).encode()
    connection.close()


def test_many_clients_at_once_each_get_their_own_answer(server):
    server.route("/{number}")(lambda request: request.params["number"] * 100)

    def ask(number):
        return requests.get(server.url_for(f"/{number}"), timeout=20).text == str(number) * 100

    with ThreadPoolExecutor(16) as pool:
        assert all(pool.map(ask, range(200)))
    assert server.stats()["requests_handled"] == 200
