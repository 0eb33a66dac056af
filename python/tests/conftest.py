"""What the tests share: a running server and a client without habits of its own."""

import http.client
import json
import threading

import pytest

from http_responder import Server


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch):
    monkeypatch.setenv("NO_PROXY", "*")
    monkeypatch.setenv("no_proxy", "*")


@pytest.fixture
def server():
    with Server(port=0, workers=2) as running:
        yield running


class Answer:
    """What came back for one request."""

    def __init__(self, response):
        self.status = response.status
        self.headers = response.headers
        self.body = response.read()

    @property
    def text(self):
        return self.body.decode()

    def json(self):
        return json.loads(self.body)


def request(server, path="/", method="GET", body=None, headers=None):
    """Asks on a connection of its own."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
    try:
        connection.request(method, path, body=body, headers=headers or {})
        return Answer(connection.getresponse())
    finally:
        connection.close()


@pytest.fixture
def ask(server):
    """Asks the server of the fixture."""

    def ask(path="/", method="GET", body=None, headers=None):
        return request(server, path, method, body, headers)

    return ask


def in_thread(function):
    """Runs function in a thread and returns a call that waits for its result."""
    result = []
    thread = threading.Thread(target=lambda: result.append(function()), daemon=True)
    thread.start()

    def join():
        thread.join(20)
        assert not thread.is_alive(), "the call does not return"
        return result[0]

    return join
