"""ASGI applications, by hand and by Starlette."""

import asyncio
import contextlib
import contextvars
import signal
import subprocess
import sys
import textwrap
import threading

import httpx
import pytest
from starlette.applications import Starlette
from starlette.responses import JSONResponse, StreamingResponse
from starlette.routing import Route

from http_responder import Server
from http_responder.asgi import serve_asgi


def asking(app, *requests, **options):
    """What comes back for requests, each the arguments of httpx.AsyncClient.request."""

    async def main():
        async with serve_asgi(app, port=0, **options) as server, httpx.AsyncClient() as client:
            return [
                await client.request(method, server.url_for(path), **more)
                for method, path, more in requests
            ]

    return asyncio.run(asyncio.wait_for(main(), 30))


def test_the_scope_says_what_was_asked_for():
    seen = []

    async def app(scope, receive, send):
        seen.append((scope, await receive()))
        await send({"type": "http.response.start", "status": 202, "headers": [(b"x-a", b"b")]})
        await send({"type": "http.response.body", "body": b"hello"})

    (answer,) = asking(
        app, ("POST", "/caf%C3%A9?a=%20", {"content": b"xyz", "headers": {"X-B": "c"}}), lifespan="off"
    )
    assert (answer.status_code, answer.headers["X-A"], answer.text) == (202, "b", "hello")
    scope, message = seen[0]
    assert (scope["type"], scope["method"], scope["http_version"]) == ("http", "POST", "1.1")
    assert (scope["path"], scope["raw_path"]) == ("/café", b"/caf%C3%A9")
    assert (scope["query_string"], scope["scheme"]) == (b"a=%20", "http")
    assert (b"x-b", b"c") in scope["headers"]
    assert scope["client"][0] == "127.0.0.1" and scope["server"] == ("127.0.0.1", answer.url.port)
    assert message == {"type": "http.request", "body": b"xyz", "more_body": False}


async def _stream(request):
    async def pieces():
        for _ in range(10):
            yield b"x" * 100_000

    return StreamingResponse(pieces())


async def _echo(request):
    return JSONResponse({"got": await request.json(), "state": request.state.word})


@contextlib.asynccontextmanager
async def _lifespan(app):
    app.state.seen.append("up")
    yield {"word": "kept"}
    app.state.seen.append("down")


@pytest.fixture
def starlette():
    routes = [Route("/stream", _stream), Route("/echo", _echo, methods=["POST"])]
    app = Starlette(routes=routes, lifespan=_lifespan)
    app.state.seen = []
    return app


def test_starlette_runs_with_its_lifespan(starlette):
    echo, stream, none, head = asking(
        starlette,
        ("POST", "/echo", {"json": [1]}),
        ("GET", "/stream", {}),
        ("GET", "/none", {}),
        ("HEAD", "/stream", {}),
        lifespan="on",
    )
    assert echo.json() == {"got": [1], "state": "kept"}
    assert len(stream.content) == 1_000_000
    assert (none.status_code, head.content) == (404, b"")
    assert starlette.state.seen == ["up", "down"]


def test_it_runs_in_a_program_without_a_loop(starlette):
    with Server(app=starlette, port=0) as server:
        server.rule("/health", "ok")
        assert httpx.post(server.url_for("/echo"), json={}).json() == {"got": {}, "state": "kept"}
        assert httpx.get(server.url_for("/health")).text == "ok"
        loops = [t for t in threading.enumerate() if t.name == "http_responder-loop"]
    for loop in loops:
        loop.join(20)
    assert starlette.state.seen == ["up", "down"]


@pytest.mark.parametrize("event", ["startup", "shutdown"])
def test_a_lifespan_that_fails_is_told(event):
    async def app(scope, receive, send):
        while True:
            said = (await receive())["type"].split(".")[1]
            word = "failed" if said == event else "complete"
            await send({"type": f"lifespan.{said}.{word}", "message": "no database"})

    with pytest.raises(RuntimeError, match=f"{event} failed: no database"):
        asking(app)


def test_an_application_without_a_lifespan_may_demand_none():
    async def app(scope, receive, send):
        assert scope["type"] == "http"
        await send({"type": "http.response.start", "status": 200})
        await send({"type": "http.response.body"})

    (answer,) = asking(app, ("GET", "/", {}))
    assert answer.status_code == 200
    with pytest.raises(RuntimeError, match="does not take part"):
        asking(app, lifespan="on")


def test_a_client_that_leaves_is_a_disconnect():
    told = []

    async def app(scope, receive, send):
        await receive()
        told.append("entered")
        told.append((await receive())["type"])

    async def main():
        async with serve_asgi(app, port=0, lifespan="off") as server:
            _, writer = await asyncio.open_connection("127.0.0.1", server.port)
            writer.write(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            while told != ["entered"]:
                await asyncio.sleep(0)
            writer.close()
            while len(told) < 2:
                await asyncio.sleep(0)

    asyncio.run(asyncio.wait_for(main(), 30))
    assert told == ["entered", "http.disconnect"]


@pytest.mark.parametrize(
    "messages",
    [
        [],
        [{"type": "http.response.start", "status": 200}],
        [{"type": "http.response.body", "body": b"x"}],
        [{"type": "nonsense"}],
    ],
)
def test_an_application_that_breaks_the_rules_is_a_500_and_logged(messages, caplog):
    async def app(scope, receive, send):
        for message in messages:
            await send(message)

    (answer,) = asking(app, ("GET", "/x", {}), lifespan="off")
    assert answer.status_code == 500
    assert "the handler of GET /x raised" in caplog.text


def _pipelined(count):
    return b"GET /x HTTP/1.1\r\nHost: a\r\n\r\n" * count


async def _hello(send, body=b"x"):
    await send({"type": "http.response.start", "status": 200, "headers": [(b"X-A", b"b")]})
    await send({"type": "http.response.body", "body": body})


def test_requests_share_a_task_and_never_their_context():
    word = contextvars.ContextVar("word", default="none")
    found, tasks = [], set()

    async def app(scope, receive, send):
        found.append(word.get())
        word.set("seen")
        tasks.add(asyncio.current_task())
        await _hello(send)

    async def main():
        async with serve_asgi(app, port=0, lifespan="off") as server:
            connections = [await asyncio.open_connection("127.0.0.1", server.port) for _ in range(64)]
            for _, writer in connections:
                writer.write(_pipelined(1))
            for reader, writer in connections:
                assert (await reader.readline()) == b"HTTP/1.1 200 OK\r\n"
                writer.close()

    asyncio.run(asyncio.wait_for(main(), 30))
    assert found == ["none"] * 64
    assert len(tasks) < 64


def test_a_request_that_waits_keeps_none_of_its_batch_waiting():
    order = []

    async def main():
        free = asyncio.Event()

        async def app(scope, receive, send):
            waits = scope["path"] == "/wait"
            task = asyncio.current_task()
            if waits:
                await free.wait()
                await asyncio.sleep(0)
            assert asyncio.current_task() is task
            await _hello(send)
            order.append(scope["path"])
            if len(order) == 20:
                free.set()

        async with serve_asgi(app, port=0, lifespan="off") as server, httpx.AsyncClient() as client:
            paths = ["/wait", "/go"] * 20
            answers = [client.get(server.url_for(path)) for path in paths]
            for answer in await asyncio.gather(*answers):
                assert answer.status_code == 200
        assert len(asyncio.all_tasks()) <= 2, "main and who waits for it: no task is left behind"

    asyncio.run(asyncio.wait_for(main(), 30))
    assert order == ["/go"] * 20 + ["/wait"] * 20


def test_a_timeout_and_a_child_task_that_receives_work():
    async def app(scope, receive, send):
        await receive()
        waiter = asyncio.create_task(receive())
        with contextlib.suppress(asyncio.TimeoutError):
            await asyncio.wait_for(asyncio.sleep(60), 0.01)
        await _hello(send, b"late")
        assert (await waiter)["type"] == "http.disconnect"

    (answer,) = asking(app, ("GET", "/", {}), lifespan="off")
    assert answer.text == "late"


def test_an_application_that_raises_spoils_no_other_request(caplog):
    async def app(scope, receive, send):
        if scope["path"] == "/bad":
            raise ZeroDivisionError
        await _hello(send)

    answers = asking(app, *[("GET", path, {}) for path in ("/bad", "/", "/bad", "/")], lifespan="off")
    assert [answer.status_code for answer in answers] == [500, 200, 500, 200]
    assert [record.exc_info[0] for record in caplog.records] == [ZeroDivisionError] * 2


APPS = """
    def wsgi(environ, start_response):
        start_response("200 OK", [])
        return [b"wsgi"]

    async def asgi(scope, receive, send):
        assert scope["type"] == "http"
        await send({"type": "http.response.start", "status": 200})
        await send({"type": "http.response.body", "body": b"asgi"})

    def factory():
        return wsgi
"""


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [(["apps:wsgi"], "wsgi"), (["apps:asgi"], "asgi"), (["apps:factory", "--factory"], "wsgi")],
)
def test_the_command_serves_either_kind(tmp_path, arguments, expected):
    (tmp_path / "apps.py").write_text(textwrap.dedent(APPS))
    command = [sys.executable, "-m", "http_responder", *arguments, "--port=0", "--workers=1"]
    process = subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, text=True)
    try:
        address = process.stdout.readline().split()[-1]
        assert httpx.get(f"http://{address}/").text == expected
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0
    finally:
        process.kill()
        process.stdout.close()
        process.wait()


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["nowhere:app"], "nowhere:app: No module named 'nowhere'"),
        (["sys:nothing"], "sys:nothing: module 'sys' has no attribute 'nothing'"),
        (["sys:path"], "app: expected a WSGI application"),
        (["os:getcwd", "--wrokers=2"], "wrokers"),
        (["os:getcwd", "--workers"], "--workers: expected --option=value"),
    ],
)
def test_the_command_says_what_is_wrong(arguments, expected, tmp_path):
    command = [sys.executable, "-m", "http_responder", *arguments]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=20)
    assert done.returncode == 2
    assert expected in done.stderr
