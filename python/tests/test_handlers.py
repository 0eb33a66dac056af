"""Routes, rules and handlers in Python."""

import functools
import gc
import logging
import threading
import time
import weakref

import pytest
from conftest import in_thread, request

from http_responder import InvalidArgument, Response, Server

JSON = "application/json"
TEXT = "text/plain; charset=utf-8"


@pytest.mark.parametrize(
    ("returned", "status", "content_type", "body"),
    [
        ("héllo", 200, TEXT, "héllo".encode()),
        (b"\0\xff", 200, None, b"\0\xff"),
        (bytearray(b"abc"), 200, None, b"abc"),
        ({"a": ["é", None]}, 200, JSON, '{"a":["é",null]}'.encode()),
        ([1, 2], 200, JSON, b"[1,2]"),
        ("", 200, TEXT, b""),
        ({}, 200, JSON, b"{}"),
        ((404, "none"), 404, TEXT, b"none"),
        ((404, {"error": 1}), 404, JSON, b'{"error":1}'),
        ((201, {"Content-Type": "a/b"}, b"x"), 201, "a/b", b"x"),
        ((201, [("Content-Type", "a/b")], "x"), 201, "a/b", b"x"),
        ((204, None), 204, None, b""),
        (Response(418, b"pot", content_type="tea/pot"), 418, "tea/pot", b"pot"),
    ],
)
def test_what_a_handler_returns_is_what_the_client_gets(
    server, ask, returned, status, content_type, body
):
    server.route("/x")(lambda request: returned)
    answer = ask("/x")
    assert (answer.status, answer.headers["Content-Type"], answer.body) == (
        status,
        content_type,
        body,
    )


@pytest.mark.parametrize(
    "returned",
    [5, object(), (200,), (1, 2, 3, 4), ("x", "y"), (99, "x"), (200, {"a b": "c"}, ""), {1: {2}}],
)
def test_a_handler_that_returns_nonsense_is_a_500(server, ask, caplog, returned):
    server.route("/x")(lambda request: returned)
    assert ask("/x").status == 500
    assert "GET /x" in caplog.text


def test_a_handler_that_raises_is_a_500_and_its_traceback_is_logged(server, ask, caplog):
    @server.route("/x")
    def broken(request):
        raise KeyError("the reason")

    answer = ask("/x?y")
    assert answer.status == 500
    assert "the reason" not in answer.text, "the client is not told why"
    (record,) = caplog.records
    assert (record.name, record.levelno) == ("http_responder", logging.ERROR)
    assert record.getMessage() == "the handler of GET /x?y raised"
    assert record.exc_info[0] is KeyError
    assert "in broken" in caplog.text
    assert ask("/x").status == 500, "the next one too: nothing is broken for good"


def test_even_an_exit_in_a_handler_is_only_a_500(server, ask, caplog):
    @server.route("/x")
    def leave(request):
        raise SystemExit(3)

    assert ask("/x").status == 500
    assert server.state == "running"


def test_what_cannot_be_logged_reaches_the_unraisable_hook(server, ask, monkeypatch):
    caught = []
    monkeypatch.setattr("sys.unraisablehook", caught.append)

    def refuse(record):
        raise RuntimeError("no logging today")

    logger = logging.getLogger("http_responder")
    monkeypatch.setattr(logger, "filters", [refuse])
    server.route("/x")(lambda request: 1 / 0)
    assert ask("/x").status == 500
    assert ZeroDivisionError in [hook.exc_type for hook in caught]


def test_none_declines_to_the_next_route_that_matches(server, ask):
    seen = []
    server.route("/x")(lambda request: seen.append("first"))
    server.route("/x")(lambda request: "second")
    assert ask("/x").text == "second"
    assert seen == ["first"]


def test_what_no_route_takes_goes_to_the_fallback(server, ask):
    @server.fallback
    def rest(request):
        return f"rest of {request.path}"

    server.route("/x")(lambda request: "route")
    assert ask("/x").text == "route"
    assert ask("/y").text == "rest of /y"
    assert rest.__name__ == "rest", "the function stays what it was"


def test_a_rule_answers_without_python(server, ask):
    server.rule("/pixel", Response(200, b"GIF", content_type="image/gif"))
    server.rule("/teapot", (418, "short and stout"))
    assert (ask("/pixel").body, ask("/pixel").headers["Content-Type"]) == (b"GIF", "image/gif")
    assert (ask("/teapot").status, ask("/teapot").text) == (418, "short and stout")
    with pytest.raises(TypeError):
        server.rule("/none", None)


def test_methods_restrict_a_route(server, ask):
    server.route("/one", method="POST")(lambda request: "one")
    server.route("/two", methods=["PUT", "DELETE"])(lambda request: request.method)
    server.rule("/three", "three", method="PATCH")
    assert ask("/one", "POST").text == "one"
    assert ask("/two", "PUT").text == "PUT"
    assert ask("/two", "DELETE").text == "DELETE"
    assert ask("/three", "PATCH").text == "three"
    refused = ask("/two", "POST")
    assert refused.status == 405
    assert {"PUT", "DELETE"} <= set(refused.headers["Allow"].replace(" ", "").split(","))


def test_head_is_answered_like_get_without_the_body(server, ask):
    server.route("/x")(lambda request: "body")
    answer = ask("/x", "HEAD")
    assert (answer.status, answer.body, answer.headers["Content-Length"]) == (200, b"", "4")


def test_a_decorated_function_stays_what_it_was(server):
    def handler(request):
        return "x"

    assert server.route("/x")(handler) is handler
    assert server.fallback(handler) is handler


def test_anything_callable_is_a_handler(server, ask):
    class Handler:
        def __call__(self, request):
            return "object"

        def method(self, request):
            return "method"

    server.route("/object")(Handler())
    server.route("/method")(Handler().method)
    server.route("/partial")(functools.partial(lambda text, request: text, "partial"))
    for kind in ("object", "method", "partial"):
        assert ask(f"/{kind}").text == kind


def test_what_is_no_handler_is_refused(server):
    async def later(request):
        return "x"

    for bad in (later, None, "x"):
        with pytest.raises(TypeError):
            server.route("/x")(bad)
        with pytest.raises(TypeError):
            server.fallback(bad)
    for path in ("", "x", "/{", "/{a}/{a}"):
        with pytest.raises(InvalidArgument):
            server.route(path)(lambda request: "x")
    with pytest.raises(InvalidArgument):
        server.route("/x", method="a b")(lambda request: "x")
    with pytest.raises(InvalidArgument, match="method"):
        server.route("/x", method="GET", methods=["PUT"])
    with pytest.raises(InvalidArgument, match="methods"):
        server.route("/x", methods=[])


def test_a_route_added_before_the_start_and_one_after_it_both_answer():
    server = Server(port=0, workers=1)
    server.route("/before")(lambda request: "before")
    with server:
        server.route("/after")(lambda request: "after")
        assert request(server, "/before").text == "before"
        assert request(server, "/after").text == "after"


def test_handlers_run_on_several_workers_at_once(server):
    meeting = threading.Barrier(2, timeout=20)

    @server.route("/meet")
    def meet(request):
        meeting.wait()
        return "met"

    first = in_thread(lambda: request(server, "/meet").text)
    second = in_thread(lambda: request(server, "/meet").text)
    assert [first(), second()] == ["met", "met"]


class Counted:
    """A handler that can be watched."""

    def __call__(self, request):
        return "x"


def test_a_fallback_that_is_replaced_is_let_go(server, ask):
    handlers = [Counted() for _ in range(20)]
    watched = [weakref.ref(handler) for handler in handlers]
    while handlers:
        server.fallback(handlers.pop(0))

    def only_the_last_is_left():
        assert ask("/rest").text == "x"
        return [ref() is not None for ref in watched] == [False] * 19 + [True]

    assert eventually(only_the_last_is_left)


def eventually(holds, seconds=20):
    deadline = time.monotonic() + seconds
    while not (held := holds()) and time.monotonic() < deadline:
        pass
    return held


@pytest.mark.parametrize("arguments", [{"path": "bad{"}, {"path": "/x", "method": "A B"}])
def test_a_handler_that_is_refused_is_let_go(server, arguments):
    handler = Counted()
    watched = weakref.ref(handler)
    with pytest.raises(InvalidArgument):
        server.route(**arguments)(handler)
    del handler
    gc.collect()
    assert watched() is None


def test_one_bad_method_registers_none(server, ask):
    with pytest.raises(InvalidArgument):
        server.route("/x", methods=["GET", "PUT", "B D"])(lambda request: "taken")
    assert ask("/x").text != "taken"
    assert ask("/x", "PUT").text != "taken"


@pytest.mark.parametrize(
    ("positional", "named"), [([], {}), ([print, print], {}), ([print], {"x": 1}), ([5], {})]
)
def test_a_decorator_takes_one_function_and_nothing_else(server, positional, named):
    with pytest.raises(TypeError):
        server.route("/x")(*positional, **named)


def test_a_decorator_kept_on_the_server_is_collected():
    class Mine(Server):
        pass

    server = Mine(port=0)
    server.decorator = server.route("/x")
    watched = weakref.ref(server)
    del server
    gc.collect()
    assert watched() is None


def test_a_decorator_may_be_used_for_several_functions(server, ask):
    decorator = server.route("/x")
    assert decorator(first := lambda request: None) is first
    decorator(lambda request: "second")
    assert ask("/x").text == "second"
