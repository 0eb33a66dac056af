"""Async handlers, on the loop of the caller."""

import asyncio
import logging
import threading

import aiohttp
import httpx
import pytest

from http_responder.aio import Server


def run(test):
    """Runs an async test, given a server that runs."""

    def sync(**fixtures):
        async def main():
            async with Server(port=0, workers=2) as server:
                await asyncio.wait_for(test(server, **fixtures), 30)

        asyncio.run(main())

    sync.__name__ = test.__name__
    return sync


@run
async def test_an_async_handler_runs_on_the_loop_of_the_caller(server):
    here = threading.get_ident(), asyncio.get_running_loop()

    @server.route("/hello/{name}", methods=["GET", "POST"])
    async def hello(request):
        await asyncio.sleep(0)
        assert (threading.get_ident(), asyncio.get_running_loop()) == here
        assert asyncio.current_task() is not None
        return {"hello": request.params["name"], "body": request.text}

    async with aiohttp.ClientSession() as session:
        async with session.post(server.url_for("/hello/you"), data="é") as answer:
            assert await answer.json() == {"hello": "you", "body": "é"}
    async with httpx.AsyncClient() as client:
        answer = await client.get(server.url_for("/hello/me"))
        assert answer.json() == {"hello": "me", "body": ""}


@run
async def test_handlers_run_side_by_side(server):
    together = asyncio.Event()
    count = 0

    @server.route("/x")
    async def meet(request):
        nonlocal count
        count += 1
        if count == 50:
            together.set()
        await together.wait()
        return "met"

    async with httpx.AsyncClient(limits=httpx.Limits(max_connections=None)) as client:
        answers = await asyncio.gather(*(client.get(server.url_for("/x")) for _ in range(50)))
    assert {answer.text for answer in answers} == {"met"}


@run
async def test_plain_handlers_and_async_ones_go_together(server):
    server.route("/plain")(lambda request: "plain")

    @server.fallback
    async def rest(request):
        return "rest"

    async with httpx.AsyncClient() as client:
        assert (await client.get(server.url_for("/plain"))).text == "plain"
        assert (await client.get(server.url_for("/any"))).text == "rest"


@run
async def test_a_handler_is_cancelled_when_its_client_leaves(server):
    entered, cancelled = asyncio.Event(), asyncio.Event()

    @server.route("/x")
    async def wait(request):
        entered.set()
        try:
            await asyncio.sleep(1000)
        except asyncio.CancelledError:
            cancelled.set()
            raise

    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    writer.write(b"GET /x HTTP/1.1\r\nHost: a\r\n\r\n")
    await entered.wait()
    writer.close()
    await cancelled.wait()


def test_a_handler_that_raises_or_returns_nonsense_is_a_500(caplog):
    @run
    async def test(server):
        @server.route("/raises")
        async def raises(request):
            raise KeyError("why")

        @server.route("/nonsense")
        async def nonsense(request):
            return 5

        async with httpx.AsyncClient() as client:
            for path in ("/raises", "/nonsense", "/raises"):
                assert (await client.get(server.url_for(path))).status_code == 500

    test()
    assert {(r.name, r.levelno) for r in caplog.records} == {("http_responder", logging.ERROR)}
    assert [r.exc_info[0] for r in caplog.records] == [KeyError, TypeError, KeyError]


@run
async def test_async_iterators_are_streamed(server):
    @server.route("/direct")
    async def direct(request):
        for number in range(3):
            yield f"{number}\n"
            await asyncio.sleep(0)

    @server.route("/returned")
    async def returned(request):
        return (201, {"A": "b"}, direct(request))

    async with httpx.AsyncClient() as client:
        for path, status in (("/direct", 200), ("/returned", 201)):
            answer = await client.get(server.url_for(path))
            assert (answer.status_code, answer.text) == (status, "0\n1\n2\n")


@run
async def test_an_async_iterator_waits_for_a_slow_reader_and_is_closed_when_it_leaves(server):
    made, closed = [], asyncio.Event()

    @server.route("/x")
    async def pieces(request):
        try:
            while True:
                made.append(None)
                yield bytes(65536)
        finally:
            closed.set()

    reader, writer = await asyncio.open_connection("127.0.0.1", server.port, limit=4096)
    writer.write(b"GET /x HTTP/1.1\r\nHost: a\r\n\r\n")
    assert await reader.read(100)
    before = -1
    while len(made) != before:
        before = len(made)
        await asyncio.sleep(0.1)
    assert len(made) * 65536 < 64 << 20
    writer.close()
    await closed.wait()


def test_what_is_in_progress_is_cancelled_when_the_server_stops():
    cancelled = []

    async def main():
        async with Server(port=0) as server:
            entered = asyncio.Event()

            @server.route("/x")
            async def wait(request):
                entered.set()
                try:
                    await asyncio.sleep(1000)
                finally:
                    cancelled.append(True)

            reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
            writer.write(b"GET /x HTTP/1.1\r\nHost: a\r\n\r\n")
            await entered.wait()
        writer.close()
        assert server.state == "stopped"

    asyncio.run(main())
    assert cancelled == [True]


def test_it_starts_only_on_a_loop():
    with pytest.raises(RuntimeError, match="no running event loop"):
        Server(port=0).start()
