"""WSGI applications, checked by wsgiref.validate and asked by real clients."""

import contextlib
import http.client
import logging
import threading
import wsgiref.validate

import flask
import pytest
import requests
from conftest import in_thread, request

import http_responder
from http_responder import Server
from http_responder.wsgi import make_server, serve_wsgi


@contextlib.contextmanager
def serving(app, **options):
    with serve_wsgi(app, port=0, **options) as server:
        yield server


def hello(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"hello"]


@pytest.mark.parametrize("threads", [0, 4])
@pytest.mark.parametrize("method", ["GET", "HEAD", "POST"])
def test_a_validated_application_is_content(method, threads, caplog):
    with serving(wsgiref.validate.validator(hello), threads=threads) as server:
        answer = requests.request(method, server.url_for("/a%20b?c=d"), data=b"x" * 10)
    assert (answer.status_code, caplog.records) == (200, [])
    assert answer.text == ("" if method == "HEAD" else "hello")


@pytest.fixture
def environ():
    """The environ of a request, without its streams."""
    seen = {}

    def app(environ, start_response):
        seen.update(environ, body=environ["wsgi.input"].read())
        return hello(environ, start_response)

    with serving(app) as server:

        def ask(path="/", method="GET", body=None, headers=None):
            seen.clear()
            request(server, path, method, body, headers)
            return dict(seen, port=server.port)

        yield ask


def test_the_environ_says_what_was_asked_for(environ):
    seen = environ("/caf%C3%A9/%2F?a=%20b", headers={"X-A": "1", "Content-Type": "a/b"})
    assert seen["PATH_INFO"].encode("latin-1").decode() == "/café//"
    assert (seen["QUERY_STRING"], seen["REQUEST_URI"]) == ("a=%20b", "/caf%C3%A9/%2F?a=%20b")
    assert (seen["REQUEST_METHOD"], seen["SERVER_PROTOCOL"]) == ("GET", "HTTP/1.1")
    assert (seen["HTTP_X_A"], seen["CONTENT_TYPE"], seen["SCRIPT_NAME"]) == ("1", "a/b", "")
    assert (seen["SERVER_NAME"], seen["SERVER_PORT"]) == ("127.0.0.1", str(seen["port"]))
    assert seen["HTTP_HOST"] == f"127.0.0.1:{seen['port']}"
    assert seen["REMOTE_ADDR"] == "127.0.0.1" and seen["REMOTE_PORT"].isdigit()


def test_a_chunked_body_has_a_length(environ):
    seen = environ("/", "POST", iter([b"ab", b"cde"]))
    assert (seen["body"], seen["CONTENT_LENGTH"]) == (b"abcde", "5")


def test_a_name_with_an_underscore_does_not_pass_for_another(environ):
    seen = environ("/", headers={"X_User": "forged"})
    assert "HTTP_X_USER" not in seen


def test_fields_that_come_twice_are_a_list():
    def app(environ, start_response):
        start_response("200 OK", [])
        return [environ["HTTP_X_A"].encode(), b" ", environ["HTTP_COOKIE"].encode()]

    with serving(app) as server:
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
        connection.putrequest("GET", "/")
        for name, value in [("X-A", "1"), ("X-A", "2"), ("Cookie", "a=1"), ("Cookie", "b=2")]:
            connection.putheader(name, value)
        connection.endheaders()
        assert connection.getresponse().read() == b"1,2 a=1; b=2"
        connection.close()


def test_write_close_and_repeated_fields_work():
    closed = threading.Event()

    class Body:
        def __iter__(self):
            return iter([b"b", b"c"])

        def close(self):
            closed.set()

    def app(environ, start_response):
        write = start_response("201 Made", [("Set-Cookie", "a=1"), ("Set-Cookie", "b=2")])
        write(b"a")
        return Body()

    with serving(app) as server:
        answer = request(server)
    assert (answer.status, answer.body) == (201, b"abc")
    assert answer.headers.get_all("Set-Cookie") == ["a=1", "b=2"]
    assert closed.is_set()


def serving_in(threads, app):
    """The application on the workers, or on threads of its own."""
    return serving(app, threads=threads, workers=1)


@pytest.mark.parametrize("threads", [0, 2])
def test_a_long_body_is_streamed_and_closed_when_the_client_leaves(threads):
    given, closed = [], threading.Event()

    def endless():
        try:
            while True:
                given.append(None)
                yield b"x" * 10_000
        finally:
            closed.set()

    def app(environ, start_response):
        start_response("200 OK", [])
        return endless()

    with serving_in(threads, app) as server:
        with requests.get(server.url_for("/"), stream=True) as answer:
            assert answer.headers["Transfer-Encoding"] == "chunked"
            assert answer.raw.read(25_000) == b"x" * 25_000
        assert closed.wait(20)
    assert len(given) < 2_000, "no more is asked for than the client may take"


@pytest.mark.parametrize("threads", [0, 2])
def test_a_streamed_body_has_the_length_that_the_application_says(threads):
    def app(environ, start_response):
        start_response("200 OK", [("Content-Length", "9")])
        yield b""
        yield from (b"abc", b"", b"def", b"ghi")

    with serving_in(threads, app) as server:
        answer = request(server)
        assert (answer.headers["Content-Length"], answer.body) == ("9", b"abcdefghi")
        assert request(server, method="HEAD").headers["Content-Length"] == "9"


@pytest.mark.parametrize("threads", [0, 2])
def test_a_body_that_raises_in_the_middle_is_cut_off_and_logged(threads, caplog):
    def app(environ, start_response):
        start_response("200 OK", [])
        yield b"abc"
        raise ZeroDivisionError

    with serving_in(threads, app) as server:
        with pytest.raises((http.client.IncompleteRead, ConnectionError)):
            request(server)
        assert request(server, method="HEAD").status == 200
    assert "ZeroDivisionError" in caplog.text


def test_head_says_the_length_that_get_would_have():
    def app(environ, start_response):
        start_response("200 OK", [("Content-Length", "12345")])
        return []

    with serving(app) as server:
        assert request(server, method="HEAD").headers["Content-Length"] == "12345"


@pytest.mark.parametrize("threads", [0, 2])
@pytest.mark.parametrize(
    "app",
    [
        lambda environ, start_response: 1 / 0,
        lambda environ, start_response: [b"no start_response"],
        lambda environ, start_response: start_response("nonsense", []) and [],
        lambda environ, start_response: start_response("200 OK", [("a b", "c")]) and [],
        lambda environ, start_response: None,
    ],
)
def test_an_application_that_fails_is_a_500_and_logged(app, threads, caplog):
    with serving(app, threads=threads) as server:
        assert request(server, "/x").status == 500
        assert request(server, "/x").status == 500, "the next one too: nothing is broken for good"
    assert {(r.name, r.levelno) for r in caplog.records} == {("http_responder", logging.ERROR)}
    assert "GET /x" in caplog.text


def test_threads_let_calls_block_without_keeping_others_waiting():
    together = threading.Barrier(8, timeout=20)

    def app(environ, start_response):
        together.wait()
        return hello(environ, start_response)

    with serving(app, threads=8, workers=1) as server:
        clients = [in_thread(lambda: request(server)) for _ in range(8)]
        assert [client().status for client in clients] == [200] * 8


def test_no_more_threads_are_used_than_allowed():
    names = set()

    def app(environ, start_response):
        names.add(threading.current_thread().name + str(threading.get_ident()))
        return hello(environ, start_response)

    with serving(app, threads=2) as server:
        clients = [in_thread(lambda: request(server)) for _ in range(20)]
        assert [client().status for client in clients] == [200] * 20
    assert len(names) <= 2


def test_flask_runs_and_native_rules_come_first():
    app = flask.Flask(__name__)

    @app.route("/hello/<name>", methods=["POST"])
    def greet(name):
        return flask.jsonify(hello=name, got=flask.request.json, arg=flask.request.args["q"])

    with Server(app=app, port=0) as server:
        server.rule("/health", "ok")
        answer = requests.post(server.url_for("/hello/you?q=1"), json={"a": 1})
        assert answer.json() == {"hello": "you", "got": {"a": 1}, "arg": "1"}
        assert requests.get(server.url_for("/none")).status_code == 404
        assert requests.get(server.url_for("/health")).text == "ok"


def test_an_application_that_is_none_is_told():
    with pytest.raises(TypeError, match="app: expected a WSGI application, got 5"):
        Server(app=5)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1"])
def test_make_server_takes_the_place_of_werkzeugs(host):
    made = make_server(host, 0, hello, threaded=True)
    serve = in_thread(made.serve_forever)
    url = f"http://[{host}]" if ":" in host else f"http://{host}"
    assert requests.get(f"{url}:{made.port}/").text == "hello"
    made.shutdown()
    serve()
    made.server_close()


def test_make_server_says_what_it_cannot():
    with pytest.raises(ValueError, match="processes: expected 1, got 2"):
        make_server("127.0.0.1", 0, hello, processes=2)


def test_the_module_is_loaded_only_when_it_is_used():
    assert "wsgi" not in http_responder.__all__
