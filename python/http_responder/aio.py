"""Async handlers, on the event loop of the caller.

>>> import asyncio
>>> from http_responder.aio import Server
>>> async def main():
...     async with Server(port=0) as server:
...         @server.route("/hello/{name}")
...         async def hello(request):
...             await asyncio.sleep(0)
...             return f"hello {request.params['name']}"
>>> asyncio.run(main())
"""

from __future__ import annotations

import asyncio
import inspect
import logging
from collections.abc import Awaitable, Coroutine
from typing import TYPE_CHECKING, Any, Callable, TypeVar

from . import _native
from ._native import Deferred, Gone, Request, Writer

if TYPE_CHECKING:
    from types import TracebackType

    from typing_extensions import Self, Unpack

    from ._options import Options

__all__ = ["Server"]

_F = TypeVar("_F", bound=Callable[..., Any])
_Ask = Callable[[Request, Deferred, "Exchange"], Coroutine[Any, Any, None]]

_log = logging.getLogger("http_responder")
_FAILED = (500, "Internal Server Error\n")


class Exchange:
    """One request on the loop: the task that answers it, and what has changed meanwhile."""

    __slots__ = ("changed", "number", "on_gone", "task")

    def __init__(self, number: int) -> None:
        self.number = number
        self.task: asyncio.Task[None] | None = None
        self.changed: asyncio.Event | None = None
        self.on_gone: Callable[[], None] | None = None

    def change(self) -> None:
        """The client has left, or takes more of a stream."""
        if self.changed is not None:
            self.changed.set()
        elif self.on_gone is not None:
            self.on_gone()
        elif self.task is not None:
            self.task.cancel()


class Bridge:
    """Takes requests from the workers of a server into an event loop."""

    def __init__(self) -> None:
        self._inbox = _native.Inbox()
        self._running: dict[int, Exchange] = {}
        self._loop: asyncio.AbstractEventLoop | None = None

    def add(
        self, server: _native.Server, path: str | None, methods: list[str | None], ask: _Ask
    ) -> None:
        """Has ask called for requests that match path; for all that no route takes if it is None."""
        server._route_to(path, methods, ask, self._inbox)

    def attach(self, loop: asyncio.AbstractEventLoop) -> None:
        """Requests are answered on loop from now on."""
        self._loop = loop
        loop.add_reader(self._inbox.fileno(), self._take)

    async def detach(self) -> None:
        """Answers no more; what is in progress is cancelled."""
        if self._loop is None:
            return
        self._loop.remove_reader(self._inbox.fileno())
        self._loop = None
        self._inbox.close()
        tasks = [e.task for e in self._running.values() if e.task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _take(self) -> None:
        loop, running = self._loop, self._running
        assert loop is not None
        for number, ask, request, deferred in self._inbox.take():
            if request is None or ask is None or deferred is None:
                exchange = running.get(number)
                if exchange is not None:
                    exchange.change()
                continue
            exchange = Exchange(number)
            running[number] = exchange
            exchange.task = loop.create_task(self._run(ask, request, deferred, exchange))

    async def _run(
        self, ask: _Ask, request: Request, deferred: Deferred, exchange: Exchange
    ) -> None:
        try:
            await ask(request, deferred, exchange)
        except Gone:
            pass
        except asyncio.CancelledError:
            if not deferred.gone:
                _fail(deferred, (503, "Service Unavailable\n"))
            raise
        except BaseException as error:
            _log.exception("the handler of %s %s raised", request.method, request.target)
            _fail(deferred, _FAILED)
            if not isinstance(error, Exception):
                raise
        finally:
            del self._running[exchange.number]

    async def stream(self, writer: Writer, exchange: Exchange, data: bytes | str) -> None:
        """Sends a piece as soon as the client takes it."""
        while not writer.try_send(data):
            if exchange.changed is None:
                exchange.changed = asyncio.Event()
                writer.tell(self._inbox, exchange.number)
                continue
            # Told before it could wait, or after: one more try decides.
            await exchange.changed.wait()
            exchange.changed.clear()


def _fail(deferred: Deferred, answer: Any) -> None:
    try:
        deferred.respond(answer)
    except _native.Error:
        pass  # the client has left, or has the beginning of another answer


class Server(_native.Server):
    """A server whose handlers may be async functions, called on the loop that runs when it starts.

    As an async context manager it starts on entry and stops on exit. When a client leaves, the
    handler of its request is cancelled. Plain functions are called on the workers, as ever. An
    async iterator that a handler returns is streamed.
    """

    def __init__(self, **options: Unpack[Options]) -> None:
        self._bridge = Bridge()

    def route(
        self, path: str, method: str | None = None, methods: Any = None
    ) -> Callable[[_F], _F]:
        """As http_responder.Server.route()."""
        register = super().route(path, method, methods)

        def decorate(handler: _F) -> _F:
            if not _is_async(handler):
                return register(handler)
            given = [method] if methods is None else list(methods)
            self._bridge.add(self, path, given, self._asking(handler))
            return handler

        return decorate

    def fallback(self, handler: _F) -> _F:
        """As http_responder.Server.fallback()."""
        if not _is_async(handler):
            return super().fallback(handler)
        self._bridge.add(self, None, [], self._asking(handler))
        return handler

    def start(self) -> None:
        """Starts to answer, async handlers on the loop that runs now."""
        self._bridge.attach(asyncio.get_running_loop())
        super().start()

    async def aclose(self) -> None:
        """Stops the server, with what is in progress."""
        await self._bridge.detach()
        await asyncio.get_running_loop().run_in_executor(None, super().stop)

    async def wait_stopped(self, timeout: float | None = None) -> bool:
        """Waits until the server has stopped; returns whether it has."""
        return await asyncio.get_running_loop().run_in_executor(None, self.wait, timeout)

    async def __aenter__(self) -> Self:
        if self.state == "built":
            self.start()
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc_value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.aclose()

    def _asking(self, handler: Callable[[Request], Awaitable[Any]]) -> _Ask:
        bridge = self._bridge

        async def ask(request: Request, deferred: Deferred, exchange: Exchange) -> None:
            answer: Any = handler(request)
            if not hasattr(answer, "__aiter__"):
                answer = await answer
            body: Any = answer[-1] if isinstance(answer, tuple) and answer else answer
            if hasattr(body, "__aiter__"):
                await _stream(bridge, deferred, exchange, answer, body)
            else:
                deferred.respond((404, "Not Found\n") if answer is None else answer)

        return ask


async def _stream(
    bridge: Bridge, deferred: Deferred, exchange: Exchange, answer: Any, body: Any
) -> None:
    status, headers = 200, None
    if isinstance(answer, tuple):
        status, headers = answer[0], answer[1] if len(answer) == 3 else None
    writer = deferred.stream(status, headers=headers)
    try:
        async for piece in body:
            await bridge.stream(writer, exchange, piece)
        writer.finish()
    finally:
        writer.close()
        close = getattr(body, "aclose", None)
        if close is not None:
            await close()


def _is_async(handler: Any) -> bool:
    call = getattr(handler, "__call__", handler)  # noqa: B004 - an object may have an async one
    return any(
        check(function)
        for check in (inspect.iscoroutinefunction, inspect.isasyncgenfunction)
        for function in (handler, call)
    )
