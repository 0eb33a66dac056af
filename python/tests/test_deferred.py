"""Answers given later, from other threads."""

import gc
import http.client
import threading

import pytest
from conftest import in_thread, request

from http_responder import Deferred, Gone, StateError


@pytest.fixture
def later(server):
    """A route whose requests wait: the Deferred of each, as it comes."""
    waiting, changed = [], threading.Condition()

    @server.route("/later")
    def wait(request):
        deferred = Deferred()
        with changed:
            waiting.append(deferred)
            changed.notify()
        return deferred

    def next_one():
        with changed:
            assert changed.wait_for(lambda: waiting, 20)
            return waiting.pop()

    return next_one


def test_any_thread_answers_later(server, later):
    answer = in_thread(lambda: request(server, "/later"))
    deferred = later()
    in_thread(lambda: deferred.respond({"late": True}))()
    assert answer().json() == {"late": True}
    with pytest.raises(StateError, match="answered already"):
        deferred.respond("again")
    assert server.stats()["deferred_answers"] == 1


def test_it_may_be_answered_before_the_handler_returns(server, ask):
    @server.route("/early")
    def early(request):
        deferred = Deferred()
        deferred.respond((201, "early"))
        return deferred

    answer = ask("/early")
    assert (answer.status, answer.text) == (201, "early")


def test_a_client_that_has_left_is_gone(server, later):
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
    connection.request("GET", "/later")
    deferred = later()
    assert not deferred.gone
    connection.close()
    while not deferred.gone:
        server.stats()
    with pytest.raises(Gone):
        deferred.respond("nobody")


def test_when_the_server_stops_its_clients_are_gone(server, later):
    client = in_thread(lambda: pytest.raises(OSError, request, server, "/later"))
    deferred = later()
    server.stop()
    client()
    with pytest.raises(Gone):
        deferred.respond("nobody")


def test_one_that_nobody_answers_is_a_500(server, later):
    answer = in_thread(lambda: request(server, "/later"))
    deferred = later()
    del deferred
    gc.collect()
    assert answer().status == 500


def test_one_may_not_serve_two_requests(server, ask, caplog):
    deferred = Deferred()
    deferred.respond("once")
    server.route("/x")(lambda request: deferred)
    assert ask("/x").text == "once"
    assert ask("/x").status == 500
    assert "another request already" in caplog.text


@pytest.mark.parametrize("answer", [None, 5, (99, "x")])
def test_an_answer_that_is_none_is_refused_and_the_right_stays(answer):
    deferred = Deferred()
    with pytest.raises((TypeError, ValueError)):
        deferred.respond(answer)
    deferred.respond("good")
