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
from collections.abc import Awaitable
from typing import TYPE_CHECKING, Any, Callable, TypeVar

from . import _native
from ._native import Deferred, Writer

if TYPE_CHECKING:
    from types import TracebackType

    from typing_extensions import Self, Unpack

    from ._options import Options

__all__ = ["Server"]

_F = TypeVar("_F", bound=Callable[..., Any])


class Exchange:
    """A request that waits on the loop: its task, and whom a change wakes."""

    __slots__ = ("changed", "left", "task")

    def __init__(self) -> None:
        self.task: asyncio.Task[None] | None = None
        self.changed: asyncio.Event | None = None
        self.left: asyncio.Event | None = None

    def change(self) -> None:
        """The client has left, or takes more of a stream."""
        if self.left is not None:
            self.left.set()
        if self.changed is not None:
            self.changed.set()
        elif self.left is None and self.task is not None:
            self.task.cancel()


class Bridge:
    """Takes requests from the workers of a server into an event loop."""

    def __init__(self) -> None:
        self._inbox = _native.Inbox()
        self._running: dict[int, Exchange] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._loop: asyncio.AbstractEventLoop | None = None

    def add(
        self,
        server: _native.Server,
        path: str | None,
        methods: list[str | None],
        function: Callable[..., Any] | _native.AsgiApp,
        max_body: int | None = None,
    ) -> None:
        """Has function called for requests that match path; for all that no route takes if it is None.

        With max_body bodies of so many octets go to it as they arrive.
        """
        server._route_to(path, methods, function, self._inbox, max_body)

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
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _take(self) -> None:
        for number in self._inbox.take():
            exchange = self._running.get(number)
            if exchange is not None:
                exchange.change()
        self._begin()

    def _begin(self) -> None:
        """One task answers all that wait; where one of them keeps it, the next goes on with the rest."""
        if self._loop is None or not self._inbox.waiting:
            return
        task = self._loop.create_task(self._run())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        self._loop.call_soon(self._begin)

    async def _run(self) -> None:
        await self._inbox.run(self)

    # What follows is called by the native side.

    def enter(self, number: int) -> None:
        """The request waits, in the task that runs now."""
        self._exchange(number).task = asyncio.current_task()

    def leave(self, number: int) -> None:
        """The request is over."""
        self._running.pop(number, None)

    async def wait_for(self, answer: Awaitable[Any]) -> Any:
        """The value of something to be awaited that is no coroutine."""
        return await answer

    async def answer(self, deferred: Deferred, number: int, answer: Any) -> None:
        """Sends an async iterator, alone or with status and fields before it."""
        status, headers, body = 200, None, answer
        if isinstance(answer, tuple):
            status, headers, body = answer[0], answer[1] if len(answer) == 3 else None, answer[-1]
        writer = deferred.stream(status, headers=headers)
        try:
            async for piece in body:
                await self._send(writer, number, piece)
            writer.finish()
        finally:
            writer.close()
            close = getattr(body, "aclose", None)
            if close is not None:
                await close()

    async def more(self, number: int, stream: _native.Stream) -> bytes:
        """The next piece of a body. StopAsyncIteration at its end."""
        exchange = self._exchange(number)
        arrived = exchange.changed = asyncio.Event()
        try:
            while (piece := stream.take()) is None:
                await arrived.wait()
                arrived.clear()
            return piece
        finally:
            # Who leaves from now on is not reading.
            exchange.changed = None

    async def send_later(self, writer: Writer, call: Any, data: bytes, more: bool) -> None:
        """Sends a piece of an application's answer that there was no room for."""
        await self._send(writer, call.number, data)
        if not more:
            call.finish()

    async def left(self, call: Any) -> dict[str, str]:
        """Waits until the client of an application has left, or has its answer."""
        exchange = self._exchange(call.number)
        if exchange.left is None:
            exchange.left = asyncio.Event()
        while not (call.finished or call.gone):
            await exchange.left.wait()
            if not (call.finished or call.gone):
                exchange.left.clear()
        return {"type": "http.disconnect"}

    def answered(self, number: int) -> None:
        """Who waits in left() waits no longer."""
        exchange = self._running.get(number)
        if exchange is not None and exchange.left is not None:
            exchange.left.set()

    async def _send(self, writer: Writer, number: int, data: bytes | str) -> None:
        """Sends a piece as soon as the client takes it."""
        while not writer.try_send(data):
            exchange = self._exchange(number)
            if exchange.changed is None:
                exchange.changed = asyncio.Event()
                writer.tell(self._inbox, number)
                continue
            # Told before it could wait, or after: one more try decides.
            await exchange.changed.wait()
            exchange.changed.clear()

    def _exchange(self, number: int) -> Exchange:
        return self._running.setdefault(number, Exchange())


class Server(_native.Server):
    """A server whose handlers may be async functions, called on the loop that runs when it starts.

    As an async context manager it starts on entry and stops on exit. When a client leaves, the
    handler of its request is cancelled. Plain functions are called on the workers, as ever. An
    async iterator that a handler returns is streamed.
    """

    def __init__(self, **options: Unpack[Options]) -> None:
        self._bridge = Bridge()

    def route(
        self,
        path: str,
        method: str | None = None,
        methods: Any = None,
        *,
        stream: bool = False,
        max_body: int | None = None,
    ) -> Callable[[_F], _F]:
        """As http_responder.Server.route(); an async function reads request.stream by async for."""
        register = super().route(path, method, methods, stream=stream, max_body=max_body)
        most = (max_body or 0) if stream else None

        def decorate(handler: _F) -> _F:
            if not _is_async(handler):
                return register(handler)
            given = [method] if methods is None else list(methods)
            self._bridge.add(self, path, given, handler, most)
            return handler

        return decorate

    def fallback(self, handler: _F) -> _F:
        """As http_responder.Server.fallback()."""
        if not _is_async(handler):
            return super().fallback(handler)
        self._bridge.add(self, None, [], handler)
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


def _is_async(handler: Any) -> bool:
    call = getattr(handler, "__call__", handler)  # noqa: B004 - an object may have an async one
    return any(
        check(function)
        for check in (inspect.iscoroutinefunction, inspect.isasyncgenfunction)
        for function in (handler, call)
    )
